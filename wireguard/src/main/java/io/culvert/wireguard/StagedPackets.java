package io.culvert.wireguard;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/**
 * Packets that wait for a session: copies, in order, at most 128; the oldest gives way. A keepalive
 * is an empty packet among them.
 */
final class StagedPackets {
    private static final byte[] KEEPALIVE = new byte[0];

    private final ArrayDeque<byte[]> packets = new ArrayDeque<>(0);

    /** Copies a packet; returns false when the oldest one had to give way. */
    boolean add(MemorySegment m, long packet, int length) {
        boolean room = packets.size() < Constants.MAX_STAGED_PACKETS;
        if (!room) {
            packets.removeFirst();
        }
        byte[] copy = new byte[length];
        MemorySegment.copy(m, Wire.BYTE, packet, copy, 0, length);
        packets.addLast(copy);
        return room;
    }

    /** Adds a keepalive if nothing waits that would do its job. */
    void addKeepalive() {
        if (packets.isEmpty()) {
            packets.addLast(KEEPALIVE);
        }
    }

    boolean isEmpty() {
        return packets.isEmpty();
    }

    int size() {
        return packets.size();
    }

    int firstLength() {
        return packets.getFirst().length;
    }

    /** Moves the first packet to its place in a message. */
    void removeFirst(MemorySegment m, long packet) {
        byte[] first = packets.removeFirst();
        MemorySegment.copy(first, 0, m, Wire.BYTE, packet, first.length);
    }

    /** Drops everything; returns how many packets, keepalives not counted, there were. */
    int clear() {
        int dropped = (int) packets.stream().filter(packet -> packet.length > 0).count();
        packets.clear();
        return dropped;
    }
}
