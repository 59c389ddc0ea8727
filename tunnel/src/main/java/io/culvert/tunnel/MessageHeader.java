package io.culvert.tunnel;

import static io.culvert.tunnel.LinuxConstants.SOL_UDP;
import static io.culvert.tunnel.LinuxConstants.UDP_GRO;
import static io.culvert.tunnel.LinuxConstants.UDP_SEGMENT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A {@code struct msghdr} with one {@code iovec}, a place for an address and one for control
 * messages, laid out as on 64-bit Linux.
 *
 * <pre>
 * msghdr   name(8) namelen(4) pad(4) iov(8) iovlen(8) control(8) controllen(8) flags(4) pad(4)
 * iovec    base(8) len(8)
 * cmsghdr  len(8) level(4) type(4) data…, each padded to 8
 * </pre>
 */
final class MessageHeader {
    private static final int NAME = 0;
    private static final int NAME_LENGTH = 8;
    private static final int IOV = 16;
    private static final int IOV_COUNT = 24;
    private static final int CONTROL = 32;
    private static final int CONTROL_LENGTH = 40;
    private static final int FLAGS = 48;
    private static final int SIZE = 56;

    private static final int IOV_BASE = 0;
    private static final int IOV_LENGTH = 8;
    private static final int IOV_SIZE = 16;

    private static final int CMSG_LENGTH = 0;
    private static final int CMSG_LEVEL = 8;
    private static final int CMSG_TYPE = 12;
    private static final int CMSG_DATA = 16;
    private static final int CONTROL_CAPACITY = 64;

    /** {@code CMSG_LEN(sizeof(uint16_t))} and {@code CMSG_SPACE(sizeof(uint16_t))}. */
    private static final int SEGMENT_CMSG_LENGTH = CMSG_DATA + 2;

    private static final int SEGMENT_CMSG_SPACE = CMSG_DATA + 8;

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    final MemorySegment header;
    final MemorySegment name;

    /** The header's {@code namelen}, as {@code getsockname} wants it. */
    final MemorySegment nameLength;

    private final MemorySegment iov;
    private final MemorySegment control;

    MessageHeader(Arena arena) {
        header = arena.allocate(SIZE, 8);
        name = arena.allocate(32, 8);
        nameLength = header.asSlice(NAME_LENGTH, 4);
        iov = arena.allocate(IOV_SIZE, 8);
        control = arena.allocate(CONTROL_CAPACITY, 8);
        header.set(LONG, NAME, name.address());
        header.set(LONG, IOV, iov.address());
        header.set(LONG, IOV_COUNT, 1);
        header.set(LONG, CONTROL, control.address());
        control.set(INT, CMSG_LEVEL, SOL_UDP);
        control.set(INT, CMSG_TYPE, UDP_SEGMENT);
    }

    void resetName() {
        header.set(INT, NAME_LENGTH, (int) name.byteSize());
    }

    void prepareReceive(MemorySegment slab) {
        resetName();
        iov.set(LONG, IOV_BASE, slab.address());
        iov.set(LONG, IOV_LENGTH, slab.byteSize());
        header.set(LONG, CONTROL_LENGTH, CONTROL_CAPACITY);
        header.set(INT, FLAGS, 0);
    }

    int flags() {
        return header.get(INT, FLAGS);
    }

    /** The segment size that the kernel reported for a coalesced train; 0 for a single datagram. */
    int groSegmentSize() {
        long end = header.get(LONG, CONTROL_LENGTH);
        long at = 0;
        while (at + CMSG_DATA + 4 <= end) {
            long length = control.get(LONG, at + CMSG_LENGTH);
            if (control.get(INT, at + CMSG_LEVEL) == SOL_UDP
                    && control.get(INT, at + CMSG_TYPE) == UDP_GRO) {
                return control.get(INT, at + CMSG_DATA);
            }
            if (length < CMSG_DATA) {
                return 0;
            }
            at += (length + 7) & -8;
        }
        return 0;
    }

    void name(MemorySegment address, int length) {
        header.set(LONG, NAME, address.address());
        header.set(INT, NAME_LENGTH, length);
    }

    /** Points at what is to be sent; {@code segmentSize} 0 sends one datagram. */
    void prepareSend(long address, int length, int segmentSize) {
        iov.set(LONG, IOV_BASE, address);
        iov.set(LONG, IOV_LENGTH, length);
        if (segmentSize == 0) {
            header.set(LONG, CONTROL_LENGTH, 0);
            return;
        }
        control.set(LONG, CMSG_LENGTH, SEGMENT_CMSG_LENGTH);
        control.set(SHORT, CMSG_DATA, (short) segmentSize);
        header.set(LONG, CONTROL_LENGTH, SEGMENT_CMSG_SPACE);
    }
}
