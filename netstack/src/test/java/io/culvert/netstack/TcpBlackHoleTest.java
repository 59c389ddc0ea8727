package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** When a time-out makes segments smaller and when it doesn't, segment by segment; RTT 50 ms. */
class TcpBlackHoleTest {
    private static final int FULL = 1380 - 12;
    private static final int MEDIUM = 1024 - 12;
    private static final int SMALL = 512 - 12;
    private static final int RTT = 50;

    private final CongestionLog log = new CongestionLog();
    private TcpScript t = new TcpScript(b -> b.tcp(CongestionLog.settings(log)));

    private void warm(Seg syn) {
        if (t.listener == null) {
            t.listen();
        }
        t.timestamps = true;
        t.isnKnown = false;
        t.send(syn);
        t.expect("SA");
        t.advanceMillis(RTT);
        t.send(Seg.of("A").seq(1).ack(1));
        t.app.events.clear();
    }

    private void warm() {
        warm(t.syn());
    }

    private void ack(int ack) {
        t.send(Seg.of("A").seq(1).ack(ack));
    }

    private int pathMtu() {
        return t.connection().info().pathMtu();
    }

    private TcpCounters counters() {
        return t.host.stack.tcp.counters;
    }

    /** Lengths of what the next time-out sends; what tail loss probes sent doesn't count. */
    private List<Integer> timeout() {
        long before = counters().timeouts;
        while (counters().timeouts == before) {
            t.drain();
            t.advanceMillis(1);
        }
        return t.drain().stream().map(s -> s.data.length).toList();
    }

    /** What the path takes is known: a full segment arrived. */
    private int proven() {
        warm();
        t.write(FULL);
        t.drain();
        t.advanceMillis(RTT);
        ack(1 + FULL);
        return 1 + FULL;
    }

    @Test
    void whatNeverArrivedInItsSizeGetsSmallerAtOnceAndSmallerYet() {
        warm();
        t.write(2 * FULL);
        assertThat(timeout()).containsExactly(MEDIUM);
        assertThat(timeout()).containsExactly(SMALL);
        assertThat(timeout()).containsExactly(SMALL);
        assertThat(pathMtu()).as("not before it arrived").isEqualTo(1420);
        assertThat(counters().blackHoles).isZero();
    }

    @Test
    void whatArrivedInItsSizeBeforeGetsSmallerTheSecondTime() {
        int seq = proven();
        t.write(2 * FULL);
        assertThat(timeout()).first().isEqualTo(FULL);
        assertThat(timeout()).containsExactly(MEDIUM);
        ack(seq + MEDIUM);
        assertThat(pathMtu()).isEqualTo(1064);
        assertThat(counters().blackHoles).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"500, 500", "501, 500", "1012, 500", "1013, 1012", "1368, 1012"})
    void isCutToTheNextSmallerSizeThatNearlyEveryPathTakes(int length, int cut) {
        warm();
        t.write(length);
        assertThat(timeout()).containsExactly(cut);
    }

    @Test
    void theSizeThatArrivedIsUsedFromThenOnAndALargerOneIsSoughtAtOnce() {
        warm();
        t.write(4 * FULL);
        assertThat(timeout()).containsExactly(MEDIUM);
        ack(1 + MEDIUM);
        assertThat(pathMtu()).isEqualTo(1064);
        assertThat(log.take()).contains("smss " + MEDIUM);
        t.drain();
        t.advanceMillis(RTT);
        ack(1 + 4 * FULL);
        t.write(6000);
        t.expect("A").hasLength(FULL); // was lost twice already when it was no probe
        assertThat(counters().mtuProbes).isEqualTo(1);
        t.drain();
    }

    @Test
    void withoutSackNothingLargerIsSought() {
        warm(t.syn().noSack());
        t.write(4 * FULL);
        assertThat(timeout().getFirst()).isEqualTo(MEDIUM);
        ack(1 + MEDIUM);
        t.drain();
        t.advanceMillis(RTT);
        ack(1 + 4 * FULL);
        t.write(6000);
        assertThat(t.drain()).allMatch(s -> s.data.length <= MEDIUM);
        assertThat(counters().mtuProbes).isZero();
    }

    /** The echo tells of which of the two the ACK speaks (RFC 7323). */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anAckOfTheLargeOneShowsThatItWasNoBlackHole(boolean late) {
        warm();
        t.write(FULL);
        Seg first = t.expect("PA");
        assertThat(timeout()).containsExactly(MEDIUM);
        int echo = late ? first.timestamp : t.lastTimestamp;
        t.send(Seg.of("A").seq(1).ack(1 + (late ? FULL : MEDIUM)).ts(t.now(), echo));
        assertThat(pathMtu()).isEqualTo(late ? 1420 : 1064);
        assertThat(counters().blackHoles).isEqualTo(late ? 0 : 1);
    }

    @ParameterizedTest
    @CsvSource({"1368, 1368", "1300, 1012"})
    void aHeadLostTwiceIsNotForItsSizeWhenAsMuchArrivedBehindIt(int behind, int again) {
        int seq = proven();
        t.write(FULL);
        for (int i = 0; i < 5; i++) {
            t.write(behind);
        }
        t.drain();
        t.advanceMillis(RTT);
        int first = seq + FULL;
        t.send(Seg.of("A").seq(1).ack(seq).sack(first, first + 4 * behind));
        t.expect("A").hasSeq(seq).hasLength(FULL); // and is lost again
        assertThat(counters().fastRecoveries).isEqualTo(1);
        assertThat(timeout()).first().isEqualTo(again);
    }

    @Test
    void isToldToConnectionsThatBeginLater() {
        warm();
        t.write(4 * FULL);
        timeout();
        timeout();
        ack(1 + SMALL);
        assertThat(pathMtu()).isEqualTo(552);
        t.connection().abort();
        t.turn();
        t.drain();
        t.peerPort++;
        warm();
        assertThat(pathMtu()).as("a search began, so nothing is sure").isEqualTo(1420);
    }

    // Messages of routers

    @Test
    void whatARouterSaidHoldsForLaterConnectionsWhichLookAgainAfterTenMinutes() {
        warm();
        t.write(3 * FULL);
        t.drain();
        t.tooBig(1, 1000);
        assertThat(pathMtu()).isEqualTo(1000);
        assertThat(t.drain()).as("all of it again, smaller").hasSize(6);
        t.connection().abort();
        t.turn();
        t.drain();
        t.advanceMillis(100_000);
        t.peerPort++;
        warm();
        assertThat(pathMtu()).isEqualTo(1000);
        t.write(6000);
        assertThat(t.drain()).allMatch(s -> s.data.length <= 948);
        ack(6001);
        t.advanceMillis(599_000);
        t.write(6000);
        assertThat(t.drain()).allMatch(s -> s.data.length <= 948);
        ack(12_001);
        t.advanceMillis(2_000);
        t.write(6000);
        t.expect("A").hasLength(FULL);
        assertThat(counters().mtuProbes).isEqualTo(1);
        t.drain();
    }

    @Test
    void aRouterEndsASuspicionAndASearch() {
        warm();
        t.write(4 * FULL);
        assertThat(timeout()).containsExactly(MEDIUM);
        t.tooBig(1, 1200);
        assertThat(pathMtu()).isEqualTo(1200);
        assertThat(t.connection().pathMtu().isSuspecting()).isFalse();
        t.drain();
        ack(1 + 4 * FULL);
        assertThat(pathMtu()).as("the arrival says nothing any more").isEqualTo(1200);
        assertThat(counters().blackHoles).isZero();
        t.write(6000);
        assertThat(t.drain()).allMatch(s -> s.data.length <= 1148);
    }

    @Test
    void aRouterThatTakesWhatIsSentIsNotListenedTo() {
        warm();
        t.write(3 * FULL);
        t.drain();
        log.take();
        t.tooBig(1, 1420);
        t.tooBig(1, 1500);
        assertThat(t.drain()).isEmpty();
        assertThat(log.take()).isEmpty();
        assertThat(pathMtu()).isEqualTo(1420);
        t.tooBig(1, 1419);
        assertThat(pathMtu()).isEqualTo(1419);
    }

    // Probes

    /** A connection whose path was narrowed to 1000 more than ten minutes ago. */
    private int narrowedLongAgo() {
        warm();
        t.write(5 * FULL);
        t.drain();
        t.tooBig(1, 1000);
        t.drain();
        ack(1 + 5 * FULL);
        t.advanceMillis(601_000);
        t.drain();
        return 1 + 5 * FULL;
    }

    /** Beside the probe a full segment must fit, so that its ACK can show that it was lost. */
    @ParameterizedTest
    @CsvSource({"2316, 1368", "2315, 948"})
    void aProbeNeedsRoomForASegmentBehindItInTheCongestionWindow(int cwnd, int length) {
        int seq = narrowedLongAgo();
        log.cwnd = cwnd;
        t.write(6000);
        t.expect("A").hasSeq(seq).hasLength(length);
        t.drain();
    }

    @ParameterizedTest
    @CsvSource({"2316, 1368", "2315, 948"})
    void aProbeNeedsRoomForASegmentBehindItInThePeersWindow(int window, int length) {
        t = new TcpScript(b -> b.tcp(CongestionLog.settings(log)));
        warm(Seg.of("S").mss(1460).sackOk().ts(t.now(), 0)); // windows aren't scaled
        t.write(5 * FULL);
        t.drain();
        t.tooBig(1, 1000);
        t.drain();
        ack(1 + 5 * FULL);
        t.advanceMillis(601_000);
        t.send(Seg.of("A").seq(1).ack(1 + 5 * FULL).win(window));
        t.write(6000);
        t.expect("A").hasLength(length);
        t.drain();
    }

    @ParameterizedTest
    @CsvSource({"true, 1369, 1368", "true, 1368, 948", "false, 2316, 1368", "false, 2315, 948"})
    void aProbeNeedsDataBehindItThatLeaves(boolean noDelay, int written, int length) {
        narrowedLongAgo();
        t.connection().noDelay(noDelay);
        t.write(written);
        t.expect("A").hasLength(length);
        t.drain();
    }

    @Test
    void aProbeUnderWayAtATimeoutCountsAsLost() {
        int seq = narrowedLongAgo();
        t.write(FULL + 10);
        t.expect("A").hasSeq(seq).hasLength(FULL);
        assertThat(t.connection().pathMtu().roomForProbe()).as("one at a time").isZero();
        assertThat(timeout()).first().isEqualTo(1000 - 52);
        ack(seq + FULL + 10);
        t.drain();
        assertThat(pathMtu()).isEqualTo(1000);
        t.advanceMillis(RTT);
        t.write(6000);
        assertThat(t.connection().info().pathMtu()).isEqualTo(1000);
        assertThat(t.drain().getFirst().data.length).as("it is tried again").isEqualTo(FULL);
        assertThat(counters().mtuProbes).isEqualTo(2);
    }

    @Test
    void anArrivedProbeIsTheNewSizeForNewConnectionsToo() {
        int seq = narrowedLongAgo();
        t.write(8000);
        t.drain();
        t.advanceMillis(RTT);
        ack(seq + 8000);
        assertThat(pathMtu()).isEqualTo(1420);
        assertThat(log.take()).contains("smss " + FULL);
        t.connection().abort();
        t.turn();
        t.drain();
        t.peerPort++;
        warm();
        assertThat(pathMtu()).isEqualTo(1420);
        t.advanceMillis(700_000);
        assertThat(counters().mtuProbes).isEqualTo(1);
    }
}
