package io.culvert.netstack;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Memory of the packets that are on their way, by numbered slots of {@value #SIZE} bytes. */
final class PacketSlots {
    /** What a slot holds at most. */
    static final int SIZE = 1536;

    private static final int BLOCK = 512;

    private MemorySegment[] blocks = new MemorySegment[0];
    private int[] free = new int[0];
    private int freeCount;

    /** Length of the packet in each slot. */
    private int[] lengths = new int[0];

    /** A note of whoever holds the packet at present: index of its path, and a time. */
    private int[] paths = new int[0];

    private long[] times = new long[0];

    /** An empty slot; the one given back last is still in the processor's cache. */
    int take() {
        if (freeCount == 0) {
            grow();
        }
        return free[--freeCount];
    }

    void giveBack(int slot) {
        free[freeCount++] = slot;
    }

    MemorySegment memory(int slot) {
        return blocks[slot / BLOCK];
    }

    long offset(int slot) {
        return (long) (slot % BLOCK) * SIZE;
    }

    int length(int slot) {
        return lengths[slot];
    }

    void length(int slot, int bytes) {
        lengths[slot] = bytes;
    }

    int path(int slot) {
        return paths[slot];
    }

    void path(int slot, int path) {
        paths[slot] = path;
    }

    long time(int slot) {
        return times[slot];
    }

    void time(int slot, long time) {
        times[slot] = time;
    }

    /** Slots that hold packets now. */
    int inUse() {
        return lengths.length - freeCount;
    }

    private void grow() {
        int from = lengths.length;
        int to = from + BLOCK;
        blocks = Arrays.copyOf(blocks, blocks.length + 1);
        blocks[blocks.length - 1] = Arena.ofAuto().allocate((long) BLOCK * SIZE, 64);
        lengths = Arrays.copyOf(lengths, to);
        paths = Arrays.copyOf(paths, to);
        times = Arrays.copyOf(times, to);
        free = Arrays.copyOf(free, to);
        for (int slot = to - 1; slot >= from; slot--) {
            giveBack(slot);
        }
    }
}
