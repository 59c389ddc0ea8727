package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Loss recovery against a scripted receiver, RTT 50 ms. Segments are counted from 0. */
class TcpLossTest {
    private static final int FULL = 1380 - 12;
    private static final int RTT = 50;

    /** CUBIC: what may leave follows from each ACK at once, without pacing. */
    private final TcpScript t = new TcpScript(b -> b.tcp(cubic()));

    private static int at(int segment) {
        return 1 + segment * FULL;
    }

    private static int segment(Seg s) {
        return (s.seq - 1) / FULL;
    }

    /** A warm connection with an RTT of 50 ms, whose next segment is number 0. */
    private static TcpSettings cubic() {
        return TcpSettings.builder().congestionControl(CongestionAlgorithm.CUBIC).build();
    }

    private void warm(Seg syn) {
        t.established(syn, RTT);
    }

    private void warm() {
        warm(t.syn());
    }

    private Seg ack(int segment, int... sackedSegments) {
        Seg s = Seg.of("A").seq(1).ack(at(segment));
        for (int i = 0; i < sackedSegments.length; i++) {
            s.sack(at(sackedSegments[i]));
        }
        return s;
    }

    private List<Integer> sent() {
        List<Integer> segments = new ArrayList<>();
        for (Seg s : t.drain()) {
            segments.add(segment(s));
        }
        return segments;
    }

    @Test
    void repeatsOneLostSegmentOnce() {
        warm();
        t.write(10 * FULL);
        assertThat(sent()).hasSize(10);
        t.advanceMillis(RTT);
        t.send(ack(3)); // 0..2 arrived, 3 is lost
        t.send(ack(3, 4, 5));
        t.send(ack(3, 4, 6));
        assertThat(sent()).doesNotContain(3);
        t.send(ack(3, 4, 7));
        assertThat(sent()).containsExactly(3);
        t.send(ack(3, 4, 8));
        t.send(ack(3, 4, 10));
        assertThat(sent()).isEmpty();
        t.advanceMillis(RTT);
        t.send(ack(10));
        assertThat(t.sender().isFlushed()).isTrue();
        assertThat(t.sender().recovery.isOpen()).isTrue();
        assertThat(t.host.stack.tcp.counters.timeouts).isZero();
        assertThat(t.host.stack.tcp.counters.retransmitted).isEqualTo(1);
    }

    @Test
    void sendsInRecoveryInProportionToWhatArrived() {
        warm();
        t.write(10 * FULL);
        t.write(60 * FULL);
        sent();
        t.advanceMillis(RTT);
        t.send(ack(10));
        assertThat(sent()).hasSize(20); // 20 in flight, 10..29
        t.advanceMillis(RTT);
        int out = 0;
        for (int arrived = 11; arrived < 30; arrived++) {
            t.send(ack(10, 11, arrived + 1));
            out += sent().size();
            assertThat(out)
                    .as("sent after %s segments arrived", arrived - 10)
                    .isLessThanOrEqualTo((int) Math.ceil((arrived - 10) * 0.75) + 1);
        }
        assertThat(out).as("in flight at the end").isBetween(13, 15);
        assertThat(t.sender().congestion.ssthresh()).isEqualTo(14 * FULL);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void repairsSeveralLossesOfOneFlightWithoutTimeout(int pattern) {
        warm();
        t.write(40 * FULL);
        sent();
        t.advanceMillis(RTT);
        t.send(ack(10));
        sent(); // 10..29 are in flight
        List<Integer> lost =
                switch (pattern) {
                    case 1 -> List.of(10, 13, 20, 21, 22, 23);
                    case 2 -> List.of(10, 11, 12, 13, 14);
                    case 3 -> List.of(12, 14, 16, 18, 20);
                    default -> List.of(11, 25);
                };
        List<Integer> again = deliverWithLoss(10, 30, lost);
        assertThat(again).containsExactlyElementsOf(lost);
        assertThat(t.host.stack.tcp.counters.timeouts).isZero();
        assertThat(t.sender().recovery.isOpen()).isTrue();
        assertThat(t.sender().isFlushed()).isTrue();
    }

    /**
     * Plays a receiver that misses the first copies of some segments; returns what was repeated.
     */
    private List<Integer> deliverWithLoss(int from, int to, List<Integer> lost) {
        boolean[] have = new boolean[100];
        List<Integer> again = new ArrayList<>();
        List<Integer> arriving = new ArrayList<>();
        for (int i = from; i < to; i++) {
            if (!lost.contains(i)) {
                arriving.add(i);
            }
        }
        int next = from;
        int highest = to;
        for (int round = 0; round < 12 && !arriving.isEmpty(); round++) {
            t.advanceMillis(RTT);
            List<Integer> sentNow = new ArrayList<>();
            for (int segment : arriving) {
                have[segment] = true;
                while (have[next]) {
                    next++;
                }
                t.send(reporting(have, next, segment));
                sentNow.addAll(sent());
            }
            arriving.clear();
            for (int segment : sentNow) {
                if (segment < highest) {
                    again.add(segment);
                }
                highest = Math.max(highest, segment + 1);
                arriving.add(segment);
            }
        }
        return again;
    }

    private Seg reporting(boolean[] have, int next, int newest) {
        Seg s = ack(next);
        if (newest > next) {
            int first = newest;
            while (have[first - 1]) {
                first--;
            }
            int last = newest;
            while (have[last + 1]) {
                last++;
            }
            s.sack(at(first), at(last + 1));
        }
        return s;
    }

    @Test
    void repeatsALostRepetitionWithoutTimeout() {
        warm();
        t.write(30 * FULL);
        sent();
        t.advanceMillis(RTT);
        t.send(ack(0, 1, 6));
        List<Integer> more = sent();
        assertThat(more).contains(0);
        t.advanceMillis(RTT);
        t.send(ack(0, 1, 12)); // what was sent after the repetition arrived
        t.advanceMillis(RTT / 2);
        assertThat(sent()).contains(0);
        assertThat(t.host.stack.tcp.counters.timeouts).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void repairsALostTailByProbe(int lost) {
        warm();
        t.write(10 * FULL);
        sent();
        t.advanceMillis(RTT);
        t.send(ack(10 - lost));
        long start = t.host.now;
        t.advanceMillis(2 * RTT + 60);
        Seg probe = t.out.element();
        assertThat(segment(probe)).isEqualTo(9);
        assertThat((probe.at - start) / Host.MILLI).isBetween((long) RTT, 2L * RTT + 50);
        assertThat(sent()).hasSize(1);
        t.advanceMillis(RTT);
        t.send(lost == 1 ? ack(10) : ack(10 - lost, 9, 10));
        for (int missing = 10 - lost; missing < 9; missing++) {
            t.advanceMillis(RTT / 2);
            assertThat(sent()).containsExactly(missing);
            t.send(missing == 8 ? ack(10) : ack(missing + 1, 9, 10));
        }
        assertThat(t.sender().isFlushed()).isTrue();
        assertThat(t.host.stack.tcp.counters.timeouts).isZero();
    }

    @Test
    void probesWithNewDataWhenThereIsSome() {
        warm();
        t.write(20 * FULL);
        sent();
        t.advanceMillis(3 * RTT);
        assertThat(sent()).contains(10);
    }

    @Test
    void cutsTheWindowWhenAProbeHidALoss() {
        warm();
        t.write(10 * FULL);
        sent();
        t.advanceMillis(RTT);
        t.send(ack(9));
        t.advanceMillis(200);
        assertThat(sent()).containsExactly(9);
        t.send(ack(10));
        long before = t.sender().congestion.cwnd();
        t.write(FULL);
        sent();
        t.send(ack(11));
        assertThat(t.sender().congestion.cwnd()).isLessThan(before);
    }

    @Test
    void keepsTheWindowWhenAProbeWasNotNeeded() {
        warm();
        t.write(10 * FULL);
        sent();
        t.advanceMillis(RTT);
        t.send(ack(9));
        t.advanceMillis(200);
        assertThat(sent()).containsExactly(9);
        t.send(ack(10));
        t.send(ack(10, 9, 10)); // the duplicate arrived as well
        long before = t.sender().congestion.cwnd();
        t.write(FULL);
        sent();
        t.send(ack(11));
        assertThat(t.sender().congestion.cwnd()).isGreaterThanOrEqualTo(before);
    }

    @Test
    void waitsForReorderedSegmentsOnceItHasSeenThem() {
        warm();
        t.write(30 * FULL);
        sent();
        t.advanceMillis(RTT);
        t.send(ack(0, 1, 3));
        t.send(ack(3)); // 0 came late
        assertThat(t.sender().recovery.rack.reorderingSeen()).isTrue();
        sent();
        t.advanceMillis(5);
        t.send(ack(3, 4, 9));
        assertThat(sent()).doesNotContain(3);
        t.advanceMillis(5);
        t.send(ack(9));
        t.advanceMillis(100);
        assertThat(t.host.stack.tcp.counters.fastRecoveries).isZero();
        assertThat(t.host.stack.tcp.counters.retransmitted).isLessThanOrEqualTo(1); // a probe
    }

    /** The usual first news of a loss: the ACK of what came before it was still delayed. */
    @Test
    void anAckThatTakesASegmentAndReportsAHoleIsNoReordering() {
        warm();
        t.write(10 * FULL);
        sent();
        t.advanceMillis(RTT);
        t.send(ack(1, 2, 3)); // 0 arrived, 1 is lost
        assertThat(t.sender().recovery.rack.reorderingSeen()).isFalse();
        t.send(ack(1, 4, 5, 2, 3)); // 3 too
        assertThat(sent()).isEmpty();
        t.send(ack(1, 6, 7, 4, 5, 2, 3)); // and 5
        assertThat(sent()).as("three segments are enough").containsExactly(1);
        assertThat(t.sender().sampler.lost()).as("1, 3 and 5").isEqualTo(3 * FULL);
    }

    @Test
    void takesBackARecoveryThatReorderingCaused() {
        warm();
        t.write(30 * FULL);
        sent();
        t.advanceMillis(RTT);
        long before = t.sender().congestion.cwnd();
        int old = t.lastTimestamp;
        t.advanceMillis(5);
        t.send(ack(0, 1, 6));
        assertThat(sent()).contains(0);
        assertThat(t.host.stack.tcp.counters.fastRecoveries).isEqualTo(1);
        t.advanceMillis(3);
        t.send(ack(6).ts(t.now(), old)); // the original 0 came, just late
        assertThat(t.host.stack.tcp.counters.undone).isEqualTo(1);
        assertThat(t.sender().congestion.cwnd()).isGreaterThanOrEqualTo(before);
        assertThat(t.sender().recovery.isOpen()).isTrue();
    }

    @Test
    void takesBackARecoveryThatDuplicateSacksCallNeedless() {
        warm(Seg.of("S").mss(1380).sackOk().ws(7));
        t.write(30 * 1380);
        t.drain();
        t.advanceMillis(RTT);
        long before = t.sender().congestion.cwnd();
        t.send(Seg.of("A").seq(1).ack(1).sack(1 + 1380, 1 + 6 * 1380));
        t.drain();
        t.send(Seg.of("A").seq(1).ack(1 + 6 * 1380));
        long reduced = t.sender().congestion.cwnd();
        assertThat(reduced).isLessThan(before);
        t.send(Seg.of("A").seq(1).ack(1 + 6 * 1380).sack(1, 1 + 1380));
        assertThat(t.host.stack.tcp.counters.undone).isEqualTo(1);
        assertThat(t.sender().congestion.cwnd()).isGreaterThanOrEqualTo(before);
    }

    @Test
    void growsItsPatienceByDuplicateSacks() {
        warm();
        Rack rack = t.sender().recovery.rack;
        RetransmissionQueue queue = t.sender().queue;
        t.write(30 * FULL);
        sent();
        t.advanceMillis(RTT);
        t.send(ack(0, 1, 3));
        t.send(ack(3));
        long min = t.sender().rtt.minimum();
        long srtt = t.sender().rtt.srtt();
        long narrow = rack.reorderWindow(queue, false, FULL, min, srtt);
        t.send(ack(3, 0, 1));
        long wide = rack.reorderWindow(queue, false, FULL, min, srtt);
        assertThat(wide).isGreaterThan(narrow).isLessThanOrEqualTo(srtt);
    }

    @Test
    void fallsToOneSegmentAtATimeoutAndDoublesTheDistance() {
        warm();
        t.write(10 * FULL);
        sent();
        long start = t.host.now;
        t.advanceMillis(130_000);
        List<Seg> all = t.drain();
        List<Long> times = new ArrayList<>();
        for (Seg s : all) {
            if (segment(s) == 0) {
                times.add((s.at - start) / Host.MILLI);
            }
        }
        for (int i = 2; i < times.size(); i++) {
            long ratio =
                    (times.get(i) - times.get(i - 1)) * 100 / (times.get(i - 1) - times.get(i - 2));
            assertThat(ratio).as("distance %s of %s", i, times).isBetween(199L, 201L);
        }
        assertThat(times.size()).isGreaterThan(7);
        assertThat(t.sender().congestion.cwnd()).isEqualTo(t.sender().smss);
    }

    @Test
    void goesOnAfterATimeoutAndForgetsTheBackoff() {
        warm();
        t.write(10 * FULL);
        sent();
        t.advanceMillis(1000);
        sent();
        assertThat(t.sender().rtt.backoff()).isPositive();
        t.send(ack(10));
        assertThat(t.sender().rtt.backoff()).isZero();
        assertThat(t.sender().isFlushed()).isTrue();
        t.write(5 * FULL);
        assertThat(sent()).isNotEmpty();
    }

    @Test
    void takesBackATimeoutThatADelayCaused() {
        warm();
        t.write(10 * FULL);
        sent();
        int original = t.lastTimestamp;
        long before = t.sender().congestion.cwnd();
        t.advanceMillis(400);
        assertThat(sent()).contains(0);
        assertThat(t.sender().congestion.cwnd()).isEqualTo(FULL);
        t.send(ack(10).ts(t.now(), original));
        assertThat(t.host.stack.tcp.counters.undone).isEqualTo(1);
        assertThat(t.sender().congestion.cwnd()).isGreaterThanOrEqualTo(before);
    }

    @Test
    void repeatsEverythingWhenThePeerTakesItsSacksBack() {
        warm();
        t.write(10 * FULL);
        sent();
        t.advanceMillis(RTT);
        t.send(ack(0, 1, 10));
        assertThat(sent()).contains(0);
        t.send(ack(1)); // 1..9 were SACKed, but the ACK stays there: the peer dropped them
        t.advanceMillis(2000);
        assertThat(t.host.stack.tcp.counters.reneged).isEqualTo(1);
        assertThat(sent()).contains(1);
        t.send(ack(2));
        t.send(ack(4));
        t.send(ack(8));
        t.advanceMillis(5000);
        t.send(ack(10));
        assertThat(t.sender().isFlushed()).isTrue();
    }

    @Test
    void givesUpAfterFifteenTimeoutsWithAReset() {
        warm();
        t.write(FULL);
        sent();
        t.advanceMillis(2_000_000);
        List<Seg> all = t.drain();
        assertThat(all.getLast().is("RA")).isTrue();
        assertThat(all.stream().filter(s -> s.seq == 1 && s.data.length > 0).count())
                .isBetween(15L, 16L);
        t.expectEvents("closed TIMEOUT");
        assertThat(t.app.leases).isZero();
        t.close();
    }

    @Test
    void endsAtTheUserTimeout() {
        warm();
        t.connection().userTimeout(5 * Host.SECOND);
        t.advanceMillis(60_000);
        t.expectEvents();
        t.write(FULL);
        t.advanceMillis(4_900);
        t.expectEvents();
        t.advanceMillis(200);
        t.expectEvents("closed TIMEOUT");
    }

    @Test
    void recoversByDuplicateAcksWithoutSack() {
        warm(Seg.of("S").mss(1380).ws(7));
        int full = 1380;
        t.write(10 * full);
        t.drain();
        t.advanceMillis(RTT);
        Seg same = Seg.of("A").seq(1).ack(1 + full);
        t.send(same);
        t.send(Seg.of("A").seq(1).ack(1 + full));
        t.send(Seg.of("A").seq(1).ack(1 + full));
        assertThat(t.drain()).isEmpty();
        t.send(Seg.of("A").seq(1).ack(1 + full));
        assertThat(t.drain()).singleElement().extracting(s -> s.seq).isEqualTo(1 + full);
        t.send(Seg.of("A").seq(1).ack(1 + full));
        t.send(Seg.of("A").seq(1).ack(1 + full));
        t.advanceMillis(RTT);
        t.send(Seg.of("A").seq(1).ack(1 + 4 * full)); // a partial ACK names the next loss
        assertThat(t.drain()).anyMatch(s -> s.seq == 1 + 4 * full);
        t.send(Seg.of("A").seq(1).ack(1 + 10 * full));
        assertThat(t.sender().recovery.isOpen()).isTrue();
        assertThat(t.sender().isFlushed()).isTrue();
        assertThat(t.host.stack.tcp.counters.timeouts).isZero();
    }

    @Test
    void survivesSackBlocksThatMakeNoSense() {
        warm();
        t.write(10 * FULL);
        sent();
        t.advanceMillis(RTT);
        int una = at(0);
        int[][] nonsense = {
            {una + 5000, una + 100}, {una - 5000, una - 1000}, {at(10), at(20)},
            {at(2), at(2)}, {at(0), at(40)}, {-2_000_000_000, 2_000_000_000},
        };
        for (int[] block : nonsense) {
            t.send(Seg.of("A").seq(1).ack(una).sack(block));
        }
        assertThat(t.sender().queue.sacked()).isZero();
        for (int i = una; i < at(10); i += 2) {
            t.send(Seg.of("A").seq(1).ack(una).sack(i, i + 1));
        }
        assertThat(t.sender().queue.sacked()).isZero();
        assertThat(t.sender().queue.count()).isLessThanOrEqualTo(10);
        t.send(Seg.of("A").seq(1).ack(una).sack(at(1) - 3, at(2) + 3, at(4), at(5), at(5), at(6)));
        assertThat(t.sender().queue.sacked()).isEqualTo(3 * FULL);
    }

    @Test
    void growsItsWindowOnlyWhenItWasUsed() {
        warm();
        t.advanceMillis(10);
        long before = t.sender().congestion.cwnd();
        for (int i = 0; i < 1000; i++) {
            t.write(100);
            t.drain();
            t.advanceMillis(RTT);
            t.send(Seg.of("A").seq(1).ack(1 + 100 * (i + 1)));
        }
        assertThat(t.sender().congestion.cwnd()).isEqualTo(before);
    }

    @Test
    void startsSlowlyAfterIdleTime() {
        warm();
        t.write(90 * FULL);
        while (!t.sender().isFlushed()) {
            t.advanceMillis(RTT);
            t.send(Seg.of("A").seq(1).ack((int) (t.sender().next - Seq.first(t.isn))));
        }
        assertThat(t.sender().congestion.cwnd()).isGreaterThan(40L * FULL);
        t.drain();
        t.advanceMillis(60_000);
        t.write(60 * FULL);
        assertThat(t.drain()).hasSize(10);
    }

    @Test
    void sendsSmallerSegmentsAtOnceWhenThePathSaysSo() {
        warm();
        t.write(5 * FULL);
        sent();
        long before = t.sender().congestion.cwnd();
        t.tooBig(1, 1000);
        List<Seg> again = t.drain();
        assertThat(again).isNotEmpty().allMatch(s -> s.data.length <= 1000 - 52);
        assertThat(again.getFirst().seq).isEqualTo(1);
        assertThat(t.sender().congestion.cwnd()).isEqualTo(before);
        int expected = 1;
        for (Seg s : again) {
            s.hasSeq(expected);
            expected = s.end();
        }
        t.send(Seg.of("A").seq(1).ack(at(5)));
        t.advanceMillis(11 * 60_000);
        t.write(2000);
        t.expect("A").hasLength(FULL);
    }

    @Test
    void shrinksItsSegmentsWhenLargeOnesVanish() {
        warm();
        t.write(10 * FULL);
        sent();
        long start = t.host.now;
        int ack = 1;
        for (int i = 0; i < 1000 && !t.sender().isFlushed(); i++) {
            t.advanceMillis(10);
            for (Seg s : t.drain()) {
                if (s.data.length <= 1100 && s.seq == ack) {
                    ack = s.end();
                    t.send(Seg.of("A").seq(1).ack(ack));
                }
            }
        }
        assertThat(t.sender().isFlushed()).isTrue();
        assertThat((t.host.now - start) / Host.SECOND).isLessThan(10);
        assertThat(t.host.stack.tcp.counters.blackHoles).isEqualTo(1);
    }
}
