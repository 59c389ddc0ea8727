package io.culvert.tunnel;

import io.culvert.netstack.Checksum;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The fields of IPv4 (RFC 791), IPv6 (RFC 8200), TCP (RFC 9293) and UDP (RFC 768) headers that
 * cutting and joining packets is about, where they lie.
 */
final class TunHeaders {
    static final int IPV6_HEADER = 40;
    static final int IPV4_HEADER = 20;
    static final int UDP_HEADER = 8;
    static final int TCP_HEADER = 20;

    static final int TCP = 6;
    static final int UDP = 17;

    static final int FIN = 0x01;
    static final int PSH = 0x08;
    static final int ACK = 0x10;
    static final int CWR = 0x80;

    static final int IP4_LENGTH = 2;
    static final int IP4_ID = 4;
    static final int IP4_FRAGMENT = 6;
    static final int IP4_PROTOCOL = 9;
    static final int IP4_CHECKSUM = 10;
    static final int IP4_ADDRESSES = 12;
    static final int IP6_LENGTH = 4;
    static final int IP6_NEXT = 6;
    static final int IP6_ADDRESSES = 8;

    static final int TCP_SEQUENCE = 4;
    static final int TCP_OFFSET = 12;
    static final int TCP_FLAGS = 13;
    static final int TCP_CHECKSUM = 16;
    static final int UDP_LENGTH = 4;
    static final int UDP_CHECKSUM = 6;

    static final int DONT_FRAGMENT = 0x4000;

    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private TunHeaders() {}

    static int u8(MemorySegment m, long at) {
        return m.get(BYTE, at) & 0xff;
    }

    static int u16(MemorySegment m, long at) {
        return m.get(SHORT, at) & 0xffff;
    }

    static int i32(MemorySegment m, long at) {
        return m.get(INT, at);
    }

    static void u8(MemorySegment m, long at, int value) {
        m.set(BYTE, at, (byte) value);
    }

    static void u16(MemorySegment m, long at, int value) {
        m.set(SHORT, at, (short) value);
    }

    static void i32(MemorySegment m, long at, int value) {
        m.set(INT, at, value);
    }

    /** 4 or 6, or what else stands there. */
    static int version(MemorySegment m, long ip) {
        return u8(m, ip) >>> 4;
    }

    /** The checksum of a transport header and what it protects, beside its length and data. */
    static int pseudoHeader(MemorySegment m, long ip, boolean ipv6, int protocol) {
        int addresses =
                ipv6
                        ? Checksum.sum(m, ip + IP6_ADDRESSES, 32)
                        : Checksum.sum(m, ip + IP4_ADDRESSES, 8);
        return Checksum.add(addresses, protocol);
    }

    /**
     * Writes the length of an IP packet, and over IPv4 the header's checksum.
     *
     * @param length of the packet with its header
     */
    static void length(MemorySegment m, long ip, boolean ipv6, int length) {
        if (ipv6) {
            u16(m, ip + IP6_LENGTH, length - IPV6_HEADER);
            return;
        }
        u16(m, ip + IP4_LENGTH, length);
        u16(m, ip + IP4_CHECKSUM, 0);
        int header = (u8(m, ip) & 0xf) * 4;
        u16(m, ip + IP4_CHECKSUM, Checksum.finish(Checksum.sum(m, ip, header)));
    }
}
