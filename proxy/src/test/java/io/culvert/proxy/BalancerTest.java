package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class BalancerTest {
    private static final List<String> MEMBERS = List.of("a", "b", "c");

    private final Map<String, Health> health = new HashMap<>();

    private Balancer balancer(
            Balancer.Strategy strategy, @Nullable String fallback, IntUnaryOperator random) {
        return new Balancer(
                new Balancer.Settings(
                        "bal",
                        new OutboundSelector(MEMBERS),
                        MEMBERS,
                        strategy,
                        LeastLoad.DEFAULT,
                        fallback),
                health,
                random);
    }

    private Balancer balancer(Balancer.Strategy strategy) {
        return balancer(strategy, null, bound -> bound - 1);
    }

    /** Round trips in milliseconds; 0 = no answer. */
    private void probed(String tag, int... millis) {
        Health known = health.computeIfAbsent(tag, each -> new Health(10));
        for (int each : millis) {
            if (each == 0) {
                known.failed();
            } else {
                known.succeeded(TimeUnit.MILLISECONDS.toNanos(each));
            }
        }
    }

    private static List<String> picks(Balancer balancer, int times) {
        List<String> picks = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            picks.add(balancer.pick());
        }
        return picks;
    }

    @Test
    void roundRobinTakesEachInTurn() {
        assertThat(picks(balancer(Balancer.Strategy.ROUND_ROBIN), 5))
                .containsExactly("a", "b", "c", "a", "b");
    }

    @Test
    void randomAsksChance() {
        assertThat(picks(balancer(Balancer.Strategy.RANDOM, null, bound -> bound - 2), 2))
                .containsExactly("b", "b");
    }

    @Test
    void theDeadAreLeftOut() {
        probed("b", 0);
        probed("c", 20);

        assertThat(picks(balancer(Balancer.Strategy.ROUND_ROBIN), 4))
                .containsExactly("a", "c", "a", "c");
    }

    @Test
    void fallsBackWhereAllAreDeadAndTriesThemWhereThereIsNoFallback() {
        MEMBERS.forEach(tag -> probed(tag, 0));

        for (Balancer.Strategy strategy : Balancer.Strategy.values()) {
            assertThat(balancer(strategy, "z", bound -> 0).pick())
                    .as("%s", strategy)
                    .isEqualTo("z");
            assertThat(balancer(strategy).pick()).as("%s", strategy).isIn(MEMBERS);
        }
    }

    @Test
    void leastPingTakesTheNearest() {
        probed("a", 30);
        probed("b", 10);
        probed("c", 0);

        assertThat(balancer(Balancer.Strategy.LEAST_PING).pick()).isEqualTo("b");
        probed("a", 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
        assertThat(balancer(Balancer.Strategy.LEAST_PING).pick()).isEqualTo("a");
    }

    @Test
    void leastPingTakesAnyWhileNothingIsKnown() {
        assertThat(balancer(Balancer.Strategy.LEAST_PING).pick()).isEqualTo("c");
        probed("c", 0);
        assertThat(balancer(Balancer.Strategy.LEAST_PING).pick()).isEqualTo("b");
    }

    @Test
    void leastLoadTakesTheSteadiest() {
        probed("a", 10, 90, 10, 90);
        probed("b", 50, 52, 50, 52);
        probed("c", 40, 60, 40, 60);

        assertThat(select(LeastLoad.DEFAULT)).containsExactly("b");
        assertThat(select(load(2, 0, 1))).containsExactly("b", "c");
        assertThat(select(load(9, 0, 1))).containsExactly("b", "c", "a");
        assertThat(select(load(1, 49, 1))).isEmpty();
        assertThat(select(load(9, 50, 1))).containsExactly("c", "a");
    }

    @Test
    void leastLoadLeavesOutWhatFailsTooOften() {
        probed("a", 10, 10, 10, 0);
        probed("b", 10, 20, 10, 20);
        probed("c", 10, 0, 0, 0);

        assertThat(select(load(9, 0, 0.25))).containsExactly("a", "b");
        assertThat(select(load(9, 0, 0))).containsExactly("b");
    }

    @Test
    void leastLoadTakesAllBelowABaselineThatHasEnough() {
        probed("a", 10, 12);
        probed("b", 10, 20);
        probed("c", 10, 100);

        assertThat(select(new LeastLoad(1, 0, 1, nanos(3, 10), List.of()))).containsExactly("a");
        assertThat(select(new LeastLoad(2, 0, 1, nanos(3, 10), List.of())))
                .containsExactly("a", "b");
        assertThat(select(new LeastLoad(3, 0, 1, nanos(3, 10), List.of())))
                .containsExactly("a", "b", "c");
    }

    @Test
    void costsMakeAnOutboundLookWorse() {
        probed("a", 10, 12);
        probed("b", 10, 14);
        probed("c", 10, 100);

        assertThat(
                        select(
                                new LeastLoad(
                                        1,
                                        0,
                                        1,
                                        List.of(),
                                        List.of(new LeastLoad.Cost("a", null, 9)))))
                .containsExactly("b");
    }

    private static LeastLoad load(int expected, long maxRttMillis, double tolerance) {
        return new LeastLoad(
                expected,
                TimeUnit.MILLISECONDS.toNanos(maxRttMillis),
                tolerance,
                List.of(),
                List.of());
    }

    private static List<Long> nanos(long... millis) {
        List<Long> nanos = new ArrayList<>();
        for (long each : millis) {
            nanos.add(TimeUnit.MILLISECONDS.toNanos(each));
        }
        return nanos;
    }

    private List<String> select(LeastLoad load) {
        List<String> alive =
                MEMBERS.stream()
                        .filter(tag -> health.getOrDefault(tag, new Health(1)).report().isAlive())
                        .toList();
        return List.copyOf(
                load.select(alive, tag -> health.getOrDefault(tag, new Health(1)).report()));
    }

    @Test
    void oldProbesAreForgotten() {
        Health known = new Health(2);
        known.succeeded(10);
        known.failed();
        assertThat(known.report().isAlive()).isTrue();
        known.failed();
        assertThat(known.report().isAlive()).isFalse();
        known.succeeded(30);
        assertThat(known.report().averageNanos()).isEqualTo(30);
        assertThat(known.report().failures()).isEqualTo(1);
    }

    @Test
    void probesOutboundsAndLeavesTheDeadOneAlone() throws Exception {
        int nobody;
        try (EchoServer gone = EchoServer.start(EchoServer.ECHO)) {
            nobody = gone.port();
        }
        try (HttpOriginServer origin = new HttpOriginServer("HTTP/1.1 204 No Content\r\n\r\n");
                ProxyRig proxy =
                        ProxyRig.start(
                                "{'inbounds':[{'tag':'in','protocol':'socks',"
                                        + "'listen':'127.0.0.1','port':0}],"
                                        + "'outbounds':[{'protocol':'blackhole','tag':'none'},"
                                        + freedom("out-bad", nobody)
                                        + ","
                                        + freedom("out-good", origin.port())
                                        + "],'observatory':{'subjectSelector':['out-'],"
                                        + "'probeUrl':'http://probe.test/generate_204',"
                                        + "'probeInterval':'1h'},"
                                        + "'routing':{'balancers':[{'tag':'b','selector':['out'],"
                                        + "'strategy':{'type':'leastPing'}}],'rules':[{"
                                        + "'network':'tcp','balancerTag':'b'}]}}")) {
            Await.until(() ->
                    proxy.proxy().health().values().stream()
                            .noneMatch(known -> known.report().isUnknown()));
            assertThat(origin.heads.getFirst())
                    .startsWith("GET /generate_204 HTTP/1.1\r\n")
                    .contains("Host: probe.test:80\r\n");
            for (int i = 0; i < 10; i++) {
                try (Socket socket = proxy.connect("in")) {
                    assertThat(SocksClient.open(socket, SocksClient.CONNECT, "192.0.2.1", 80))
                            .isZero();
                }
            }
        }
    }

    private static String freedom(String tag, int port) {
        return "{'protocol':'freedom','tag':'"
                + tag
                + "','settings':{'redirect':'127.0.0.1:"
                + port
                + "'}}";
    }
}
