package io.culvert.interop;

import java.net.InetAddress;
import java.nio.ByteBuffer;

/** IP packets of probes, made and taken apart without the code under test. */
final class IpPacket {
    private IpPacket() {}

    static byte[] of(InetAddress from, InetAddress to, int protocol, byte[] payload) {
        byte[] source = from.getAddress();
        boolean v6 = source.length == 16;
        int header = v6 ? 40 : 20;
        ByteBuffer b = ByteBuffer.allocate(header + payload.length);
        if (v6) {
            b.putInt(6 << 28).putShort((short) payload.length).put((byte) protocol);
            b.put((byte) 64).put(source).put(to.getAddress());
        } else {
            b.putShort((short) 0x4500).putShort((short) (header + payload.length));
            b.putInt(0x4000).put((byte) 64).put((byte) protocol).putShort((short) 0);
            b.put(source).put(to.getAddress());
            b.putShort(10, (short) fold(sum(b.array(), 0)));
        }
        return b.put(payload).array();
    }

    static boolean isV6(byte[] packet) {
        return packet[0] >> 4 == 6;
    }

    static int protocol(byte[] packet) {
        return packet[isV6(packet) ? 6 : 9] & 0xff;
    }

    /** Transport header and payload. */
    static ByteBuffer payload(byte[] packet) {
        int header = isV6(packet) ? 40 : (packet[0] & 15) * 4;
        return ByteBuffer.wrap(packet, header, packet.length - header).slice();
    }

    /** Over transport header, payload and pseudo-header; the checksum field must be 0. */
    static int checksum(InetAddress from, InetAddress to, int protocol, byte[] payload) {
        long pseudo = sum(from.getAddress(), 0) + sum(to.getAddress(), 0);
        return fold(sum(payload, pseudo + protocol + payload.length));
    }

    /** Without pseudo-header, as ICMPv4 has it. */
    static int checksum(byte[] payload) {
        return fold(sum(payload, 0));
    }

    private static long sum(byte[] bytes, long before) {
        long sum = before;
        for (int i = 0; i < bytes.length; i++) {
            sum += (long) (bytes[i] & 0xff) << ((i & 1) == 0 ? 8 : 0);
        }
        return sum;
    }

    private static int fold(long sum) {
        long folded = sum;
        while (folded >> 16 != 0) {
            folded = (folded & 0xffff) + (folded >> 16);
        }
        return (int) ~folded & 0xffff;
    }
}
