package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What stands in where the kernel or the processor can't do what the fast path needs, forced: it is
 * slower, and nothing else.
 */
class FallbackInteropTest {
    private static final int MIB = 1 << 20;
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** What Culvert is kept from, and what it then says of itself. */
    enum Fallback {
        MMSG("-Dculvert.udp=mmsg", "(GRO off: recvmmsg, GSO off: sendmmsg, "),
        SINGLE("-Dculvert.udp=single", "(GRO off, GSO off, "),
        NETTY("-Dculvert.udp=netty", "Netty EpollDatagramChannel "),
        SCALAR("-Dculvert.crypto.vector=false", "ChaCha20-Poly1305: scalar");

        private final String option;
        private final String said;

        Fallback(String option, String said) {
            this.option = option;
            this.said = said;
        }

        Lab lab() {
            Requirements.checkNetfilter();
            Lab lab = Lab.withNewest();
            lab.javaOptions = option;
            return lab;
        }

        void assertRuns(Spawned culvert) {
            assertThat(culvert.text()).contains(said).doesNotContain("Exception", "\tat ");
        }

        /** Whether packets leave with the DSCP that WireGuard gives to handshakes. */
        boolean marks() {
            return this != NETTY;
        }
    }

    static Stream<Arguments> everyRoleAndFallback() {
        return Stream.of(Pair.Role.values())
                .flatMap(
                        role -> Stream.of(Fallback.values()).map(each -> Arguments.of(role, each)));
    }

    @ParameterizedTest
    @MethodSource("everyRoleAndFallback")
    void carriesBothWaysBesideAnotherImplementation(Pair.Role role, Fallback fallback)
            throws IOException {
        try (Lab lab = fallback.lab()) {
            Namespace seen = role == Pair.Role.OUTBOUND ? lab.server : lab.client;
            seen.exec("nft", "add", "table", "inet", "seen");
            seen.exec("nft", "add chain inet seen in { type filter hook prerouting priority 0; }");
            seen.exec("nft", "add rule inet seen in meta l4proto udp ip dscp af41 counter");
            Pair pair = new Pair(lab, role, Pair.Options.PLAIN);

            pair.download(64 * MIB).awaitWhole(LIMIT);
            assertThat(upload(lab, pair.web(), 64 * MIB)).isEqualTo(Pattern.sha256(64 * MIB));

            fallback.assertRuns(pair.culvert);
            String rule = seen.exec("nft", "list", "table", "inet", "seen");
            if (fallback.marks()) {
                assertThat(rule).doesNotContain("packets 0 ");
            } else {
                assertThat(rule).contains("packets 0 ");
            }
        }
    }

    private static String upload(Lab lab, String web, long length) {
        return lab.client.exec(
                "sh",
                "-c",
                String.join(" ", Namespace.java(Pattern.class, Long.toString(length)))
                        + " | curl -sS --max-time 100 -T - "
                        + web
                        + "/digest");
    }

    @ParameterizedTest
    @MethodSource("everyRoleAndFallback")
    void followsAServerThatMoves(Pair.Role role, Fallback fallback) throws IOException {
        try (Lab lab = fallback.lab()) {
            Pair pair = new Pair(lab, role, Pair.Options.KEPT_ALIVE);
            Download download = pair.download(48 * MIB, "--limit-rate", "16M");
            download.awaitArrived(8 * MIB);

            RoamingInteropTest.move(lab.server, "192.168.77.2", "192.168.77.8");

            download.awaitWhole(LIMIT);
            fallback.assertRuns(pair.culvert);
        }
    }

    @ParameterizedTest
    @EnumSource
    void carriesManyFlowsAndBothWaysBetweenTwo(Fallback fallback) throws IOException {
        try (Lab lab = fallback.lab()) {
            lab.server.ip("addr", "add", "10.77.0.1/32", "dev", "lo");
            lab.origin(lab.server);
            Spawned server = lab.culvert(lab.server, "server.json", Configurations.server(lab));
            String file = Configurations.client(lab, Pair.V4, lab.serverKeys);
            Spawned client = lab.culvert(lab.client, "client.json", file);
            String web = "http://127.0.0.1:8080";

            Namespace.Result crowd =
                    lab.client.attemptJava(LIMIT, Crowd.class, "127.0.0.1", "7007", "500");
            assertThat(crowd).isEqualTo(new Namespace.Result(0, "open 500\nanswered 500\n"));
            new Download(lab, lab.client, web, 64 * MIB).awaitWhole(LIMIT);
            assertThat(upload(lab, web, 64 * MIB)).isEqualTo(Pattern.sha256(64 * MIB));

            fallback.assertRuns(client);
            fallback.assertRuns(server);
        }
    }
}
