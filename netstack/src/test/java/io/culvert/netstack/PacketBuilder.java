package io.culvert.netstack;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes IP packets for tests, right ones and wrong ones, without using the code under test.
 * Checksums and lengths are right unless they are told not to be.
 */
final class PacketBuilder {
    static final int FIN = 1;
    static final int SYN = 2;
    static final int RST = 4;
    static final int PSH = 8;
    static final int ACK = 16;

    private static final class Extension {
        private final int type;
        private final byte[] body;

        private Extension(int type, byte[] body) {
            this.type = type;
            this.body = body;
        }
    }

    private final byte[] src;
    private final byte[] dst;
    private int hopLimit = 64;
    private int trafficClass;
    private int id;
    private int flowLabel;
    private boolean df;
    private int fragmentOffset;
    private boolean moreFragments;
    private boolean isFragment;
    private byte[] options = new byte[0];
    private final List<Extension> extensions = new ArrayList<>();
    private int protocol = 255;
    private byte[] payload = new byte[0];
    private int checksumAt = -1;
    private int checksumXor;
    private boolean zeroChecksum;

    private PacketBuilder(String src, String dst) {
        this.src = address(src);
        this.dst = address(dst);
        if (this.src.length != this.dst.length) {
            throw new IllegalArgumentException(src + " and " + dst + " are of two families");
        }
    }

    static PacketBuilder packet(String src, String dst) {
        return new PacketBuilder(src, dst);
    }

    PacketBuilder hopLimit(int value) {
        hopLimit = value;
        return this;
    }

    PacketBuilder trafficClass(int value) {
        trafficClass = value;
        return this;
    }

    PacketBuilder id(int value) {
        id = value;
        return this;
    }

    PacketBuilder flowLabel(int value) {
        flowLabel = value;
        return this;
    }

    PacketBuilder dontFragment() {
        df = true;
        return this;
    }

    /** Marks the packet as a fragment whose payload stands at that byte of the whole. */
    PacketBuilder fragment(int offset, boolean more) {
        isFragment = true;
        fragmentOffset = offset;
        moreFragments = more;
        return this;
    }

    /** IPv4 options, a multiple of 4 bytes. */
    PacketBuilder options(int... bytes) {
        options = bytes(bytes);
        return this;
    }

    /**
     * Adds an IPv6 extension header with everything behind its next-header byte (so 8n - 1 bytes).
     */
    PacketBuilder extension(int type, byte[] body) {
        extensions.add(new Extension(type, body));
        return this;
    }

    PacketBuilder payload(int protocol, byte[] bytes) {
        this.protocol = protocol;
        payload = bytes;
        checksumAt = -1;
        return this;
    }

    PacketBuilder udp(int sourcePort, int destinationPort, byte[] data) {
        ByteBuffer b = ByteBuffer.allocate(8 + data.length);
        b.putShort((short) sourcePort).putShort((short) destinationPort);
        b.putShort((short) (8 + data.length)).putShort((short) 0).put(data);
        return checksummed(17, b.array(), 6);
    }

    PacketBuilder tcp(
            int sourcePort,
            int destinationPort,
            int sequence,
            int acknowledgment,
            int flags,
            int window,
            byte[] tcpOptions,
            byte[] data) {
        int header = 20 + tcpOptions.length;
        ByteBuffer b = ByteBuffer.allocate(header + data.length);
        b.putShort((short) sourcePort).putShort((short) destinationPort);
        b.putInt(sequence).putInt(acknowledgment);
        b.putShort((short) (header << 10 | flags)).putShort((short) window);
        b.putInt(0).put(tcpOptions).put(data);
        return checksummed(6, b.array(), 16);
    }

    /** ICMPv4 or ICMPv6, by the addresses' family. */
    PacketBuilder icmp(int type, int code, int rest, byte[] body) {
        ByteBuffer b = ByteBuffer.allocate(8 + body.length);
        b.put((byte) type).put((byte) code).putShort((short) 0).putInt(rest).put(body);
        return checksummed(isV6() ? 58 : 1, b.array(), 2);
    }

    /** Changes the transport checksum by these bits. */
    PacketBuilder corruptChecksum(int bits) {
        checksumXor = bits;
        return this;
    }

    /** Leaves the transport checksum 0. */
    PacketBuilder noChecksum() {
        zeroChecksum = true;
        return this;
    }

    /** Replaces a byte of the transport header or payload, before the checksum is made. */
    PacketBuilder patch(int at, int value) {
        payload[at] = (byte) value;
        return this;
    }

    private PacketBuilder checksummed(int protocolNumber, byte[] bytes, int at) {
        protocol = protocolNumber;
        payload = bytes;
        checksumAt = at;
        return this;
    }

    byte[] build() {
        if (checksumAt >= 0 && !zeroChecksum) {
            int sum = transportChecksum() ^ checksumXor;
            payload[checksumAt] = (byte) (sum >> 8);
            payload[checksumAt + 1] = (byte) sum;
        }
        return isV6() ? buildV6() : buildV4();
    }

    /** The packet in native memory of its own. */
    MemorySegment segment() {
        byte[] bytes = build();
        MemorySegment m = Arena.ofAuto().allocate(Math.max(1, bytes.length));
        MemorySegment.copy(bytes, 0, m, java.lang.foreign.ValueLayout.JAVA_BYTE, 0, bytes.length);
        return m;
    }

    /**
     * The packet in fragments whose payloads have at most {@code size} bytes, in order. The
     * transport checksum is that of the whole.
     */
    List<byte[]> fragments(int size) {
        build();
        byte[] whole = payload;
        checksumAt = -1;
        List<byte[]> result = new ArrayList<>();
        for (int at = 0; at < whole.length; at += size) {
            int end = Math.min(whole.length, at + size);
            payload = java.util.Arrays.copyOfRange(whole, at, end);
            result.add(fragment(at, end < whole.length).build());
        }
        payload = whole;
        return result;
    }

    private boolean isV6() {
        return src.length == 16;
    }

    private int transportChecksum() {
        payload[checksumAt] = 0;
        payload[checksumAt + 1] = 0;
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        if (protocol != 1) {
            all.writeBytes(src);
            all.writeBytes(dst);
            all.writeBytes(new byte[] {0, 0, 0, (byte) protocol});
            all.writeBytes(
                    new byte[] {
                        0,
                        (byte) (payload.length >> 16),
                        (byte) (payload.length >> 8),
                        (byte) payload.length
                    });
        }
        all.writeBytes(payload);
        int sum = naiveChecksum(all.toByteArray());
        return sum == 0 && protocol == 17 ? 0xffff : sum;
    }

    private byte[] buildV4() {
        int header = 20 + options.length;
        ByteBuffer b = ByteBuffer.allocate(header + payload.length);
        b.put((byte) (0x40 | header / 4)).put((byte) trafficClass);
        b.putShort((short) (header + payload.length)).putShort((short) id);
        int flags = (df ? 0x4000 : 0) | (moreFragments ? 0x2000 : 0) | fragmentOffset / 8;
        b.putShort((short) flags).put((byte) hopLimit).put((byte) protocol);
        b.putShort((short) 0).put(src).put(dst).put(options).put(payload);
        fixV4Checksum(b.array());
        return b.array();
    }

    private byte[] buildV6() {
        List<Extension> all = new ArrayList<>(extensions);
        if (isFragment) {
            int field = fragmentOffset | (moreFragments ? 1 : 0);
            ByteBuffer f = ByteBuffer.allocate(7).put((byte) 0).putShort((short) field).putInt(id);
            all.add(new Extension(44, f.array()));
        }
        int length = payload.length + all.stream().mapToInt(e -> e.body.length + 1).sum();
        ByteBuffer b = ByteBuffer.allocate(40 + length);
        b.putInt(6 << 28 | trafficClass << 20 | flowLabel).putShort((short) length);
        b.put((byte) (all.isEmpty() ? protocol : all.getFirst().type)).put((byte) hopLimit);
        b.put(src).put(dst);
        for (int i = 0; i < all.size(); i++) {
            b.put((byte) (i + 1 < all.size() ? all.get(i + 1).type : protocol))
                    .put(all.get(i).body);
        }
        return b.put(payload).array();
    }

    /** Makes the header checksum of an IPv4 packet right again after a change. */
    static byte[] fixV4Checksum(byte[] packet) {
        packet[10] = 0;
        packet[11] = 0;
        int header = Math.min(packet.length, (packet[0] & 15) * 4);
        int sum = naiveChecksum(java.util.Arrays.copyOf(packet, header));
        packet[10] = (byte) (sum >> 8);
        packet[11] = (byte) sum;
        return packet;
    }

    /**
     * Makes the checksum of UDP, TCP or ICMP right behind a header without options; else does
     * nothing.
     */
    static byte[] fixTransportChecksum(byte[] packet) {
        boolean v6 = packet.length > 0 && packet[0] >>> 4 == 6;
        int header = v6 ? 40 : 20;
        if (packet.length < header + 20 || (!v6 && packet[0] != 0x45)) {
            return packet;
        }
        int protocol = packet[v6 ? 6 : 9];
        int at = header + (protocol == 17 ? 6 : protocol == 6 ? 16 : 2);
        packet[at] = 0;
        packet[at + 1] = 0;
        int length = packet.length - header;
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        if (protocol != 1) {
            all.write(packet, v6 ? 8 : 12, v6 ? 32 : 8);
            all.writeBytes(new byte[] {0, (byte) protocol, (byte) (length >> 8), (byte) length});
        }
        all.write(packet, header, length);
        int sum = naiveChecksum(all.toByteArray());
        packet[at] = (byte) (sum >> 8);
        packet[at + 1] = (byte) sum;
        return packet;
    }

    /** RFC 1071, word by word. */
    static int naiveChecksum(byte[] data) {
        long sum = 0;
        for (int i = 0; i < data.length; i += 2) {
            int low = i + 1 < data.length ? data[i + 1] & 0xff : 0;
            sum += (data[i] & 0xff) << 8 | low;
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return (int) ~sum & 0xffff;
    }

    static byte[] bytes(int... values) {
        byte[] b = new byte[values.length];
        for (int i = 0; i < b.length; i++) {
            b[i] = (byte) values[i];
        }
        return b;
    }

    private static byte[] address(String text) {
        try {
            return InetAddress.getByName(text).getAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(text, e);
        }
    }
}
