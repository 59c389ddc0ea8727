package io.culvert.simnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class VirtualNetworkTest {
    private static final InetSocketAddress A =
            new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 1);
    private static final InetSocketAddress B =
            new InetSocketAddress(InetAddress.ofLiteral("192.0.2.2"), 2);
    private static final InetSocketAddress C =
            new InetSocketAddress(InetAddress.ofLiteral("2001:db8::3"), 3);

    private final Scheduler scheduler = new Scheduler();
    private final StringBuilder text = new StringBuilder();
    private final VirtualNetwork network =
            new VirtualNetwork(scheduler, new SeededRandom(3), new Trace(text));
    private final List<String> log = new ArrayList<>();

    private VirtualSocket bind(String name, InetSocketAddress address) {
        return network.bind(
                name,
                address,
                (data, length, source) ->
                        log.add(
                                name
                                        + " got "
                                        + new String(data, 0, length, StandardCharsets.US_ASCII)
                                        + " from "
                                        + source.getPort()));
    }

    private void send(VirtualSocket from, String what, InetSocketAddress to) {
        byte[] bytes = what.getBytes(StandardCharsets.US_ASCII);
        from.send(MemorySegment.ofArray(bytes), 0, bytes.length, to);
    }

    @Test
    void carriesDatagramsBothWays() {
        VirtualSocket a = bind("a", A);
        VirtualSocket b = bind("b", B);
        network.connect(
                a,
                b,
                LinkProfile.PERFECT.but().delay(5, 0).build(),
                LinkProfile.PERFECT.but().delay(9, 0).build());
        send(a, "ping", B);
        send(b, "pong", A);
        scheduler.runUntil(5);
        assertThat(log).containsExactly("b got ping from 1");
        scheduler.runUntil(9);
        assertThat(log).containsExactly("b got ping from 1", "a got pong from 2");
    }

    @Test
    void whatGoesNowhereIsCounted() {
        VirtualSocket a = bind("a", A);
        send(a, "hello", B);
        scheduler.runUntil(1);
        assertThat(network.unroutable()).isEqualTo(1);
        assertThat(text).contains("NO ROUTE");
    }

    @Test
    void aReboundSocketSpeaksFromAndListensAtItsNewAddressOnly() {
        VirtualSocket a = bind("a", A);
        VirtualSocket b = bind("b", B);
        network.link(a, b).profile(LinkProfile.PERFECT.but().delay(10, 0).build());
        send(a, "lost", B);
        b.rebind(C);
        send(a, "old", B);
        send(a, "new", C);
        send(b, "reply", A);
        scheduler.runUntil(10);
        assertThat(log).containsExactly("a got reply from 3", "b got new from 1");
        assertThat(network.unroutable()).isEqualTo(2);
        assertThat(text).contains("b moves from");
    }

    @Test
    void anAddressHasOneOwner() {
        bind("a", A);
        VirtualSocket b = bind("b", B);
        assertThatThrownBy(() -> bind("c", A)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> b.rebind(A)).isInstanceOf(IllegalArgumentException.class);
        network.close(b);
        bind("c", B);
    }

    @Test
    void oneMoreLinkDoesNotDisturbTheOthers() {
        List<String> alone = lossesOfAToB(false);
        assertThat(alone).hasSizeBetween(20, 80);
        assertThat(lossesOfAToB(true)).isEqualTo(alone);
    }

    private static List<String> lossesOfAToB(boolean withThird) {
        Scheduler scheduler = new Scheduler();
        VirtualNetwork network = new VirtualNetwork(scheduler, new SeededRandom(3), new Trace());
        List<String> got = new ArrayList<>();
        VirtualSocket a = network.bind("a", A, (d, n, s) -> {});
        VirtualSocket b = network.bind("b", B, (d, n, s) -> got.add(n + ""));
        VirtualSocket c = network.bind("c", C, (d, n, s) -> {});
        LinkProfile half = LinkProfile.PERFECT.but().loss(0.5).build();
        network.connect(a, b, half, half);
        network.connect(c, b, half, half);
        for (int i = 1; i <= 100; i++) {
            a.send(MemorySegment.ofArray(new byte[i]), 0, i, B);
            if (withThird) {
                b.send(MemorySegment.ofArray(new byte[i]), 0, i, C);
            }
        }
        scheduler.runUntil(1);
        return got;
    }

    @Test
    void theTraceHashTellsRunsApart() {
        assertThat(hash(1, 0))
                .isEqualTo(hash(1, 0))
                .isNotEqualTo(hash(2, 0))
                .isNotEqualTo(hash(1, 1));
    }

    private static long hash(long seed, int lastByte) {
        Scheduler scheduler = new Scheduler();
        Trace trace = new Trace();
        VirtualNetwork network = new VirtualNetwork(scheduler, new SeededRandom(seed), trace);
        VirtualSocket a = network.bind("a", A, (d, n, s) -> {});
        VirtualSocket b = network.bind("b", B, (d, n, s) -> {});
        network.link(a, b).profile(LinkProfile.PERFECT.but().loss(0.3).delay(5, 100).build());
        byte[] data = new byte[21];
        for (int i = 0; i < 50; i++) {
            data[20] = (byte) (i == 49 ? lastByte : 0);
            a.send(MemorySegment.ofArray(data), 0, data.length, B);
        }
        scheduler.runUntil(1000);
        return trace.hash();
    }
}
