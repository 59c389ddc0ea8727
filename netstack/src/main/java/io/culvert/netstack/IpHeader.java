package io.culvert.netstack;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Layout and writing of IPv4 (RFC 791) and IPv6 (RFC 8200) headers. */
final class IpHeader {
    static final int V4_LENGTH = 20;
    static final int V6_LENGTH = 40;

    /** Smallest IPv6 link MTU (RFC 8200 section 5). */
    static final int V6_MIN_MTU = 1280;

    /** Initial TTL and hop limit that hosts use (RFC 1700, and Linux). */
    static final int HOP_LIMIT = 64;

    /** Its 20 bits. */
    static final int FLOW_LABEL = 0xfffff;

    static final int PROTOCOL_ICMP = 1;
    static final int PROTOCOL_TCP = 6;
    static final int PROTOCOL_UDP = 17;
    static final int PROTOCOL_ICMP6 = 58;

    /** Integers of network byte order at any address. */
    static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    private static final int DONT_FRAGMENT = 0x4000;

    private IpHeader() {}

    /** Header length of the family of that address: 20 or 40. */
    static int length(long dstHi, long dstLo) {
        return IpAddress.isV4(dstHi, dstLo) ? V4_LENGTH : V6_LENGTH;
    }

    /**
     * Writes the header of an unfragmented packet at {@code offset}. The family is that of the
     * destination.
     *
     * @param dscpEcn traffic class byte
     * @param idOrFlowLabel IPv4 identification (16 bits) or IPv6 flow label (20 bits)
     * @param df IPv4 only: don't fragment
     * @return length of the header, 20 or 40
     */
    static int write(
            MemorySegment m,
            long offset,
            long srcHi,
            long srcLo,
            long dstHi,
            long dstLo,
            int protocol,
            int payloadLength,
            int dscpEcn,
            int hopLimit,
            int idOrFlowLabel,
            boolean df) {
        if (IpAddress.isV4(dstHi, dstLo)) {
            writeV4(
                    m,
                    offset,
                    (int) srcLo,
                    (int) dstLo,
                    protocol,
                    payloadLength,
                    dscpEcn,
                    hopLimit,
                    idOrFlowLabel,
                    df ? DONT_FRAGMENT : 0);
            return V4_LENGTH;
        }
        m.set(INT, offset, 6 << 28 | (dscpEcn & 0xff) << 20 | (idOrFlowLabel & FLOW_LABEL));
        m.set(INT, offset + 4, payloadLength << 16 | (protocol & 0xff) << 8 | (hopLimit & 0xff));
        m.set(LONG, offset + 8, srcHi);
        m.set(LONG, offset + 16, srcLo);
        m.set(LONG, offset + 24, dstHi);
        m.set(LONG, offset + 32, dstLo);
        return V6_LENGTH;
    }

    /** Writes an IPv4 header whose flags and fragment offset field is {@code fragment}. */
    static void writeV4(
            MemorySegment m,
            long offset,
            int src,
            int dst,
            int protocol,
            int payloadLength,
            int dscpEcn,
            int hopLimit,
            int id,
            int fragment) {
        int word0 = 0x45 << 24 | (dscpEcn & 0xff) << 16 | (V4_LENGTH + payloadLength & 0xffff);
        int word1 = id << 16 | (fragment & 0xffff);
        int word2 = (hopLimit & 0xff) << 24 | (protocol & 0xff) << 16;
        long sum =
                (word0 & 0xffffffffL)
                        + (word1 & 0xffffffffL)
                        + (word2 & 0xffffffffL)
                        + (src & 0xffffffffL)
                        + (dst & 0xffffffffL);
        m.set(INT, offset, word0);
        m.set(INT, offset + 4, word1);
        m.set(INT, offset + 8, word2 | Checksum.finish(Checksum.fold(sum)));
        m.set(INT, offset + 12, src);
        m.set(INT, offset + 16, dst);
    }

    static int u8(MemorySegment m, long offset) {
        return m.get(BYTE, offset) & 0xff;
    }

    static int u16(MemorySegment m, long offset) {
        return m.get(SHORT, offset) & 0xffff;
    }
}
