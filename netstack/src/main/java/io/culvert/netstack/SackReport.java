package io.culvert.netstack;

import java.lang.foreign.MemorySegment;

/**
 * The SACK blocks a receiver sends: a duplicate first (RFC 2883), then the ranges that changed most
 * recently (RFC 2018, 4).
 */
final class SackReport {
    private static final int REMEMBERED = 4;
    private static final long NONE = -1;

    private final long[] recent = {NONE, NONE, NONE, NONE};
    private final long[] blockFrom = new long[REMEMBERED];
    private final long[] blockTo = new long[REMEMBERED];
    private int blocks;
    private long duplicateFrom = NONE;
    private long duplicateTo;

    /** Out-of-order data was stored at {@code position}. */
    void stored(long position) {
        System.arraycopy(recent, 0, recent, 1, REMEMBERED - 1);
        recent[0] = position;
    }

    /** Data came that was there already; reported once. */
    void duplicate(long from, long to) {
        duplicateFrom = from;
        duplicateTo = to;
    }

    /** Chooses the blocks of the next ACK; returns their number, at most {@code limit}. */
    int prepare(RangeSet ranges, long next, int limit) {
        blocks = 0;
        if (duplicateFrom != NONE) {
            put(duplicateFrom, duplicateTo);
        }
        int first = blocks;
        for (int i = 0; i < REMEMBERED && blocks < limit && !ranges.isEmpty(); i++) {
            long position = recent[i];
            if (position < next) {
                continue;
            }
            int index = ranges.firstEndingAfter(position);
            if (index < ranges.count()
                    && ranges.from(index) <= position
                    && !listed(first, ranges.from(index))) {
                put(ranges.from(index), ranges.to(index));
            }
        }
        return blocks;
    }

    private void put(long from, long to) {
        blockFrom[blocks] = from;
        blockTo[blocks] = to;
        blocks++;
    }

    private boolean listed(int first, long from) {
        for (int i = first; i < blocks; i++) {
            if (blockFrom[i] == from) {
                return true;
            }
        }
        return false;
    }

    boolean isPending() {
        return duplicateFrom != NONE;
    }

    /** Writes the blocks that were prepared; the duplicate is reported by this. */
    void write(MemorySegment m, long offset) {
        for (int i = 0; i < blocks; i++) {
            m.set(IpHeader.INT, offset + 8L * i, (int) blockFrom[i]);
            m.set(IpHeader.INT, offset + 8L * i + 4, (int) blockTo[i]);
        }
        duplicateFrom = NONE;
    }
}
