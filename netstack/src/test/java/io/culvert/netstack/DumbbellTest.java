package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The test bed itself: it must do to packets what it says. */
class DumbbellTest {
    private static final long SECOND = Dumbbell.SECOND;
    private static final long MILLI = Dumbbell.MILLI;

    private static BulkApp bulk(DumbbellPath path) {
        return path.connect(BulkApp.unlimited());
    }

    @Test
    void keepsEventsInOrderOfTimeAndThenOfTheirMaking() {
        EventHeap heap = new EventHeap();
        SplittableRandom random = new SplittableRandom(1);
        List<long[]> expected = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            long time = random.nextLong(100);
            heap.add(time, i);
            expected.add(new long[] {time, i});
            if (random.nextInt(3) == 0) {
                expected.sort(Comparator.comparingLong(e -> e[0]));
                assertThat(heap.firstTime()).isEqualTo(expected.getFirst()[0]);
                assertThat(heap.take()).isEqualTo(expected.removeFirst()[1]);
            }
        }
        expected.sort(Comparator.comparingLong(e -> e[0]));
        for (long[] event : expected) {
            assertThat(heap.take()).isEqualTo(event[1]);
        }
        assertThat(heap.size()).isZero();
        assertThat(heap.firstTime()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void letsThroughWhatTheRateAllows() {
        Dumbbell net = Dumbbell.of(1, 10, 20, 1);
        bulk(net.cubic(20));
        net.runSeconds(2);
        Interval interval = net.interval();
        net.runSeconds(10);
        assertThat(interval.utilisation()).isBetween(97.0, 100.0);
        assertThat(interval.goodput()).isCloseTo(10 * 1368 / 1484.0, within(0.3));
        net.bottleneck.rate(5_000_000);
        net.runSeconds(1);
        interval = net.interval();
        net.runSeconds(10);
        assertThat(interval.goodput()).isCloseTo(5 * 1368 / 1484.0, within(0.2));
    }

    @Test
    void delaysByPropagationQueueAndTransmission() {
        Dumbbell net = Dumbbell.of(1, 10, 20, 1);
        BulkApp app = bulk(net.cubic(20));
        net.runSeconds(1);
        // SYN: 60 bytes, 124 on the wire
        assertThat(app.sender().rtt.minimum()).isCloseTo(20 * MILLI, within(2 * MILLI));
        assertThat(net.bottleneck.largestQueue()).isBetween(20_000L, 25_000L);
        Interval interval = net.interval();
        net.runSeconds(5);
        assertThat(interval.queueOf95()).isBetween(10.0, 20.1);
        assertThat(interval.meanQueue()).isBetween(5.0, 20.0);
    }

    @Test
    void losesTheSharesItShould() {
        SplittableRandom random = new SplittableRandom(3);
        PacketSlots slots = new PacketSlots();
        int slot = slots.take();
        for (PacketLoss loss :
                List.of(
                        PacketLoss.random(0.02, 1),
                        PacketLoss.runs(3, 0.02, 2),
                        PacketLoss.runs(10, 0.02, 3))) {
            int lost = 0;
            for (int i = 0; i < 1_000_000; i++) {
                slots.memory(slot)
                        .set(
                                ValueLayout.JAVA_INT_UNALIGNED,
                                slots.offset(slot) + 24,
                                random.nextInt());
                if (loss.loses(slots.memory(slot), slots.offset(slot), 1420)) {
                    lost++;
                }
            }
            assertThat(lost / 1e6).isCloseTo(loss.share, within(0.0015));
        }
    }

    @Test
    void losesTheFirstRepetitionToo() {
        Dumbbell net = Dumbbell.of(1, 10, 20, 4);
        DumbbellPath path = net.cubic(20);
        path.forwardLoss = PacketLoss.twice(0.01, 5);
        bulk(path);
        net.runSeconds(20);
        long sent = path.counters().segmentsSent - path.counters().retransmitted;
        assertThat((double) path.counters().retransmitted / sent).isBetween(0.017, 0.026);
    }

    @Test
    void polices() {
        Dumbbell net = Dumbbell.of(1, 100, 20, 4);
        net.bottleneck.police(10_000_000, 20_000, net.now);
        bulk(net.cubic(20));
        net.runSeconds(5);
        Interval interval = net.interval();
        net.runSeconds(20);
        assertThat(interval.utilisation(10)).isBetween(60.0, 100.0);
        assertThat(interval.dropped()).isPositive();
        assertThat(interval.meanQueue()).isLessThan(2);
    }

    @Test
    void holdsPacketsBackWithoutLosingThem() {
        Dumbbell net = Dumbbell.of(1, 10, 20, 1000);
        DumbbellPath path = net.cubic(20);
        path.holdBack(10, 100 * MILLI);
        bulk(path);
        net.runSeconds(10);
        assertThat(path.receiver.stack.counters.tcp.outOfOrder).isBetween(800L, 1000L);
        assertThat(net.bottleneck.dropped()).isZero();
    }

    @Test
    void jitterOvertakesOnlyWhereItMay() {
        for (boolean reorders : new boolean[] {false, true}) {
            Dumbbell net = Dumbbell.of(1, 10, 20, 1000);
            DumbbellPath path = net.cubic(20);
            path.jitter = 10 * MILLI;
            path.jitterReorders = reorders;
            bulk(path);
            net.runSeconds(1);
            assertThat(path.receiver.stack.counters.tcp.outOfOrder > 0).isEqualTo(reorders);
        }
    }

    @Test
    void releasesAcksInSlots() {
        Dumbbell net = Dumbbell.of(1, 10, 20, 4);
        DumbbellPath path = net.cubic(20);
        path.slot = 10 * MILLI;
        bulk(path);
        net.inspector =
                () -> {
                    long una = path.sender.stack.counters.tcp.segmentsReceived;
                    if (una != lastSeen) {
                        assertThat(net.now % (10 * MILLI)).isZero();
                        lastSeen = una;
                    }
                };
        net.runSeconds(2);
        assertThat(lastSeen).isGreaterThan(100);
    }

    private long lastSeen;

    @Test
    void servesTimersOnlyAtTicks() {
        Dumbbell net = Dumbbell.of(1, 100, 20, 4);
        DumbbellPath path = net.cubic(20);
        path.sender.tick = 7 * MILLI;
        path.sender.pullsOnArrival = false;
        bulk(path);
        net.runSeconds(0.5);
        path.sender.tap = (now, length) -> assertThat(now % (7 * MILLI)).isZero();
        long before = path.sender.sent;
        net.runSeconds(1);
        assertThat(path.sender.sent - before).isGreaterThan(1000);
    }

    @Test
    void stalls() {
        Dumbbell net = Dumbbell.of(1, 100, 20, 4);
        DumbbellPath path = net.cubic(20);
        bulk(path);
        net.runSeconds(0.5);
        path.sender.stall(50 * MILLI);
        long resumes = net.now + 50 * MILLI;
        path.sender.tap = (now, length) -> assertThat(now).isGreaterThanOrEqualTo(resumes);
        net.runSeconds(0.2);
        long silent = path.receiver.stack.counters.tcp.segmentsReceived;
        net.bottleneck.pauseUntil(net.now + SECOND);
        net.runSeconds(0.9);
        assertThat(path.receiver.stack.counters.tcp.segmentsReceived - silent).isLessThan(200);
        net.runSeconds(0.5);
        assertThat(path.receiver.stack.counters.tcp.segmentsReceived - silent).isGreaterThan(500);
    }

    @Test
    void batchesWhatTheReceiverSees() {
        Dumbbell net = Dumbbell.of(1, 100, 20, 4);
        DumbbellPath path = net.cubic(20);
        path.receiver.batch = 5 * MILLI;
        bulk(path);
        net.runSeconds(1);
        long acks = path.receiver.sent;
        long data = path.sender.sent;
        net.runSeconds(2);
        assertThat(path.receiver.sent - acks).isBetween(350L, 450L);
        assertThat(path.sender.sent - data).isGreaterThan(14_000);
    }

    @Test
    void countsPerPath() {
        Dumbbell net = Dumbbell.of(1, 20, 20, 2);
        bulk(net.cubic(20));
        bulk(net.cubic(40));
        net.runSeconds(5);
        Interval interval = net.interval();
        net.runSeconds(10);
        assertThat(interval.share(0) + interval.share(1)).isCloseTo(100, within(0.001));
        assertThat(interval.goodput(0) + interval.goodput(1))
                .isCloseTo(interval.goodput(), within(0.001));
        assertThat(interval.seconds()).isEqualTo(10);
        assertThat(net.packets.inUse()).isLessThan(2000);
    }

    @Test
    void repeatsItself() {
        assertThat(trace(1)).isEqualTo(trace(1)).isNotEqualTo(trace(2));
    }

    private static long trace(long seed) {
        Dumbbell net = Dumbbell.of(seed, 50, 20, 1);
        DumbbellPath path = net.cubic(20);
        path.forwardLoss = PacketLoss.random(0.01, seed);
        bulk(path);
        net.runSeconds(3);
        return path.sender.trace;
    }
}
