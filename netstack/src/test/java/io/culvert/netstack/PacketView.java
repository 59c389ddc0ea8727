package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A packet that came out of a stack, taken apart without the code under test. Making one checks
 * lengths and checksums.
 */
final class PacketView {
    final byte[] bytes;
    final boolean v6;
    final String src;
    final String dst;
    final int protocol;
    final int hopLimit;
    final int trafficClass;
    final int id;
    final boolean df;
    final boolean moreFragments;
    final int fragmentOffset;

    /** Transport header and payload. */
    final byte[] payload;

    PacketView(byte[] packet) {
        bytes = packet;
        ByteBuffer b = ByteBuffer.wrap(packet);
        v6 = packet[0] >> 4 == 6;
        int header = v6 ? 40 : (packet[0] & 15) * 4;
        if (v6) {
            assertThat((b.getShort(4) & 0xffff) + 40).as("payload length").isEqualTo(packet.length);
            trafficClass = b.getInt(0) >> 20 & 0xff;
            hopLimit = packet[7] & 0xff;
            src = text(packet, 8, 16);
            dst = text(packet, 24, 16);
            boolean fragment = packet[6] == 44;
            int field = fragment ? b.getShort(42) & 0xffff : 0;
            protocol = fragment ? packet[40] & 0xff : packet[6] & 0xff;
            header += fragment ? 8 : 0;
            fragmentOffset = field & 0xfff8;
            moreFragments = (field & 1) != 0;
            id = fragment ? b.getInt(44) : 0;
            df = true;
        } else {
            assertThat(b.getShort(2) & 0xffff).as("total length").isEqualTo(packet.length);
            assertThat(PacketBuilder.naiveChecksum(Arrays.copyOf(packet, header)))
                    .as("header checksum")
                    .isZero();
            trafficClass = packet[1] & 0xff;
            hopLimit = packet[8] & 0xff;
            protocol = packet[9] & 0xff;
            src = text(packet, 12, 4);
            dst = text(packet, 16, 4);
            int field = b.getShort(6) & 0xffff;
            df = (field & 0x4000) != 0;
            moreFragments = (field & 0x2000) != 0;
            fragmentOffset = (field & 0x1fff) * 8;
            id = b.getShort(4) & 0xffff;
        }
        payload = Arrays.copyOfRange(packet, header, packet.length);
        if (!isFragment()) {
            checkTransport();
        }
    }

    /** Where a packet with a whole header says that it comes from. */
    static String source(byte[] packet) {
        return packet[0] >> 4 == 6 ? text(packet, 8, 16) : text(packet, 12, 4);
    }

    boolean isFragment() {
        return moreFragments || fragmentOffset > 0;
    }

    int u8(int at) {
        return payload[at] & 0xff;
    }

    int u16(int at) {
        return ByteBuffer.wrap(payload).getShort(at) & 0xffff;
    }

    int i32(int at) {
        return ByteBuffer.wrap(payload).getInt(at);
    }

    int sourcePort() {
        return u16(0);
    }

    int destinationPort() {
        return u16(2);
    }

    /** What stands behind the transport header of UDP or ICMP, of 8 bytes. */
    byte[] data() {
        return Arrays.copyOfRange(payload, 8, payload.length);
    }

    /** Whether it is that ICMP message. */
    boolean isIcmp(int type, int code) {
        return protocol == (v6 ? 58 : 1) && u8(0) == type && u8(1) == code;
    }

    private void checkTransport() {
        if (protocol != 6 && protocol != 17 && protocol != 58 && protocol != 1) {
            return;
        }
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        if (protocol != 1) {
            all.writeBytes(
                    v6 ? Arrays.copyOfRange(bytes, 8, 40) : Arrays.copyOfRange(bytes, 12, 20));
            int n = payload.length;
            all.writeBytes(
                    new byte[] {
                        0, 0, 0, (byte) protocol, 0, (byte) (n >> 16), (byte) (n >> 8), (byte) n
                    });
        }
        all.writeBytes(payload);
        assertThat(PacketBuilder.naiveChecksum(all.toByteArray()))
                .as("transport checksum of protocol " + protocol)
                .isZero();
        if (protocol == 17) {
            assertThat(u16(4)).as("UDP length").isEqualTo(payload.length);
            assertThat(u16(6)).as("UDP checksum is computed").isNotZero();
        }
    }

    private static String text(byte[] packet, int at, int length) {
        try {
            return InetAddress.getByAddress(Arrays.copyOfRange(packet, at, at + length))
                    .getHostAddress();
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public String toString() {
        return src + " > " + dst + " protocol " + protocol + " length " + bytes.length;
    }
}
