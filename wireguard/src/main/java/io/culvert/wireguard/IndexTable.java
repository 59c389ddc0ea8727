package io.culvert.wireguard;

import org.jspecify.annotations.Nullable;

/**
 * All session indices of a device: open addressing, linear probing. Indices are random and ours, so
 * they are their own hash.
 */
final class IndexTable {
    /** What an index may name. */
    sealed interface Owner permits Handshake, Keypair {
        Peer peer();
    }

    private static final int INITIAL_CAPACITY = 16;

    private final Entropy entropy;
    private final byte[] draw = new byte[Integer.BYTES];
    private int[] indices = new int[INITIAL_CAPACITY];
    private @Nullable Owner[] owners = new @Nullable Owner[INITIAL_CAPACITY];
    private int size;

    IndexTable(Entropy entropy) {
        this.entropy = entropy;
    }

    @Nullable Owner find(int index) {
        return owners[slot(index)];
    }

    /** Draws an index that nobody has: uniform, so that it tells nothing about other sessions. */
    int allot(Owner owner) {
        if (2 * (size + 1) > indices.length) {
            grow();
        }
        int index;
        int slot;
        do {
            entropy.fill(draw, 0, draw.length);
            index = Wire.intLe(draw, 0);
            slot = slot(index);
        } while (owners[slot] != null);
        indices[slot] = index;
        owners[slot] = owner;
        size++;
        return index;
    }

    /** Hands an index on, without an instant in which it names nobody. */
    void replace(int index, Owner owner) {
        int slot = slot(index);
        if (owners[slot] == null) {
            throw new IllegalStateException("index " + index + " is free");
        }
        owners[slot] = owner;
    }

    void remove(int index) {
        int hole = slot(index);
        if (owners[hole] == null) {
            return;
        }
        size--;
        int mask = indices.length - 1;
        for (int slot = (hole + 1) & mask; owners[slot] != null; slot = (slot + 1) & mask) {
            // an entry may fill the hole unless its home lies behind the hole
            if (((slot - indices[slot]) & mask) >= ((slot - hole) & mask)) {
                indices[hole] = indices[slot];
                owners[hole] = owners[slot];
                hole = slot;
            }
        }
        owners[hole] = null;
    }

    int size() {
        return size;
    }

    private int slot(int index) {
        int mask = indices.length - 1;
        int slot = index & mask;
        while (owners[slot] != null && indices[slot] != index) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private void grow() {
        int[] oldIndices = indices;
        @Nullable Owner[] oldOwners = owners;
        indices = new int[2 * oldIndices.length];
        owners = new @Nullable Owner[indices.length];
        for (int i = 0; i < oldIndices.length; i++) {
            if (oldOwners[i] != null) {
                int slot = slot(oldIndices[i]);
                indices[slot] = oldIndices[i];
                owners[slot] = oldOwners[i];
            }
        }
    }
}
