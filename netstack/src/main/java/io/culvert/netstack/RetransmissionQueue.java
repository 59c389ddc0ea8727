package io.culvert.netstack;

import java.util.Arrays;

/**
 * What was sent and not yet cumulatively acknowledged: one record per segment, in primitive arrays.
 * Records are in sequence order (found by binary search) and, beside that, in one of two lists:
 * those in flight in order of transmission, which makes RACK cost what it newly marks, and those
 * marked lost in sequence order. A record that was selectively acknowledged is in neither.
 *
 * <p>A record is named by its slot, which stays the same for its life.
 */
final class RetransmissionQueue {
    static final int NONE = -1;

    static final int SACKED = 1;
    static final int LOST = 2;
    static final int RETRANSMITTED = 4;
    static final int FIN = 8;
    static final int APP_LIMITED = 16;

    private static final int STRIDE = 8;
    private static final int START = 0;
    private static final int SENT_AT = 1;
    private static final int TRANSMISSION = 2;
    private static final int DELIVERED = 3;
    private static final int DELIVERED_AT = 4;
    private static final int FIRST_SENT_AT = 5;
    private static final int LOST_BEFORE = 6;
    private static final int LENGTHS = 7;

    private static final int LINKS = 3;
    private static final int PREVIOUS = 0;
    private static final int NEXT = 1;
    private static final int FLAGS = 2;

    private static final int FIRST_CAPACITY = 4;
    private static final int KEPT_CAPACITY = 64;
    private static final long[] NO_LONGS = new long[0];
    private static final int[] NO_INTS = new int[0];

    private long[] record = NO_LONGS;
    private int[] link = NO_INTS;
    private int[] order = NO_INTS;
    private int first;
    private int count;
    private int free = NONE;

    private int flightHead = NONE;
    private int flightTail = NONE;
    private int lostHead = NONE;
    private int lostTail = NONE;
    private long inflight;
    private long lost;
    private long sacked;

    int count() {
        return count;
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** Bytes of records that are neither selectively acknowledged nor marked lost. */
    long inflight() {
        return inflight;
    }

    /** Bytes marked lost and not sent again. */
    long lost() {
        return lost;
    }

    long sacked() {
        return sacked;
    }

    /** Slot of the {@code index}-th record in sequence order. */
    int at(int index) {
        return order[(first + index) & (order.length - 1)];
    }

    /** Slot in flight that was sent first, or {@link #NONE}. */
    int oldestInFlight() {
        return flightHead;
    }

    int newestInFlight() {
        return flightTail;
    }

    /** Next in the list the slot is in. */
    int next(int slot) {
        return link[slot * LINKS + NEXT];
    }

    /** Slot marked lost with the lowest sequence, or {@link #NONE}. */
    int firstLost() {
        return lostHead;
    }

    long start(int slot) {
        return record[slot * STRIDE + START];
    }

    int length(int slot) {
        return (int) record[slot * STRIDE + LENGTHS];
    }

    long end(int slot) {
        return start(slot) + length(slot);
    }

    long sentAt(int slot) {
        return record[slot * STRIDE + SENT_AT];
    }

    /** Number of its last transmission: orders transmissions of equal time. */
    long transmission(int slot) {
        return record[slot * STRIDE + TRANSMISSION];
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

    private void flag(int slot, int set, int cleared) {
        int i = slot * LINKS + FLAGS;
        link[i] = (link[i] & ~cleared) | set;
    }

    /** Appends a record for bytes just sent for the first time. */
    int append(long start, int length, boolean fin) {
        int slot = allocate();
        order[(first + count) & (order.length - 1)] = slot;
        count++;
        record[slot * STRIDE + START] = start;
        record[slot * STRIDE + LENGTHS] = length;
        link[slot * LINKS + FLAGS] = fin ? FIN : 0;
        enterFlight(slot);
        return slot;
    }

    /** Moves a lost record, or the one a tail loss probe repeats, to the end of the flight. */
    void sentAgain(int slot) {
        if (has(slot, LOST)) {
            leaveLost(slot);
        } else if (!has(slot, SACKED)) {
            leaveFlight(slot);
        } else {
            throw new IllegalStateException("retransmission of an acknowledged record");
        }
        flag(slot, RETRANSMITTED, LOST | APP_LIMITED);
        enterFlight(slot);
    }

    /** Notes the state of the connection at the transmission of a record (bbr.md 1.1). */
    void stamp(
            int slot,
            long sentAt,
            long transmission,
            long delivered,
            long deliveredAt,
            long firstSentAt,
            long lostBefore,
            boolean appLimited) {
        int i = slot * STRIDE;
        record[i + SENT_AT] = sentAt;
        record[i + TRANSMISSION] = transmission;
        record[i + DELIVERED] = delivered;
        record[i + DELIVERED_AT] = deliveredAt;
        record[i + FIRST_SENT_AT] = firstSentAt;
        record[i + LOST_BEFORE] = lostBefore;
        record[i + LENGTHS] = inflight << 32 | length(slot);
        if (appLimited) {
            flag(slot, APP_LIMITED, 0);
        }
    }

    void markLost(int slot) {
        leaveFlight(slot);
        flag(slot, LOST, 0);
        enterLost(slot);
    }

    void markSacked(int slot) {
        if (has(slot, LOST)) {
            leaveLost(slot);
        } else {
            leaveFlight(slot);
        }
        flag(slot, SACKED, LOST);
        sacked += length(slot);
    }

    /** The peer took back its selective acknowledgement (RFC 2018, 8). */
    void markReneged(int slot) {
        sacked -= length(slot);
        flag(slot, LOST, SACKED);
        enterLost(slot);
    }

    /** A record marked lost was not lost: back to its place in the order of transmission. */
    void returnToFlight(int slot) {
        leaveLost(slot);
        flag(slot, 0, LOST);
        int before = flightHead;
        while (before != NONE && transmission(before) < transmission(slot)) {
            before = link[before * LINKS + NEXT];
        }
        insertFlight(slot, before == NONE ? flightTail : link[before * LINKS + PREVIOUS], before);
    }

    /** Removes the record with the lowest sequence, which was acknowledged. */
    void removeFirst() {
        int slot = at(0);
        if (has(slot, LOST)) {
            leaveLost(slot);
        } else if (has(slot, SACKED)) {
            sacked -= length(slot);
        } else {
            leaveFlight(slot);
        }
        first = (first + 1) & (order.length - 1);
        count--;
        link[slot * LINKS + NEXT] = free;
        free = slot;
    }

    /** Cuts what lies below {@code position} off the first record. */
    void trimFirst(long position) {
        int slot = at(0);
        int cut = (int) (position - start(slot));
        if (has(slot, LOST)) {
            lost -= cut;
        } else if (has(slot, SACKED)) {
            sacked -= cut;
        } else {
            inflight -= cut;
        }
        record[slot * STRIDE + START] = position;
        shorten(slot, cut);
    }

    private void shorten(int slot, int by) {
        record[slot * STRIDE + LENGTHS] -= by;
    }

    /**
     * Splits a lost record after {@code length} bytes, for a path that no longer takes it whole.
     * The slot keeps the first part; the rest gets a slot of its own, with the same history.
     */
    void splitLost(int slot, int length) {
        int rest = allocate();
        int index = indexOf(start(slot));
        for (int i = count; i > index + 1; i--) {
            order[(first + i) & (order.length - 1)] = at(i - 1);
        }
        order[(first + index + 1) & (order.length - 1)] = rest;
        count++;
        System.arraycopy(record, slot * STRIDE, record, rest * STRIDE, STRIDE);
        int restLength = length(slot) - length;
        record[rest * STRIDE + START] = start(slot) + length;
        record[rest * STRIDE + LENGTHS] = inflightAtSend(slot) << 32 | restLength;
        link[rest * LINKS + FLAGS] = link[slot * LINKS + FLAGS];
        flag(slot, 0, FIN);
        shorten(slot, restLength);
        lost -= restLength;
        enterLost(rest);
    }

    /** Index of the first record that ends behind {@code position}; {@link #count()} if none. */
    int indexOf(long position) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (end(at(middle)) > position) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    private void enterFlight(int slot) {
        insertFlight(slot, flightTail, NONE);
    }

    private void insertFlight(int slot, int previous, int next) {
        link[slot * LINKS + PREVIOUS] = previous;
        link[slot * LINKS + NEXT] = next;
        if (previous == NONE) {
            flightHead = slot;
        } else {
            link[previous * LINKS + NEXT] = slot;
        }
        if (next == NONE) {
            flightTail = slot;
        } else {
            link[next * LINKS + PREVIOUS] = slot;
        }
        inflight += length(slot);
    }

    private void leaveFlight(int slot) {
        int previous = link[slot * LINKS + PREVIOUS];
        int next = link[slot * LINKS + NEXT];
        if (previous == NONE) {
            flightHead = next;
        } else {
            link[previous * LINKS + NEXT] = next;
        }
        if (next == NONE) {
            flightTail = previous;
        } else {
            link[next * LINKS + PREVIOUS] = previous;
        }
        inflight -= length(slot);
    }

    private void enterLost(int slot) {
        long position = start(slot);
        int after = lostTail;
        if (lostHead != NONE && position < start(lostHead)) {
            after = NONE;
        } else {
            while (after != NONE && start(after) > position) {
                after = link[after * LINKS + PREVIOUS];
            }
        }
        int before = after == NONE ? lostHead : link[after * LINKS + NEXT];
        link[slot * LINKS + PREVIOUS] = after;
        link[slot * LINKS + NEXT] = before;
        if (after == NONE) {
            lostHead = slot;
        } else {
            link[after * LINKS + NEXT] = slot;
        }
        if (before == NONE) {
            lostTail = slot;
        } else {
            link[before * LINKS + PREVIOUS] = slot;
        }
        lost += length(slot);
    }

    private void leaveLost(int slot) {
        int previous = link[slot * LINKS + PREVIOUS];
        int next = link[slot * LINKS + NEXT];
        if (previous == NONE) {
            lostHead = next;
        } else {
            link[previous * LINKS + NEXT] = next;
        }
        if (next == NONE) {
            lostTail = previous;
        } else {
            link[next * LINKS + PREVIOUS] = previous;
        }
        lost -= length(slot);
    }

    private int allocate() {
        if (free == NONE) {
            grow();
        }
        int slot = free;
        free = link[slot * LINKS + NEXT];
        return slot;
    }

    private void grow() {
        int old = order.length;
        int capacity = Math.max(FIRST_CAPACITY, old * 2);
        int[] straight = new int[capacity];
        for (int i = 0; i < count; i++) {
            straight[i] = at(i);
        }
        order = straight;
        first = 0;
        record = Arrays.copyOf(record, capacity * STRIDE);
        link = Arrays.copyOf(link, capacity * LINKS);
        for (int slot = capacity - 1; slot >= old; slot--) {
            link[slot * LINKS + NEXT] = free;
            free = slot;
        }
    }

    /** Gives the memory of a large flight back; only while empty. */
    void trim() {
        if (count == 0 && order.length > KEPT_CAPACITY) {
            clear();
        }
    }

    void clear() {
        record = NO_LONGS;
        link = NO_INTS;
        order = NO_INTS;
        first = 0;
        count = 0;
        free = NONE;
        flightHead = NONE;
        flightTail = NONE;
        lostHead = NONE;
        lostTail = NONE;
        inflight = 0;
        lost = 0;
        sacked = 0;
    }
}
