package io.culvert.simnet;

import io.culvert.wireguard.PublicKey;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The inner packets of a world: each bears its number, and is known byte for byte. */
final class LifePackets {
    /** Of an IPv6 packet; shorter by 20 bytes is none. */
    static final int MIN_LENGTH = 40 + 16;

    private static final int MAGIC = 0xC0157A1E;

    private final List<Sent> all = new ArrayList<>();

    /** One packet that an application gave to a device. */
    static final class Sent {
        final LifeNode from;
        final byte[] bytes;

        /** Whom the routing said it is for; null until a device took it. */
        @Nullable PublicKey target;

        boolean delivered;

        Sent(LifeNode from, byte[] bytes) {
            this.from = from;
            this.bytes = bytes;
        }
    }

    /** Makes a packet of a length, from one inner address to another of the same family. */
    Sent make(LifeNode from, byte[] source, byte[] destination, int length) {
        byte[] bytes = new byte[length];
        ByteBuffer b = ByteBuffer.wrap(bytes);
        if (source.length == Integer.BYTES) {
            b.putInt(0, 0x45000000 | length);
            b.putInt(8, (64 << 24) | (253 << 16));
            b.put(12, source).put(16, destination);
        } else {
            b.putInt(0, 0x60000000);
            b.putInt(4, ((length - 40) << 16) | (253 << 8) | 64);
            b.put(8, source).put(24, destination);
        }
        int serial = all.size();
        long filler = SeededRandom.mix(serial);
        int at = header(bytes);
        b.putInt(at, MAGIC).putInt(at + 4, serial).putInt(at + 8, from.number);
        for (int i = at + 12; i < length; i++) {
            bytes[i] = (byte) (filler >>> ((i & 7) * Byte.SIZE));
        }
        Sent sent = new Sent(from, bytes);
        all.add(sent);
        return sent;
    }

    /** The packet that these bytes claim to be. */
    @Nullable Sent find(byte[] packet) {
        int at = header(packet);
        if (packet.length < at + 12) {
            return null;
        }
        ByteBuffer b = ByteBuffer.wrap(packet);
        int serial = b.getInt(at + 4);
        return b.getInt(at) == MAGIC && serial >= 0 && serial < all.size() ? all.get(serial) : null;
    }

    int count() {
        return all.size();
    }

    static byte[] source(byte[] packet) {
        return packet[0] >>> 4 == 4
                ? Arrays.copyOfRange(packet, 12, 16)
                : Arrays.copyOfRange(packet, 8, 24);
    }

    static byte[] destination(byte[] packet) {
        return packet[0] >>> 4 == 4
                ? Arrays.copyOfRange(packet, 16, 20)
                : Arrays.copyOfRange(packet, 24, 40);
    }

    private static int header(byte[] packet) {
        return packet[0] >>> 4 == 4 ? 20 : 40;
    }
}
