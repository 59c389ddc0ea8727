package io.culvert.tunnel;

import static io.culvert.tunnel.TunHeaders.*;

import io.culvert.netstack.Checksum;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Packets for the tests of cutting and joining, right in every field. */
final class TunPackets {
    private TunPackets() {}

    /** A TCP segment with timestamps; {@code seed} makes its payload. */
    static byte[] tcp(boolean ipv6, int id, int sequence, int flags, int payload, int seed) {
        int transport = ipv6 ? IPV6_HEADER : IPV4_HEADER;
        byte[] packet = new byte[transport + 32 + payload];
        MemorySegment m = MemorySegment.ofArray(packet);
        ip(m, ipv6, TCP, id, packet.length);
        u16(m, transport, 40000);
        u16(m, transport + 2, 443);
        i32(m, transport + TCP_SEQUENCE, sequence);
        i32(m, transport + 8, 77);
        u8(m, transport + TCP_OFFSET, 8 << 4);
        u8(m, transport + TCP_FLAGS, flags);
        u16(m, transport + 14, 500);
        i32(m, transport + 20, 0x0101080a);
        fill(m, transport + 32, payload, seed);
        return summed(packet, ipv6, TCP, transport + TCP_CHECKSUM);
    }

    static byte[] udp(boolean ipv6, int id, int payload, int seed) {
        int transport = ipv6 ? IPV6_HEADER : IPV4_HEADER;
        byte[] packet = new byte[transport + UDP_HEADER + payload];
        MemorySegment m = MemorySegment.ofArray(packet);
        ip(m, ipv6, UDP, id, packet.length);
        u16(m, transport, 40000);
        u16(m, transport + 2, 443);
        u16(m, transport + UDP_LENGTH, UDP_HEADER + payload);
        fill(m, transport + UDP_HEADER, payload, seed);
        return summed(packet, ipv6, UDP, transport + UDP_CHECKSUM);
    }

    private static void fill(MemorySegment m, int at, int length, int seed) {
        for (int i = 0; i < length; i++) {
            u8(m, at + i, seed * 31 + i * 7);
        }
    }

    private static void ip(MemorySegment m, boolean ipv6, int protocol, int id, int length) {
        if (ipv6) {
            i32(m, 0, 0x60012345);
            u8(m, IP6_NEXT, protocol);
            u8(m, 7, 64);
            for (int i = 0; i < 32; i++) {
                u8(m, IP6_ADDRESSES + i, 0xfd + i);
            }
        } else {
            u8(m, 0, 0x45);
            u16(m, IP4_ID, id);
            u8(m, 8, 64);
            u8(m, IP4_PROTOCOL, protocol);
            i32(m, IP4_ADDRESSES, 0x0a4d0001);
            i32(m, IP4_ADDRESSES + 4, 0x0a4d0002);
        }
        TunHeaders.length(m, 0, ipv6, length);
    }

    private static byte[] summed(byte[] packet, boolean ipv6, int protocol, int field) {
        MemorySegment m = MemorySegment.ofArray(packet);
        int transport = ipv6 ? IPV6_HEADER : IPV4_HEADER;
        int length = packet.length - transport;
        int sum = Checksum.add(pseudoHeader(m, 0, ipv6, protocol), length);
        sum = Checksum.finish(Checksum.add(sum, Checksum.sum(m, transport, length)));
        u16(m, field, sum == 0 && protocol == UDP ? 0xffff : sum);
        return packet;
    }

    /** What was written to the device: the pieces one after the other. */
    static byte[] written(MemorySegment iov, int count) {
        java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
        for (int i = 0; i < count; i++) {
            long base = iov.get(ValueLayout.JAVA_LONG, i * 16L);
            long length = iov.get(ValueLayout.JAVA_LONG, i * 16L + 8);
            out.writeBytes(
                    MemorySegment.ofAddress(base)
                            .reinterpret(length)
                            .toArray(ValueLayout.JAVA_BYTE));
        }
        return out.toByteArray();
    }
}
