package io.culvert.tunnel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * {@code struct virtio_net_hdr} of {@code <linux/virtio_net.h>}, which stands before each packet of
 * a TUN device with {@code IFF_VNET_HDR}, in the byte order of the machine: {@code flags(1)
 * gso_type(1) hdr_len(2) gso_size(2) csum_start(2) csum_offset(2)}.
 */
final class VirtioNetHeader {
    static final int SIZE = 10;

    static final int NEEDS_CSUM = 1;

    static final int GSO_NONE = 0;
    static final int GSO_TCPV4 = 1;
    static final int GSO_TCPV6 = 4;
    static final int GSO_UDP_L4 = 5;

    /** Beside one of the others: the packet has CWR set. */
    static final int GSO_ECN = 0x80;

    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

    private VirtioNetHeader() {}

    static boolean needsChecksum(MemorySegment m, long at) {
        return (m.get(BYTE, at) & NEEDS_CSUM) != 0;
    }

    /** Without {@link #GSO_ECN}. */
    static int gsoType(MemorySegment m, long at) {
        return m.get(BYTE, at + 1) & 0xff & ~GSO_ECN;
    }

    /** Payload bytes of each segment. */
    static int gsoSize(MemorySegment m, long at) {
        return m.get(SHORT, at + 4) & 0xffff;
    }

    /** Where in the packet the sum begins: with the transport header. */
    static int checksumStart(MemorySegment m, long at) {
        return m.get(SHORT, at + 6) & 0xffff;
    }

    /** Where behind that start the checksum belongs. */
    static int checksumOffset(MemorySegment m, long at) {
        return m.get(SHORT, at + 8) & 0xffff;
    }

    /** Of a packet that is what it looks like. */
    static void writeNone(MemorySegment m, long at) {
        m.asSlice(at, SIZE).fill((byte) 0);
    }

    /**
     * Of a packet that the kernel is to cut, and whose segments it is to sum up.
     *
     * @param headers bytes of all headers together
     * @param segment payload bytes of each segment
     */
    static void writeGso(
            MemorySegment m,
            long at,
            int type,
            int headers,
            int segment,
            int checksumStart,
            int checksumOffset) {
        m.set(BYTE, at, (byte) NEEDS_CSUM);
        m.set(BYTE, at + 1, (byte) type);
        m.set(SHORT, at + 2, (short) headers);
        m.set(SHORT, at + 4, (short) segment);
        m.set(SHORT, at + 6, (short) checksumStart);
        m.set(SHORT, at + 8, (short) checksumOffset);
    }
}
