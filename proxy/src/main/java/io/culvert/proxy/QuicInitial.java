package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Puts the ClientHello of one QUIC connection together from the CRYPTO frames of its Initial
 * packets (RFC 9000 section 17.2.2, 19.6), which may be several, in any order.
 */
final class QuicInitial {
    /** Form and fixed bit, RFC 9000 section 17.2. */
    private static final int LONG_HEADER = 0xc0;

    /** The first byte, the version, and the lengths of both connection IDs. */
    private static final int LONG_HEADER_BYTES = 7;

    private static final int MAX_ID = 20;
    private static final int SAMPLE = 16;
    private static final int MAX_NUMBER = 4;
    private static final int MAX_HANDSHAKE = 16384;

    private static final int PADDING = 0x00;
    private static final int PING = 0x01;
    private static final int ACK = 0x02;
    private static final int ACK_ECN = 0x03;
    private static final int CRYPTO = 0x06;

    private final byte[] handshake = new byte[MAX_HANDSHAKE];
    private final BitSet received = new BitSet();
    private @Nullable QuicKeys keys;

    /** Whether a datagram may be the first of a QUIC connection. */
    static boolean isBegun(ByteBuf datagram) {
        int at = datagram.readerIndex();
        return datagram.readableBytes() > LONG_HEADER_BYTES
                && (datagram.getUnsignedByte(at) & LONG_HEADER) == LONG_HEADER
                && QuicKeys.knows(datagram.getInt(at + 1));
    }

    /**
     * Takes the next datagram of the client.
     *
     * @param datagram left as it is
     */
    Verdict take(ByteBuf datagram) {
        ByteBuf in = datagram.slice();
        try {
            while (isBegun(in)) {
                if (!packet(in)) {
                    return Verdict.Open.NEVER;
                }
            }
        } catch (IndexOutOfBoundsException | GeneralSecurityException e) {
            return Verdict.Open.NEVER;
        }
        int whole = received.nextClearBit(0);
        return ClientHello.inMessage(Unpooled.wrappedBuffer(handshake, 0, whole), "quic");
    }

    /** Takes the packet that the buffer begins with; several may share a datagram. */
    private boolean packet(ByteBuf in) throws GeneralSecurityException {
        int start = in.readerIndex();
        int first = in.readUnsignedByte();
        int version = in.readInt();
        byte[] destinationId = id(in);
        id(in);
        boolean initial = (first >> 4 & 3) == QuicKeys.initialType(version);
        if (initial) {
            in.skipBytes(length(in));
        }
        int length = length(in);
        int number = in.readerIndex();
        in.skipBytes(length);
        if (!initial) {
            return true;
        }
        if (keys == null) {
            keys = QuicKeys.of(version, destinationId);
        }
        byte[] packet = new byte[in.readerIndex() - start];
        in.getBytes(start, packet);
        return keys != null && frames(open(keys, packet, number - start));
    }

    private static ByteBuf open(QuicKeys keys, byte[] packet, int number)
            throws GeneralSecurityException {
        byte[] sample = new byte[SAMPLE];
        System.arraycopy(packet, checked(number + MAX_NUMBER, SAMPLE, packet), sample, 0, SAMPLE);
        byte[] mask = keys.mask(sample);
        packet[0] ^= (byte) (mask[0] & 0x0f);
        int bytes = (packet[0] & 3) + 1;
        long packetNumber = 0;
        for (int i = 0; i < bytes; i++) {
            packet[number + i] ^= mask[1 + i];
            packetNumber = packetNumber << Byte.SIZE | (packet[number + i] & 0xff);
        }
        byte[] header = Arrays.copyOf(packet, number + bytes);
        byte[] sealed = Arrays.copyOfRange(packet, number + bytes, packet.length);
        return Unpooled.wrappedBuffer(keys.open(header, packetNumber, sealed));
    }

    private static int checked(int from, int length, byte[] in) {
        if (from + length > in.length) {
            throw new IndexOutOfBoundsException("a packet too short to be one");
        }
        return from;
    }

    /** Takes the frames of one packet; false if there is one that an Initial can't have. */
    private boolean frames(ByteBuf in) {
        while (in.isReadable()) {
            int type = in.readUnsignedByte();
            switch (type) {
                case PADDING, PING -> {}
                case ACK, ACK_ECN -> skipAck(in, type == ACK_ECN);
                case CRYPTO -> {
                    int offset = length(in);
                    int length = length(in);
                    if (offset + length > MAX_HANDSHAKE) {
                        return false;
                    }
                    in.readBytes(handshake, offset, length);
                    received.set(offset, offset + length);
                }
                default -> {
                    return false;
                }
            }
        }
        return true;
    }

    private static void skipAck(ByteBuf in, boolean ecn) {
        length(in);
        length(in);
        int ranges = length(in);
        length(in);
        for (int i = 0; i < 2 * ranges + (ecn ? 3 : 0); i++) {
            length(in);
        }
    }

    private static byte[] id(ByteBuf in) {
        int length = in.readUnsignedByte();
        if (length > MAX_ID) {
            throw new IndexOutOfBoundsException("a connection ID too long");
        }
        byte[] id = new byte[length];
        in.readBytes(id);
        return id;
    }

    /** A variable-length integer (RFC 9000 section 16) that is no larger than a datagram. */
    private static int length(ByteBuf in) {
        int first = in.readUnsignedByte();
        long value = first & 0x3f;
        for (int i = 1; i < 1 << (first >> 6); i++) {
            value = value << Byte.SIZE | in.readUnsignedByte();
        }
        if (value > 0xffff) {
            throw new IndexOutOfBoundsException("longer than a datagram");
        }
        return (int) value;
    }
}
