package io.culvert.netstack;

/**
 * What was sent and not yet cumulatively acknowledged: one record per segment. Records are in
 * sequence order (found by binary search) and, beside that, in one of two lists: those in flight in
 * order of transmission, which makes RACK cost what it newly marks, and those marked lost in
 * sequence order. A record that was selectively acknowledged is in neither.
 */
final class RetransmissionQueue extends TransmissionRecords {
    private static final int FIRST_CAPACITY = 4;
    private static final int KEPT_CAPACITY = 16;
    private static final int[] NO_INTS = new int[0];

    private int[] order = NO_INTS;
    private int first;
    private int count;

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

    /** Slot marked lost with the lowest sequence, or {@link #NONE}. */
    int firstLost() {
        return lostHead;
    }

    /** Appends a record for bytes just sent for the first time. */
    int append(long start, int length, boolean fin) {
        int slot = takeSlot();
        order[(first + count) & (order.length - 1)] = slot;
        count++;
        set(slot, start, length, fin ? FIN : 0);
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
        flag(slot, RETRANSMITTED, LOST);
        enterFlight(slot);
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

    /** The peer took back its selective acknowledgment (RFC 2018, 8). */
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
            before = next(before);
        }
        insertFlight(slot, before == NONE ? flightTail : previous(before), before);
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
        free(slot);
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
        cutFront(slot, cut);
    }

    /**
     * Splits a lost record after {@code length} bytes, for a path that no longer takes it whole.
     * The slot keeps the first part; the rest gets a slot of its own, with the same history.
     */
    void splitLost(int slot, int length) {
        reserve();
        int rest = copy(slot);
        int index = indexOf(start(slot));
        for (int i = count; i > index + 1; i--) {
            order[(first + i) & (order.length - 1)] = at(i - 1);
        }
        order[(first + index + 1) & (order.length - 1)] = rest;
        count++;
        int restLength = length(slot) - length;
        cutFront(rest, length);
        flag(slot, 0, FIN);
        cutBack(slot, restLength);
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
        previous(slot, previous);
        next(slot, next);
        if (previous == NONE) {
            flightHead = slot;
        } else {
            next(previous, slot);
        }
        if (next == NONE) {
            flightTail = slot;
        } else {
            previous(next, slot);
        }
        inflight += length(slot);
    }

    private void leaveFlight(int slot) {
        int previous = previous(slot);
        int next = next(slot);
        if (previous == NONE) {
            flightHead = next;
        } else {
            next(previous, next);
        }
        if (next == NONE) {
            flightTail = previous;
        } else {
            previous(next, previous);
        }
        inflight -= length(slot);
    }

    /** Losses are found mostly in order, and those found again lie near the start. */
    private void enterLost(int slot) {
        long position = start(slot);
        int before;
        if (lostTail == NONE || start(lostTail) < position) {
            before = NONE;
        } else {
            before = lostHead;
            while (start(before) < position) {
                before = next(before);
            }
        }
        int after = before == NONE ? lostTail : previous(before);
        previous(slot, after);
        next(slot, before);
        if (after == NONE) {
            lostHead = slot;
        } else {
            next(after, slot);
        }
        if (before == NONE) {
            lostTail = slot;
        } else {
            previous(before, slot);
        }
        lost += length(slot);
    }

    private void leaveLost(int slot) {
        int previous = previous(slot);
        int next = next(slot);
        if (previous == NONE) {
            lostHead = next;
        } else {
            next(previous, next);
        }
        if (next == NONE) {
            lostTail = previous;
        } else {
            previous(next, previous);
        }
        lost -= length(slot);
    }

    private int takeSlot() {
        reserve();
        return allocate();
    }

    private void reserve() {
        if (!isFull()) {
            return;
        }
        int old = order.length;
        int capacity = Math.max(FIRST_CAPACITY, old * 2);
        int[] straight = new int[capacity];
        for (int i = 0; i < count; i++) {
            straight[i] = at(i);
        }
        order = straight;
        first = 0;
        grow(old, capacity);
    }

    boolean isLarge() {
        return order.length > KEPT_CAPACITY;
    }

    /** Gives the memory of a large flight back, if it is over. */
    void trim() {
        if (count == 0) {
            clear();
        }
    }

    void clear() {
        dropAll();
        order = NO_INTS;
        first = 0;
        count = 0;
        flightHead = NONE;
        flightTail = NONE;
        lostHead = NONE;
        lostTail = NONE;
        inflight = 0;
        lost = 0;
        sacked = 0;
    }
}
