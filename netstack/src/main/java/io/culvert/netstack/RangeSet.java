package io.culvert.netstack;

import java.util.Arrays;

/**
 * Sorted, disjoint, non-adjacent half-open ranges of stream positions in one primitive array: the
 * out-of-order ranges of a receiver and the SACK scoreboard of a sender. Finding costs a binary
 * search; the number of ranges is limited, so that a peer cannot make it expensive (CVE-2018-5390,
 * CVE-2019-11478).
 */
final class RangeSet {
    private static final long[] NONE = new long[0];

    private final int limit;
    private long[] bounds = NONE;
    private int count;
    private long total;

    RangeSet(int limit) {
        this.limit = limit;
    }

    int count() {
        return count;
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** Sum of the lengths of all ranges. */
    long total() {
        return total;
    }

    long from(int index) {
        return bounds[2 * index];
    }

    long to(int index) {
        return bounds[2 * index + 1];
    }

    /** Index of the first range that ends behind {@code position}; {@link #count()} if none. */
    int firstEndingAfter(long position) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (to(middle) > position) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    boolean covers(long from, long to) {
        int index = firstEndingAfter(from);
        return index < count && from(index) <= from && to <= to(index);
    }

    /** Adds a range, merging it with those it touches. False: it would have been one too many. */
    boolean add(long from, long to) {
        if (from >= to) {
            throw new IllegalArgumentException("empty range " + from + ".." + to);
        }
        int first = count > 0 && to(count - 1) < from ? count : firstEndingAfter(from - 1);
        int last = first;
        while (last < count && from(last) <= to) {
            last++;
        }
        if (first == last) {
            return insert(first, from, to);
        }
        long mergedFrom = Math.min(from, from(first));
        long mergedTo = Math.max(to, to(last - 1));
        for (int i = first; i < last; i++) {
            total -= to(i) - from(i);
        }
        bounds[2 * first] = mergedFrom;
        bounds[2 * first + 1] = mergedTo;
        total += mergedTo - mergedFrom;
        remove(first + 1, last);
        return true;
    }

    private boolean insert(int index, long from, long to) {
        if (count == limit) {
            return false;
        }
        if (2 * count == bounds.length) {
            bounds = Arrays.copyOf(bounds, Math.max(8, 4 * count));
        }
        System.arraycopy(bounds, 2 * index, bounds, 2 * index + 2, 2 * (count - index));
        bounds[2 * index] = from;
        bounds[2 * index + 1] = to;
        count++;
        total += to - from;
        return true;
    }

    /** Forgets everything below {@code position}. */
    void removeBefore(long position) {
        int kept = firstEndingAfter(position);
        for (int i = 0; i < kept; i++) {
            total -= to(i) - from(i);
        }
        remove(0, kept);
        if (count > 0 && from(0) < position) {
            total -= position - from(0);
            bounds[0] = position;
        }
    }

    private void remove(int first, int last) {
        if (first == last) {
            return;
        }
        System.arraycopy(bounds, 2 * last, bounds, 2 * first, 2 * (count - last));
        count -= last - first;
        if (count == 0 && bounds.length > 32) {
            bounds = NONE;
        }
    }

    void clear() {
        count = 0;
        total = 0;
        bounds = NONE;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("[");
        for (int i = 0; i < count; i++) {
            text.append(i == 0 ? "" : ", ").append(from(i)).append("..").append(to(i));
        }
        return text.append(']').toString();
    }
}
