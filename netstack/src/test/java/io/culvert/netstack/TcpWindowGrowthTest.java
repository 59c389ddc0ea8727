package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How the receive window follows what a path needs, and what it may not take. */
class TcpWindowGrowthTest {
    private static final double SHARE = 1368.0 / 1420;

    private final ChunkPool pool = new ChunkPool(ChunkPool.DEFAULT_CHUNK_SIZE, 64L << 20);
    private final TcpScript t = new TcpScript(b -> b.pool(pool));

    private static double share(FastPeer peer, double megabits, long nanos) {
        int before = peer.delivered();
        peer.run(nanos);
        double possible = megabits * 1e6 / 8 * SHARE * nanos / 1e9;
        return (peer.delivered() - before) / possible;
    }

    @ParameterizedTest
    @CsvSource({"100, 100", "200, 50", "200, 100", "20, 200", "1000, 10", "1000, 2"})
    void doesNotHoldAStartBack(int megabits, int milliseconds) {
        t.app.discards = true;
        long roundTrip = milliseconds * Host.MILLI;
        FastPeer peer = new FastPeer(t, roundTrip, megabits * 125_000L, 0);
        peer.run(9 * roundTrip);
        assertThat(peer.blocked).as("nanoseconds without window").isLessThan(roundTrip / 10);
        assertThat(share(peer, megabits, roundTrip)).as("of the tenth round").isGreaterThan(0.9);
    }

    @ParameterizedTest
    @CsvSource({"100, 50, 0.001", "200, 50, 0.01", "200, 100, 0.01"})
    void leavesRoomForNewDataWhileLossesAreMended(int megabits, int milliseconds, double loss) {
        t.app.discards = true;
        long roundTrip = milliseconds * Host.MILLI;
        FastPeer peer = new FastPeer(t, roundTrip, megabits * 125_000L, loss);
        peer.run(20 * roundTrip);
        peer.blocked = 0;
        peer.run(100 * roundTrip);
        assertThat((double) peer.blocked / (100 * roundTrip)).isLessThan(0.01);
    }

    @Test
    void needsNoTimestamps() {
        t.app.discards = true;
        long roundTrip = 50 * Host.MILLI;
        Seg syn = Seg.of("S").mss(1460).ws(7).sackOk();
        FastPeer peer = new FastPeer(t, syn, roundTrip, 12_500_000, 0);
        peer.run(15 * roundTrip);
        assertThat(share(peer, 100, 10 * roundTrip)).isGreaterThan(0.95);
        assertThat(t.connection().info().receiveBuffer()).isLessThan(6 << 20);
    }

    @Test
    void givesALargeWindowBackAfterTenIdleSeconds() {
        t.app.discards = true;
        FastPeer peer = new FastPeer(t, 50 * Host.MILLI, 12_500_000, 0);
        peer.run(2 * Host.SECOND);
        ReceiveBudget budget = t.host.stack.tcp.receiveBudget;
        assertThat(budget.promised()).isGreaterThan(1 << 20);
        t.advanceMillis(9_000);
        assertThat(budget.promised()).isGreaterThan(1 << 20);
        t.advanceMillis(12_000);
        assertThat(budget.promised()).isZero();
        assertThat(t.connection().info().receiveBuffer()).isEqualTo(ReceiveWindow.INITIAL);
        t.close();
    }

    @Test
    void givesALargeWindowBackWithTheConnection() {
        t.app.discards = true;
        FastPeer peer = new FastPeer(t, 50 * Host.MILLI, 12_500_000, 0);
        peer.run(2 * Host.SECOND);
        t.connection().abort();
        assertThat(t.host.stack.tcp.receiveBudget.promised()).isZero();
        t.turn().close();
    }

    /** Nearly nothing comes, but from the far end of the window. */
    @Test
    void doesNotGrowByAByteBehindALargeHole() {
        t.established();
        long edge = 1 + 65535;
        for (int i = 0; i < 100; i++) {
            t.send(Seg.of("A").seq((int) edge - 1 - i % 2).ack(1).data(1));
            for (Seg ack : t.drain()) {
                edge = Math.max(edge, ack.ack + ((long) ack.window << 9));
            }
            t.advanceMillis(100);
        }
        assertThat(t.host.stack.tcp.receiveBudget.promised()).isZero();
        assertThat(edge).isLessThanOrEqualTo(ReceiveWindow.INITIAL + 513);
    }

    /** A sender that probes the round trip keeps four segments under way (BBR's ProbeRTT). */
    @ParameterizedTest
    @CsvSource({"10", "40", "100", "300"})
    void neverKeepsASenderOfFourSegmentsWaiting(int milliseconds) {
        t.app.discards = true;
        long roundTrip = milliseconds * Host.MILLI;
        FastPeer peer = new FastPeer(t, roundTrip, 12_500_000, 0);
        peer.run(10 * roundTrip);
        peer.mostInFlight = 4 * 1368;
        peer.run(2 * roundTrip);
        int before = peer.delivered();
        peer.run(50 * roundTrip);
        assertThat((peer.delivered() - before) / 1368).isGreaterThan(50 * 4 * 9 / 10);
    }

    @Test
    void acknowledgesEachOfTwoSegmentsInARoundTrip() {
        t.app.discards = true;
        long roundTrip = 100 * Host.MILLI;
        FastPeer peer = new FastPeer(t, roundTrip, 1420 * 1000 / 50, 0);
        peer.run(20 * roundTrip);
        long before = peer.acks;
        peer.run(20 * roundTrip);
        assertThat(peer.acks - before)
                .as("two segments in a round trip")
                .isGreaterThanOrEqualTo(40);
    }
}
