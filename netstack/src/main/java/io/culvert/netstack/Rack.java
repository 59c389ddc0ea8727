package io.culvert.netstack;

/**
 * RACK loss detection (RFC 8985, 6): a packet is lost when one sent sufficiently later was
 * delivered. Transmissions are ordered by time and, where times are equal, by their number. Costs
 * what it newly marks, as the flight is kept in order of transmission.
 */
final class Rack {
    private static final int DUPLICATE_THRESHOLD = 3;
    private static final int REORDER_MULTIPLIER_LIMIT = 255;
    private static final int REORDER_PERSIST_RECOVERIES = 16;

    private long transmission;
    private long sentAt;
    private long rtt;
    private long highestDelivered;

    /** The same, when the present ACK had said nothing yet. */
    private long highestBefore;

    private boolean reorderingSeen;
    private int multiplier = 1;
    private int persist = REORDER_PERSIST_RECOVERIES;
    private long dsackRoundEnd = Long.MIN_VALUE;
    private boolean dsackInRound;

    /** An ACK begins to be taken; within it there is no order of arrival. */
    void ackArrives() {
        highestBefore = highestDelivered;
    }

    /**
     * A record was delivered for the first time.
     *
     * @param echoProvesOriginal a retransmitted record, and the timestamp echoed is older than its
     *     last transmission: the ACK is for an earlier copy
     */
    void onDelivered(
            RetransmissionQueue queue,
            int slot,
            boolean echoProvesOriginal,
            long minRtt,
            long now) {
        long end = queue.end(slot);
        boolean retransmitted = queue.has(slot, RetransmissionQueue.RETRANSMITTED);
        reorderingSeen |= end <= highestBefore && !retransmitted;
        highestDelivered = Math.max(highestDelivered, end);
        long sample = now - queue.sentAt(slot);
        if (retransmitted && (echoProvesOriginal || sample < minRtt)) {
            return;
        }
        if (queue.transmission(slot) > transmission) {
            transmission = queue.transmission(slot);
            sentAt = queue.sentAt(slot);
            rtt = sample;
        }
    }

    /** A duplicate SACK says that a retransmission was not needed (RFC 8985, 6.2 step 4). */
    void onDuplicate(long una, long next) {
        if (una >= dsackRoundEnd) {
            dsackRoundEnd = next;
            dsackInRound = true;
        }
    }

    void onRecoveryEnd() {
        if (persist > 0 && --persist == 0) {
            multiplier = 1;
        }
    }

    long reorderWindow(
            RetransmissionQueue queue, boolean recovering, int smss, long minRtt, long srtt) {
        if (dsackInRound) {
            dsackInRound = false;
            multiplier = Math.min(multiplier + 1, REORDER_MULTIPLIER_LIMIT);
            persist = REORDER_PERSIST_RECOVERIES;
        }
        if (!reorderingSeen
                && (recovering || queue.sacked() >= (long) DUPLICATE_THRESHOLD * smss)) {
            return 0;
        }
        long base = minRtt == Long.MAX_VALUE ? 0 : minRtt / 4;
        return Math.min(multiplier * base, Math.max(srtt, 0));
    }

    /** Oldest record in flight that must have arrived before the newest delivered one, or NONE. */
    private boolean sentBefore(RetransmissionQueue queue, int slot) {
        return queue.transmission(slot) < transmission;
    }

    /**
     * The next lost record in flight, or NONE.
     *
     * @param window see {@link #reorderWindow}
     */
    int nextLost(RetransmissionQueue queue, long window, long now) {
        int slot = queue.oldestInFlight();
        if (slot == RetransmissionQueue.NONE || !sentBefore(queue, slot)) {
            return RetransmissionQueue.NONE;
        }
        return queue.sentAt(slot) + rtt + window <= now ? slot : RetransmissionQueue.NONE;
    }

    /** When the oldest record in flight becomes lost; Long.MAX_VALUE if nothing says it will. */
    long lossDeadline(RetransmissionQueue queue, long window) {
        int slot = queue.oldestInFlight();
        if (slot == RetransmissionQueue.NONE || !sentBefore(queue, slot)) {
            return Long.MAX_VALUE;
        }
        return queue.sentAt(slot) + rtt + window;
    }

    /** Send time before which everything still in flight has timed out at a time-out (6.3). */
    boolean timedOut(RetransmissionQueue queue, int slot, long window, long now) {
        return queue.sentAt(slot) + rtt + window <= now;
    }

    long rtt() {
        return rtt;
    }

    long sentAt() {
        return sentAt;
    }

    boolean reorderingSeen() {
        return reorderingSeen;
    }
}
