package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Paths that take less than the link does (netstack.md T30, T31, e4.35, e4.74, e4.75). */
class TcpPathMtuTest {
    private static final int FULL = 1380 - 12;
    private static final long SECOND = TwoStacks.SECOND;
    private static final int MANY = 4_000_000;

    /** 50 ms and 8 Mb/s. */
    private static final LinkConditions LINK = LinkConditions.clean(25).withRate(1_000_000, 60_000);

    private TransferApp client = new TransferApp(0, 1);
    private TransferApp server = new TransferApp(0, 2);

    private TwoStacks join(int mtu, boolean v6, int up, int down, LinkConditions link) {
        TwoStacks net = new TwoStacks(3, mtu, link);
        connect(net, v6, up, down);
        return net;
    }

    private void connect(TwoStacks net, boolean v6, int up, int down) {
        client = new TransferApp(up, 1);
        server = new TransferApp(down, 2);
        client.finishes = false;
        server.finishes = false;
        TransferApp far = server;
        TcpListener listener = net.b.listen(null, 80, c -> far);
        net.a.connect(Host.address(v6 ? "fd00::2" : "10.0.0.2", 80), client);
        net.runUntil(() -> server.connected, 5 * SECOND);
        listener.close();
    }

    private static TcpPathMtu path(TransferApp app) {
        return Objects.requireNonNull(app.connection).pathMtu();
    }

    /** Both sides get on, and each finds what the path takes. */
    private void expectRecovery(TwoStacks net, int pathMtu, int up, int down, long limit) {
        net.runUntil(
                () ->
                        server.receivedBytes >= Math.min(up, 30_000)
                                && client.receivedBytes >= Math.min(down, 30_000),
                limit);
        net.runUntil(
                () ->
                        (up == 0 || isFound(client, pathMtu))
                                && (down == 0 || isFound(server, pathMtu)),
                10 * SECOND);
        net.runUntil(() -> server.receivedBytes == up && client.receivedBytes == down, 60 * SECOND);
    }

    private static boolean isFound(TransferApp app, int pathMtu) {
        int mtu = path(app).mtu();
        return mtu <= pathMtu && mtu > pathMtu - 8;
    }

    // A path that swallows large packets without a word (e4.75)

    @ParameterizedTest
    @CsvSource({
        "1420, 1300, false",
        "1420, 1300, true",
        "1420, 1000, false",
        "1420, 600, false",
        "9000, 1500, false",
        "1500, 1499, false",
        "1280, 1200, true"
    })
    void recoversFromABlackHoleWithinSecondsWhoeverSends(int mtu, int pathMtu, boolean v6) {
        int[][] plans = {{MANY, 0}, {0, MANY}, {MANY, MANY}};
        for (int[] plan : plans) {
            TwoStacks net = new TwoStacks(3, mtu, LINK);
            net.filter = packet -> packet.length <= pathMtu;
            connect(net, v6, plan[0], plan[1]);
            expectRecovery(net, pathMtu, plan[0], plan[1], 3 * SECOND);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void recoversFromABlackHoleThatOpensLater(boolean withSack) {
        TwoStacks net = new TwoStacks(3, 1420, LINK);
        OptionStripper without = new OptionStripper(1 << OptionStripper.SACK_PERMITTED);
        net.filter = packet -> withSack || without.test(packet);
        connect(net, false, MANY, MANY);
        net.runUntil(
                () -> server.receivedBytes > 300_000 && client.receivedBytes > 300_000,
                10 * SECOND);
        net.filter = packet -> packet.length <= 1300 && (withSack || without.test(packet));
        long up = server.receivedBytes;
        long down = client.receivedBytes;
        net.runUntil(
                () -> server.receivedBytes > up + 300_000 && client.receivedBytes > down + 300_000,
                10 * SECOND);
        if (withSack) {
            expectRecovery(net, 1300, MANY, MANY, SECOND);
        }
        net.runUntil(
                () -> server.receivedBytes == MANY && client.receivedBytes == MANY, 60 * SECOND);
    }

    @Test
    void withoutSackAllSegmentsAreLargeAgainAfterTenMinutes() {
        warm(t.syn().noSack());
        t.write(5 * FULL);
        t.drain();
        t.tooBig(1, 1000);
        t.drain();
        t.send(Seg.of("A").seq(1).ack(1 + 5 * FULL));
        t.advanceMillis(601_000);
        t.write(5 * FULL);
        assertThat(t.drain()).hasSize(5).allMatch(s -> s.data.length == FULL);
    }

    @Test
    void recoversFromABlackHoleOnALossyPath() {
        for (int seed = 0; seed < 20; seed++) {
            TwoStacks net = new TwoStacks(seed, 1420, LINK.withLoss(0.01));
            net.filter = packet -> packet.length <= 1300;
            connect(net, false, MANY, MANY);
            net.runUntil(
                    () -> server.receivedBytes > 30_000 && client.receivedBytes > 30_000,
                    10 * SECOND);
            // Not at the end: whose last segments are lost again and again has reason to suspect.
            net.runUntil(
                    () -> path(client).mtu() >= 1200 && path(client).mtu() <= 1300, 10 * SECOND);
            assertThat(server.receivedBytes).isLessThan(MANY);
            net.runUntil(
                    () -> server.receivedBytes == MANY && client.receivedBytes == MANY,
                    120 * SECOND);
        }
    }

    @Test
    void findsTheFullSizeAgainSoonWhenItWasAnOutage() {
        TwoStacks net = join(1420, false, 2 * MANY, 0, LINK);
        net.runUntil(() -> server.receivedBytes > 100_000, 10 * SECOND);
        net.filter = packet -> false;
        net.run(10 * SECOND);
        net.filter = packet -> true;
        net.runUntil(() -> server.receivedBytes == 2 * MANY, 60 * SECOND);
        assertThat(path(client).mtu()).isEqualTo(1420);
        assertThat(net.a.counters.tcp.mtuProbes).isLessThanOrEqualTo(3);
    }

    @Test
    void looksAgainAfterTenMinutesWithoutStalling() {
        TwoStacks net = new TwoStacks(3, 1420, LINK.withRate(50_000, 30_000));
        net.filter = packet -> packet.length <= 1300;
        connect(net, false, 1 << 30, 0);
        net.run(30 * SECOND);
        assertThat(path(client).mtu()).isBetween(1293, 1300);
        long timeouts = net.a.counters.tcp.timeouts;
        long probes = net.a.counters.tcp.mtuProbes;
        net.run(560 * SECOND);
        assertThat(net.a.counters.tcp.mtuProbes).isEqualTo(probes);
        net.run(60 * SECOND);
        assertThat(net.a.counters.tcp.mtuProbes).as("three at full size").isGreaterThan(probes + 2);
        assertThat(net.a.counters.tcp.timeouts).isEqualTo(timeouts);
        assertThat(path(client).mtu()).isBetween(1293, 1300);
        net.filter = packet -> true;
        net.run(610 * SECOND);
        assertThat(path(client).mtu()).isEqualTo(1420);
    }

    @Test
    void newConnectionsBeginWithWhatWasFoundOut() {
        TwoStacks net = new TwoStacks(3, 1420, LINK);
        net.filter = packet -> packet.length <= 1300;
        connect(net, false, MANY, 0);
        expectRecovery(net, 1300, MANY, 0, 3 * SECOND);
        long timeouts = net.a.counters.tcp.timeouts;
        connect(net, false, MANY, 0);
        expectRecovery(net, 1300, MANY, 0, SECOND);
        assertThat(net.a.counters.tcp.timeouts).isEqualTo(timeouts);
    }

    // Probes, against a scripted receiver

    /** CUBIC: what may leave follows from each ACK at once, without pacing. */
    private final TcpScript t =
            new TcpScript(b ->
                    b.tcp(
                            TcpSettings.builder()
                                    .congestionControl(CongestionAlgorithm.CUBIC)
                                    .build()));

    private void warm() {
        warm(t.syn());
    }

    private void warm(Seg syn) {
        t.established(syn, 50);
    }

    /** A connection whose path was narrowed to 1000 ten minutes ago; returns the next sequence. */
    private int narrowedLongAgo() {
        warm();
        t.write(5 * FULL);
        t.drain();
        t.tooBig(1, 1000);
        t.drain();
        t.advanceMillis(50);
        t.send(Seg.of("A").seq(1).ack(1 + 5 * FULL));
        t.advanceMillis(601_000);
        t.drain();
        return 1 + 5 * FULL;
    }

    @Test
    void raisesTheSizeWhenAProbeArrives() {
        int seq = narrowedLongAgo();
        t.write(8000);
        List<Seg> sent = t.drain();
        sent.getFirst().hasSeq(seq).hasLength(FULL);
        assertThat(sent.subList(1, sent.size())).allMatch(s -> s.data.length <= 1000 - 52);
        assertThat(t.connection().info().pathMtu()).isEqualTo(1000);
        t.advanceMillis(50);
        t.send(Seg.of("A").seq(1).ack(seq + 8000));
        assertThat(t.connection().info().pathMtu()).isEqualTo(1420);
        t.write(8000);
        t.expect("A").hasLength(FULL);
        t.expect("A").hasLength(FULL);
    }

    @Test
    void lostProbesAreNoSignOfCongestion() {
        int seq = narrowedLongAgo();
        int small = 1000 - 52;
        for (int i = 0; i < MtuSearch.MAX_PROBES; i++) {
            long cwnd = t.sender().congestion.cwnd();
            t.write(FULL + 4 * small);
            List<Seg> sent = t.drain();
            sent.getFirst().hasSeq(seq).hasLength(FULL);
            int end = seq + FULL + 4 * small;
            t.advanceMillis(50);
            t.send(Seg.of("A").seq(1).ack(seq).sack(seq + FULL, end));
            t.advanceMillis(20);
            List<Seg> again = t.drain();
            again.getFirst().hasSeq(seq).hasLength(small);
            again.get(1).hasSeq(seq + small).hasLength(FULL - small);
            assertThat(again).hasSize(2);
            assertThat(t.sender().congestion.cwnd()).isGreaterThanOrEqualTo(cwnd);
            assertThat(t.sender().recovery.isOpen()).isTrue();
            t.advanceMillis(50);
            t.send(Seg.of("A").seq(1).ack(end));
            seq = end;
        }
        assertThat(t.host.stack.tcp.counters.fastRecoveries).isZero();
        assertThat(t.sender().sampler.lost()).isZero();
        t.write(8000);
        t.expect("A").hasSeq(seq).hasLength(1210 - 52); // half of the way
        assertThat(t.host.stack.tcp.counters.mtuProbes).isEqualTo(4);
    }

    @Test
    void aRoutersWordAboutAProbeIsTriedNext() {
        int seq = narrowedLongAgo();
        t.write(8000);
        t.drain().getFirst().hasSeq(seq).hasLength(FULL);
        t.tooBig(seq, 1300);
        Seg first = t.expect("A").hasSeq(seq);
        assertThat(first.data).as("the probe's bytes leave at once").hasSize(1000 - 52);
        t.drain();
        t.send(Seg.of("A").seq(1).ack(seq + 8000));
        assertThat(t.connection().info().pathMtu()).isEqualTo(1000);
        t.write(8000);
        t.expect("A").hasSeq(seq + 8000).hasLength(1300 - 52);
        t.advanceMillis(50);
        t.send(Seg.of("A").seq(1).ack(seq + 16000));
        assertThat(t.connection().info().pathMtu()).isEqualTo(1300);
    }

    @Test
    void noProbeLeavesWithoutDataBehindItOrDuringRecovery() {
        int seq = narrowedLongAgo();
        t.write(FULL);
        assertThat(t.drain()).allMatch(s -> s.data.length <= 1000 - 52);
        t.send(Seg.of("A").seq(1).ack(seq + FULL));
        assertThat(t.host.stack.tcp.counters.mtuProbes).isZero();
        t.write(FULL + 1);
        assertThat(t.drain()).first().extracting(s -> s.data.length).isEqualTo(FULL);
    }

    // Messages of routers (e4.35, e4.74)

    @Test
    void believesARouterOnlyAboutWhatIsUnderWay() {
        warm();
        t.write(5 * FULL);
        t.drain();
        t.tooBig(0, 1000); // acknowledged
        t.tooBig(1 + 5 * FULL, 1000); // not sent yet
        t.tooBig(-100_000, 1000);
        t.port = 81;
        assertThat(t.connection().info().pathMtu()).isEqualTo(1420);
        assertThat(t.out).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"1420, 1420", "1421, 1420", "9000, 1420", "68, 552", "551, 552", "67, 1420"})
    void aRoutersMtuIsFlooredAndNeverRaises(int told, int used) {
        warm();
        t.write(5 * FULL);
        t.drain();
        t.tooBig(1, told);
        assertThat(t.connection().info().pathMtu()).isEqualTo(used);
    }

    @Test
    void aRouterWithoutAnMtuMeansTheNextPlateau() {
        warm();
        t.write(5 * FULL);
        t.drain();
        t.tooBig(1, 0);
        assertThat(t.connection().info().pathMtu()).isEqualTo(1006);
    }

    @ParameterizedTest
    @CsvSource({"1279, 1280", "0, 1280", "1300, 1300", "1420, 1420"})
    void ipv6NeverGoesBelow1280(int told, int used) {
        t.own = Host.OWN6;
        t.peer = Host.PEER6;
        warm();
        t.write(5 * FULL);
        t.drain();
        byte[] quoted =
                PacketBuilder.packet(t.own, t.peer)
                        .tcp(80, t.peerPort, t.isn + 1, 0, 16, 0, new byte[0], new byte[1100])
                        .build();
        t.host.input(PacketBuilder.packet(t.peer, t.own).icmp(2, 0, told, quoted));
        t.turn();
        assertThat(t.connection().info().pathMtu()).isEqualTo(used);
    }
}
