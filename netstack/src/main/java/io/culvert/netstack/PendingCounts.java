package io.culvert.netstack;

/** How many requests are parked for a pair of addresses: counts in open addressing. */
final class PendingCounts {
    private static final int FIRST_CAPACITY = 64;
    private static final int KEY = 4;

    private final SipHash hash;
    private long[] keys = new long[FIRST_CAPACITY * KEY];
    private int[] counts = new int[FIRST_CAPACITY];
    private int size;

    PendingCounts(SipHash hash) {
        this.hash = hash;
    }

    int count(long a, long b, long c, long d) {
        return counts[find(a, b, c, d)];
    }

    void increment(long a, long b, long c, long d) {
        if (4 * (size + 1) > 3 * counts.length) {
            grow();
        }
        int slot = find(a, b, c, d);
        if (counts[slot]++ == 0) {
            size++;
            keys[slot * KEY] = a;
            keys[slot * KEY + 1] = b;
            keys[slot * KEY + 2] = c;
            keys[slot * KEY + 3] = d;
        }
    }

    void decrement(long a, long b, long c, long d) {
        int slot = find(a, b, c, d);
        if (counts[slot] == 0) {
            throw new IllegalStateException("count below zero");
        }
        if (--counts[slot] == 0) {
            size--;
            closeHole(slot);
        }
    }

    boolean isEmpty() {
        return size == 0;
    }

    private int home(long a, long b, long c, long d) {
        return (int) hash.table(a, b, c, d, 0) & (counts.length - 1);
    }

    private int find(long a, long b, long c, long d) {
        int slot = home(a, b, c, d);
        while (counts[slot] != 0) {
            int k = slot * KEY;
            if (keys[k] == a && keys[k + 1] == b && keys[k + 2] == c && keys[k + 3] == d) {
                return slot;
            }
            slot = (slot + 1) & (counts.length - 1);
        }
        return slot;
    }

    private void closeHole(int emptied) {
        int hole = emptied;
        int mask = counts.length - 1;
        for (int i = (hole + 1) & mask; counts[i] != 0; i = (i + 1) & mask) {
            int k = i * KEY;
            int home = home(keys[k], keys[k + 1], keys[k + 2], keys[k + 3]);
            if (((i - home) & mask) >= ((i - hole) & mask)) {
                System.arraycopy(keys, k, keys, hole * KEY, KEY);
                counts[hole] = counts[i];
                counts[i] = 0;
                hole = i;
            }
        }
    }

    private void grow() {
        long[] oldKeys = keys;
        int[] oldCounts = counts;
        keys = new long[oldKeys.length * 2];
        counts = new int[oldCounts.length * 2];
        for (int i = 0; i < oldCounts.length; i++) {
            if (oldCounts[i] != 0) {
                int k = i * KEY;
                int slot = find(oldKeys[k], oldKeys[k + 1], oldKeys[k + 2], oldKeys[k + 3]);
                System.arraycopy(oldKeys, k, keys, slot * KEY, KEY);
                counts[slot] = oldCounts[i];
            }
        }
    }
}
