package io.culvert.wireguard;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Prefixes of up to 128 bits and their owners in a hash table. A lookup probes once for each prefix
 * length in use, longest first, so its cost depends on how many lengths there are, of which a
 * configuration has a few, and not on how many prefixes. Open addressing, linear probing. Prefixes
 * come from the configuration: strangers choose only what is looked up, so the hash needs no key.
 */
final class PrefixTable {
    private static final int MIN_CAPACITY = 8;
    private static final int MAX_BITS = 2 * Long.SIZE;

    /** Odd constants without a pattern (of splitmix64 and MurmurHash3). */
    private static final long MIX_HIGH = 0x9e3779b97f4a7c15L;

    private static final long MIX_LOW = 0xc2b2ae3d27d4eb4fL;
    private static final long MIX_BITS = 0xff51afd7ed558ccdL;

    private long[] highs = new long[MIN_CAPACITY];
    private long[] lows = new long[MIN_CAPACITY];
    private byte[] bits = new byte[MIN_CAPACITY];
    private @Nullable Peer[] owners = new @Nullable Peer[MIN_CAPACITY];
    private int size;

    /** How many prefixes of each length there are; made with the first one. */
    private int[] countByLength = new int[0];

    /** The lengths in use, longest first, and their masks. */
    private int[] lengths = new int[0];

    private long[] highMasks = new long[0];
    private long[] lowMasks = new long[0];

    int size() {
        return size;
    }

    /** Owner of the longest prefix that covers an address. */
    @Nullable Peer find(long high, long low) {
        for (int i = 0; i < lengths.length; i++) {
            Peer owner = owners[slot(high & highMasks[i], low & lowMasks[i], lengths[i])];
            if (owner != null) {
                return owner;
            }
        }
        return null;
    }

    /** Gives a prefix, whose bits behind its length are zero, to a peer; returns who had it. */
    @Nullable Peer insert(long high, long low, int length, Peer peer) {
        int slot = slot(high, low, length);
        Peer before = owners[slot];
        owners[slot] = peer;
        if (before != null) {
            return before;
        }
        highs[slot] = high;
        lows[slot] = low;
        bits[slot] = (byte) length;
        size++;
        if (countByLength.length == 0) {
            countByLength = new int[MAX_BITS + 1];
        }
        if (countByLength[length]++ == 0) {
            listLengths();
        }
        if (2 * size > owners.length) {
            resize(2 * owners.length);
        }
        return null;
    }

    /** Takes a prefix from its owner; nothing happens when it is another's or nobody's. */
    void remove(long high, long low, int length, Peer owner) {
        int slot = slot(high, low, length);
        if (owners[slot] != owner) {
            return;
        }
        size--;
        fillHole(slot);
        if (--countByLength[length] == 0) {
            listLengths();
        }
        if (owners.length > MIN_CAPACITY && 8 * size < owners.length) {
            resize(owners.length / 2);
        }
    }

    private void fillHole(int from) {
        int hole = from;
        int mask = owners.length - 1;
        for (int slot = (hole + 1) & mask; owners[slot] != null; slot = (slot + 1) & mask) {
            int home = home(highs[slot], lows[slot], bits[slot] & 0xff);
            // an entry may fill the hole unless its home lies behind the hole
            if (((slot - home) & mask) >= ((slot - hole) & mask)) {
                move(slot, hole);
                hole = slot;
            }
        }
        owners[hole] = null;
    }

    private void move(int from, int to) {
        highs[to] = highs[from];
        lows[to] = lows[from];
        bits[to] = bits[from];
        owners[to] = owners[from];
    }

    /** Where the prefix is, or where it would be put. */
    private int slot(long high, long low, int length) {
        int mask = owners.length - 1;
        int slot = home(high, low, length);
        while (owners[slot] != null
                && (highs[slot] != high || lows[slot] != low || bits[slot] != (byte) length)) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private int home(long high, long low, int length) {
        long mixed = high * MIX_HIGH + low * MIX_LOW + length * MIX_BITS;
        mixed = (mixed ^ (mixed >>> Integer.SIZE)) * MIX_BITS;
        return (int) (mixed >>> Integer.SIZE) & (owners.length - 1);
    }

    private void listLengths() {
        int count = (int) Arrays.stream(countByLength).filter(n -> n > 0).count();
        lengths = new int[count];
        highMasks = new long[count];
        lowMasks = new long[count];
        int next = 0;
        for (int length = MAX_BITS; length >= 0; length--) {
            if (countByLength[length] > 0) {
                lengths[next] = length;
                highMasks[next] = mask(length);
                lowMasks[next++] = mask(length - Long.SIZE);
            }
        }
    }

    private void resize(int capacity) {
        long[] oldHighs = highs;
        long[] oldLows = lows;
        byte[] oldBits = bits;
        @Nullable Peer[] oldOwners = owners;
        highs = new long[capacity];
        lows = new long[capacity];
        bits = new byte[capacity];
        owners = new @Nullable Peer[capacity];
        for (int i = 0; i < oldOwners.length; i++) {
            if (oldOwners[i] != null) {
                int slot = slot(oldHighs[i], oldLows[i], oldBits[i] & 0xff);
                highs[slot] = oldHighs[i];
                lows[slot] = oldLows[i];
                bits[slot] = oldBits[i];
                owners[slot] = oldOwners[i];
            }
        }
    }

    /** Ones in the first {@code bits} of 64. */
    private static long mask(int bits) {
        return bits <= 0 ? 0 : -1L << Math.max(0, Long.SIZE - bits);
    }
}
