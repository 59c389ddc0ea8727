package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** RACK on a flight of ten segments, sent a millisecond apart (RFC 8985, 6.2). */
class RackTest {
    private static final int MSS = 1000;
    private static final long MILLI = 1_000_000;
    private static final long RTT = 40 * MILLI;
    private static final long NO_MINIMUM = Long.MAX_VALUE;

    private final RetransmissionQueue queue = new RetransmissionQueue();
    private final Rack rack = new Rack();
    private final int[] slots = new int[10];
    private long transmissions;

    RackTest() {
        for (int i = 0; i < slots.length; i++) {
            slots[i] = queue.append(1 + (long) i * MSS, MSS, false);
            stamp(i, i * MILLI);
        }
    }

    private void stamp(int i, long now) {
        queue.stamp(slots[i], now, ++transmissions, 0, 0, 0, 0, 0, queue.inflight(), false);
    }

    /** The i-th segment is acknowledged selectively, a round trip after it was sent. */
    private void deliver(int i) {
        deliver(i, queue.sentAt(slots[i]) + RTT);
    }

    private void deliver(int i, long now) {
        rack.ackArrives();
        deliverBySameAck(i, now);
    }

    private void deliverBySameAck(int i, long now) {
        rack.onDelivered(queue, slots[i], false, RTT, now);
        queue.markSacked(slots[i]);
    }

    private void retransmit(int i, long now) {
        queue.markLost(slots[i]);
        queue.sentAgain(slots[i]);
        stamp(i, now);
    }

    private long window(boolean recovering) {
        return rack.reorderWindow(queue, recovering, MSS, RTT, RTT);
    }

    private void reorder() {
        deliver(5);
        deliver(3);
        assertThat(rack.reorderingSeen()).isTrue();
    }

    @Test
    void nothingIsLostBeforeAnythingWasDelivered() {
        assertThat(rack.nextLost(queue, 0, 3600_000 * MILLI)).isEqualTo(RetransmissionQueue.NONE);
        assertThat(rack.lossDeadline(queue, 0)).isEqualTo(Long.MAX_VALUE);
        for (int slot : slots) {
            queue.markSacked(slot);
        }
        assertThat(rack.lossDeadline(queue, 0)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void whatWasSentEarlierIsLostARoundTripAndTheWindowAfterIt() {
        deliver(1);
        long window = 10 * MILLI;
        assertThat(rack.rtt()).isEqualTo(RTT);
        assertThat(rack.sentAt()).isEqualTo(MILLI);
        assertThat(rack.lossDeadline(queue, window)).isEqualTo(RTT + window);
        assertThat(rack.nextLost(queue, window, RTT + window - 1))
                .isEqualTo(RetransmissionQueue.NONE);
        assertThat(rack.nextLost(queue, window, RTT + window)).isEqualTo(slots[0]);
        assertThat(rack.timedOut(queue, slots[2], window, 2 * MILLI + RTT + window - 1)).isFalse();
        assertThat(rack.timedOut(queue, slots[2], window, 2 * MILLI + RTT + window)).isTrue();
    }

    @Test
    void whatWasSentLaterIsNotLost() {
        deliver(0);
        assertThat(rack.nextLost(queue, 0, 3600_000 * MILLI)).isEqualTo(RetransmissionQueue.NONE);
        assertThat(rack.lossDeadline(queue, 0)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void ofEqualTimesTheNumberDecides() {
        stamp(0, 0);
        stamp(1, 0);
        deliver(1);
        assertThat(rack.nextLost(queue, 0, RTT)).isEqualTo(slots[0]);
    }

    @Test
    void anEarlierDeliveryDoesNotSetItBack() {
        deliver(7);
        deliver(2, 100 * MILLI);
        assertThat(rack.sentAt()).isEqualTo(7 * MILLI);
        assertThat(rack.rtt()).isEqualTo(RTT);
    }

    @Test
    void aRetransmissionAnsweredTooSoonWasNotTheOneAnswered() {
        retransmit(0, 50 * MILLI);
        rack.onDelivered(queue, slots[0], false, RTT, 50 * MILLI + RTT - 1);
        assertThat(rack.rtt()).isZero();
        rack.onDelivered(queue, slots[0], true, RTT, 50 * MILLI + RTT);
        assertThat(rack.rtt()).as("the echo is older").isZero();
        rack.onDelivered(queue, slots[0], false, RTT, 50 * MILLI + RTT);
        assertThat(rack.rtt()).isEqualTo(RTT);
        assertThat(rack.sentAt()).isEqualTo(50 * MILLI);
    }

    @Test
    void reorderingIsAnOriginalThatArrivesBelowTheHighest() {
        deliver(3);
        deliver(4);
        assertThat(rack.reorderingSeen()).isFalse();
        retransmit(0, 50 * MILLI);
        deliver(0);
        assertThat(rack.reorderingSeen()).as("a retransmission arrives late anyway").isFalse();
        deliver(1);
        assertThat(rack.reorderingSeen()).isTrue();
    }

    @Test
    void waitsAQuarterOfTheLeastRoundTrip() {
        assertThat(window(false)).isEqualTo(RTT / 4);
        assertThat(rack.reorderWindow(queue, false, MSS, NO_MINIMUM, RTT)).isZero();
        assertThat(rack.reorderWindow(queue, false, MSS, RTT, RTT / 8)).isEqualTo(RTT / 8);
        assertThat(rack.reorderWindow(queue, false, MSS, RTT, -1)).isZero();
    }

    @Test
    void doesNotWaitInRecoveryOrAfterThreeSegmentsUntilReorderingIsSeen() {
        assertThat(window(true)).isZero();
        deliver(5);
        deliver(6);
        assertThat(window(false)).isEqualTo(RTT / 4);
        deliver(7);
        assertThat(window(false)).isZero();
        deliver(3);
        assertThat(window(false)).isEqualTo(RTT / 4);
        assertThat(window(true)).isEqualTo(RTT / 4);
    }

    @Test
    void growsWithEachRoundThatHadANeedlessRetransmission() {
        reorder();
        long srtt = 100 * RTT;
        rack.onDuplicate(1, 5_001);
        rack.onDuplicate(5_000, 9_001); // the same round
        assertThat(rack.reorderWindow(queue, true, MSS, RTT, srtt)).isEqualTo(2 * RTT / 4);
        assertThat(rack.reorderWindow(queue, true, MSS, RTT, srtt)).isEqualTo(2 * RTT / 4);
        rack.onDuplicate(5_000, 9_001);
        assertThat(rack.reorderWindow(queue, true, MSS, RTT, srtt)).isEqualTo(2 * RTT / 4);
        rack.onDuplicate(5_001, 9_001);
        assertThat(rack.reorderWindow(queue, true, MSS, RTT, srtt)).isEqualTo(3 * RTT / 4);
    }

    @Test
    void growsTo255TimesAndNeverBeyondTheSmoothedRoundTrip() {
        reorder();
        for (int round = 0; round < 300; round++) {
            rack.onDuplicate(1 + round, 2 + round);
            window(true);
        }
        assertThat(rack.reorderWindow(queue, true, MSS, RTT, 1000 * RTT)).isEqualTo(255 * RTT / 4);
        assertThat(window(true)).isEqualTo(RTT);
    }

    @Test
    void shrinksAfterSixteenRecoveriesWithoutOne() {
        reorder();
        for (int round = 0; round < 2; round++) {
            rack.onDuplicate(1 + round, 2 + round);
            assertThat(rack.reorderWindow(queue, true, MSS, RTT, RTT)).isEqualTo(2 * RTT / 4);
            for (int i = 0; i < 15; i++) {
                rack.onRecoveryEnd();
            }
            assertThat(window(true)).isEqualTo(2 * RTT / 4);
            rack.onRecoveryEnd();
            assertThat(window(true)).isEqualTo(RTT / 4);
            rack.onRecoveryEnd();
        }
    }

    /** An ACK's blocks come newest first, and what it acknowledges by number is taken last. */
    @Test
    void theOrderWithinOneAckIsNoReordering() {
        rack.ackArrives();
        deliverBySameAck(4, RTT);
        deliverBySameAck(2, RTT);
        deliverBySameAck(0, RTT);
        assertThat(rack.reorderingSeen()).isFalse();
        deliver(5);
        assertThat(rack.reorderingSeen()).isFalse();
        deliver(3);
        assertThat(rack.reorderingSeen()).isTrue();
    }
}
