package io.culvert.wireguard;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Packets that wait for a session: copies, in order, at most 128; the oldest gives way. A keepalive
 * is an empty packet among them.
 */
final class StagedPackets {
    private static final byte[] KEEPALIVE = new byte[0];

    private static final int INITIAL_CAPACITY = 4;

    /** Made with the first packet and let go with the last: most peers have none. */
    private @Nullable ArrayDeque<byte[]> packets;

    /** Copies a packet; returns false when the oldest one had to give way. */
    boolean add(MemorySegment m, long packet, int length) {
        ArrayDeque<byte[]> all = open();
        boolean room = all.size() < Constants.MAX_STAGED_PACKETS;
        if (!room) {
            all.removeFirst();
        }
        byte[] copy = new byte[length];
        MemorySegment.copy(m, Wire.BYTE, packet, copy, 0, length);
        all.addLast(copy);
        return room;
    }

    /** Adds a keepalive if nothing waits that would do its job. */
    void addKeepalive() {
        if (isEmpty()) {
            open().addLast(KEEPALIVE);
        }
    }

    boolean isEmpty() {
        return packets == null;
    }

    int size() {
        return packets == null ? 0 : packets.size();
    }

    int firstLength() {
        return open().getFirst().length;
    }

    /** Moves the first packet to its place in a message. */
    void removeFirst(MemorySegment m, long packet) {
        ArrayDeque<byte[]> all = open();
        byte[] first = all.removeFirst();
        MemorySegment.copy(first, 0, m, Wire.BYTE, packet, first.length);
        if (all.isEmpty()) {
            packets = null;
        }
    }

    /** Drops everything; returns how many packets, keepalives not counted, there were. */
    int clear() {
        if (packets == null) {
            return 0;
        }
        int dropped = (int) packets.stream().filter(packet -> packet.length > 0).count();
        packets = null;
        return dropped;
    }

    private ArrayDeque<byte[]> open() {
        if (packets == null) {
            packets = new ArrayDeque<>(INITIAL_CAPACITY);
        }
        return packets;
    }
}
