package io.culvert.netstack;

import java.util.Arrays;

/**
 * Records of transmissions in primitive arrays, named by slots: which bytes, when they were sent,
 * and what the connection's counters were then (bbr.md 1.1), with the links of {@link
 * RetransmissionQueue}.
 */
class TransmissionRecords {
    static final int NONE = -1;

    static final int SACKED = 1;
    static final int LOST = 2;
    static final int RETRANSMITTED = 4;
    static final int FIN = 8;
    static final int APP_LIMITED = 16;

    private static final int STRIDE = 9;
    private static final int START = 0;
    private static final int SENT_AT = 1;
    private static final int TRANSMISSION = 2;
    private static final int DELIVERED = 3;
    private static final int DELIVERED_AT = 4;
    private static final int FIRST_SENT_AT = 5;
    private static final int LOST_BEFORE = 6;

    /** Length in the low half, bytes in flight at the transmission in the high half. */
    private static final int LENGTHS = 7;

    private static final int FIRST_TRANSMISSION = 8;

    private static final int LINKS = 3;
    private static final int PREVIOUS = 0;
    private static final int NEXT = 1;
    private static final int FLAGS = 2;

    private static final long[] NO_LONGS = new long[0];
    private static final int[] NO_INTS = new int[0];

    private long[] record = NO_LONGS;
    private int[] link = NO_INTS;
    private int free = NONE;

    long start(int slot) {
        return record[slot * STRIDE + START];
    }

    int length(int slot) {
        return (int) record[slot * STRIDE + LENGTHS];
    }

    long end(int slot) {
        return start(slot) + length(slot);
    }

    /** Time of its last transmission. */
    long sentAt(int slot) {
        return record[slot * STRIDE + SENT_AT];
    }

    /**
     * Bytes that the connection had sent up to the end of its last transmission, repetitions
     * included: orders transmissions of equal time.
     */
    long transmission(int slot) {
        return record[slot * STRIDE + TRANSMISSION];
    }

    /** The same of what {@link #firstSentTimeAtSend} is the time of. */
    long firstTransmissionAtSend(int slot) {
        return record[slot * STRIDE + FIRST_TRANSMISSION];
    }

    long deliveredAtSend(int slot) {
        return record[slot * STRIDE + DELIVERED];
    }

    long deliveredTimeAtSend(int slot) {
        return record[slot * STRIDE + DELIVERED_AT];
    }

    long firstSentTimeAtSend(int slot) {
        return record[slot * STRIDE + FIRST_SENT_AT];
    }

    long lostAtSend(int slot) {
        return record[slot * STRIDE + LOST_BEFORE];
    }

    /** In flight when it was sent, itself included. */
    long inflightAtSend(int slot) {
        return record[slot * STRIDE + LENGTHS] >>> 32;
    }

    boolean has(int slot, int flag) {
        return (link[slot * LINKS + FLAGS] & flag) != 0;
    }

    final void flag(int slot, int set, int cleared) {
        int i = slot * LINKS + FLAGS;
        link[i] = (link[i] & ~cleared) | set;
    }

    /** Next in the list the slot is in. */
    final int next(int slot) {
        return link[slot * LINKS + NEXT];
    }

    final int previous(int slot) {
        return link[slot * LINKS + PREVIOUS];
    }

    final void next(int slot, int next) {
        link[slot * LINKS + NEXT] = next;
    }

    final void previous(int slot, int previous) {
        link[slot * LINKS + PREVIOUS] = previous;
    }

    /** Notes the state of the connection at a transmission. */
    final void stamp(
            int slot,
            long sentAt,
            long transmission,
            long delivered,
            long deliveredAt,
            long firstSentAt,
            long firstTransmission,
            long lostBefore,
            long inflight,
            boolean appLimited) {
        int i = slot * STRIDE;
        record[i + SENT_AT] = sentAt;
        record[i + TRANSMISSION] = transmission;
        record[i + DELIVERED] = delivered;
        record[i + DELIVERED_AT] = deliveredAt;
        record[i + FIRST_SENT_AT] = firstSentAt;
        record[i + FIRST_TRANSMISSION] = firstTransmission;
        record[i + LOST_BEFORE] = lostBefore;
        record[i + LENGTHS] = inflight << 32 | length(slot);
        flag(slot, appLimited ? APP_LIMITED : 0, APP_LIMITED);
    }

    final void set(int slot, long start, int length, int flags) {
        record[slot * STRIDE + START] = start;
        record[slot * STRIDE + LENGTHS] = length;
        link[slot * LINKS + FLAGS] = flags;
    }

    /** Cuts bytes off the front. */
    final void cutFront(int slot, int bytes) {
        record[slot * STRIDE + START] += bytes;
        record[slot * STRIDE + LENGTHS] -= bytes;
    }

    final void cutBack(int slot, int bytes) {
        record[slot * STRIDE + LENGTHS] -= bytes;
    }

    /** Another slot with the same history. */
    final int copy(int slot) {
        int twin = allocate();
        System.arraycopy(record, slot * STRIDE, record, twin * STRIDE, STRIDE);
        link[twin * LINKS + FLAGS] = link[slot * LINKS + FLAGS];
        return twin;
    }

    final boolean isFull() {
        return free == NONE;
    }

    final int allocate() {
        int slot = free;
        free = next(slot);
        return slot;
    }

    final void free(int slot) {
        next(slot, free);
        free = slot;
    }

    final void grow(int from, int capacity) {
        record = Arrays.copyOf(record, capacity * STRIDE);
        link = Arrays.copyOf(link, capacity * LINKS);
        for (int slot = capacity - 1; slot >= from; slot--) {
            free(slot);
        }
    }

    final void dropAll() {
        record = NO_LONGS;
        link = NO_INTS;
        free = NONE;
    }
}
