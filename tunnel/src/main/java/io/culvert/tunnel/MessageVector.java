package io.culvert.tunnel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * An array of {@code struct mmsghdr}, for {@code sendmmsg} and {@code recvmmsg}, laid out as on
 * 64-bit Linux.
 *
 * <pre>
 * mmsghdr   msghdr(56) len(4) pad(4)
 * </pre>
 */
final class MessageVector {
    private static final int SIZE = MessageHeader.SIZE + 8;

    final MemorySegment array;
    private final MessageHeader[] headers;

    /**
     * @param ipv6 whether it sends by IPv6
     * @param pieces of memory that each message lies in
     */
    MessageVector(Arena arena, boolean ipv6, int count, int pieces) {
        array = arena.allocate((long) count * SIZE, 8);
        headers = new MessageHeader[count];
        for (int i = 0; i < count; i++) {
            MemorySegment header = array.asSlice((long) i * SIZE, MessageHeader.SIZE);
            headers[i] = new MessageHeader(arena, ipv6, header, pieces);
        }
    }

    int capacity() {
        return headers.length;
    }

    MessageHeader get(int message) {
        return headers[message];
    }

    /** Bytes of a message, as the kernel wrote it. */
    int length(int message) {
        return array.get(ValueLayout.JAVA_INT, (long) message * SIZE + MessageHeader.SIZE);
    }
}
