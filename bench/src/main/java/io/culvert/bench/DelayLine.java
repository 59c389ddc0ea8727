package io.culvert.bench;

import java.lang.foreign.Arena;

/**
 * The packets that are under way in one direction, first in, first out, in memory taken once. A
 * train is received straight into {@link #room}; those of its packets that {@link #add} keeps stay
 * there until they are sent.
 */
final class DelayLine {
    /** The largest UDP train, and what {@link #room} always offers. */
    static final int ROOM = 1 << 16;

    private final long base;
    private final long capacity;
    private final int mask;
    private final long[] due;
    private final int[] offset;
    private final int[] length;
    private final byte[] flow;
    private long head;
    private long tail;
    private long write;

    /**
     * @param arena lives as long as this
     * @param capacity bytes of packets
     * @param packets most packets; a power of two
     */
    DelayLine(Arena arena, int capacity, int packets) {
        base = arena.allocate(capacity, 64).address();
        this.capacity = capacity;
        mask = packets - 1;
        due = new long[packets];
        offset = new int[packets];
        length = new int[packets];
        flow = new byte[packets];
    }

    boolean isEmpty() {
        return head == tail;
    }

    /** Address of {@link #ROOM} free bytes; 0 when there are none. */
    long room() {
        if (isEmpty()) {
            write = 0;
            return base;
        }
        long oldest = offset[(int) head & mask];
        if (write > oldest && capacity - write < ROOM) {
            // The rest of the memory stays unused this time around.
            return oldest > ROOM ? wrap() : 0;
        }
        return write > oldest || oldest - write > ROOM ? base + write : 0;
    }

    private long wrap() {
        write = 0;
        return base;
    }

    /**
     * Keeps a packet that was received into {@link #room}; false when there are too many.
     *
     * @param address behind that of the packet kept before from the same room
     */
    boolean add(long address, int bytes, int flowNumber, long dueNanos) {
        if (tail - head > mask) {
            return false;
        }
        int at = (int) tail++ & mask;
        due[at] = dueNanos;
        offset[at] = (int) (address - base);
        length[at] = bytes;
        flow[at] = (byte) flowNumber;
        write = address - base + bytes;
        return true;
    }

    /** How many packets are under way. */
    int size() {
        return (int) (tail - head);
    }

    long due(int index) {
        return due[at(index)];
    }

    long address(int index) {
        return base + offset[at(index)];
    }

    int length(int index) {
        return length[at(index)];
    }

    int flow(int index) {
        return flow[at(index)];
    }

    private int at(int index) {
        return (int) (head + index) & mask;
    }

    /** Forgets the oldest packets. */
    void remove(int count) {
        head += count;
    }
}
