package io.culvert.interop;

import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A segment that a {@link Probe} sends, right or wrong. Numbers are relative to the two initial
 * sequence numbers: 0 is the SYN, 1 the first byte. Flags are letters: F, S, R, P, A, U, E, C.
 */
final class ProbeSegment {
    /** Beyond any window that a young connection announces. */
    static final int FAR = 1 << 24;

    private static final String LETTERS = "FSRPAUEC";
    private static final int TCP = 6;

    private int flags;
    int seq;
    int ack;
    private int window = 0xffff;
    private int urgentPointer;
    private byte[] data = new byte[0];
    private final ByteArrayOutputStream options = new ByteArrayOutputStream();
    private boolean choosesTimestamp;
    private int headerWords;
    private int reserved;
    private int checksumXor;

    private ProbeSegment() {}

    static ProbeSegment of(String letters) {
        return new ProbeSegment().and(letters);
    }

    /** Text for a subject that has sent nothing. */
    static ProbeSegment data(int seq, String text) {
        return of("PA").seq(seq).ack(1).data(text);
    }

    /** Sets more flags. */
    ProbeSegment and(String letters) {
        for (int i = 0; i < letters.length(); i++) {
            flags |= 1 << LETTERS.indexOf(letters.charAt(i));
        }
        return this;
    }

    static String letters(int flags) {
        StringBuilder text = new StringBuilder();
        for (int bit = 0; bit < LETTERS.length(); bit++) {
            if ((flags & 1 << bit) != 0) {
                text.append(LETTERS.charAt(bit));
            }
        }
        return text.isEmpty() ? "none" : text.toString();
    }

    boolean has(char letter) {
        return (flags & 1 << LETTERS.indexOf(letter)) != 0;
    }

    ProbeSegment seq(int relative) {
        seq = relative;
        return this;
    }

    ProbeSegment ack(int relative) {
        ack = relative;
        return this;
    }

    ProbeSegment win(int field) {
        window = field;
        return this;
    }

    ProbeSegment urgent(int pointer) {
        urgentPointer = pointer;
        return this;
    }

    ProbeSegment data(String text) {
        data = text.getBytes(StandardCharsets.US_ASCII);
        return this;
    }

    int length() {
        return data.length;
    }

    /** Option bytes as they stand; the header is filled up with zeros, which end the list. */
    ProbeSegment options(int... bytes) {
        for (int b : bytes) {
            options.write(b);
        }
        return this;
    }

    ProbeSegment mss(int value) {
        return options(2, 4, value >> 8, value);
    }

    ProbeSegment ws(int shift) {
        return options(1, 3, 3, shift);
    }

    ProbeSegment sackOk() {
        return options(1, 1, 4, 2);
    }

    ProbeSegment ts(int value, int echo) {
        choosesTimestamp = true;
        options(1, 1, 8, 10);
        options.writeBytes(ByteBuffer.allocate(8).putInt(value).putInt(echo).array());
        return this;
    }

    ProbeSegment noTs() {
        choosesTimestamp = true;
        return this;
    }

    /** Whether a connection with timestamps gives it one. */
    boolean takesTimestamp() {
        return !choosesTimestamp;
    }

    /** Claims a header of so many 32-bit words. */
    ProbeSegment headerWords(int words) {
        headerWords = words;
        return this;
    }

    /** Sets some of the reserved bits of the header's 13th byte. */
    ProbeSegment reserved(int bits) {
        reserved = bits;
        return this;
    }

    ProbeSegment badChecksum() {
        checksumXor = 0x0101;
        return this;
    }

    /** The IP packet. */
    byte[] packet(InetSocketAddress from, InetSocketAddress to, int seqBase, int ackBase) {
        int optionBytes = (options.size() + 3) / 4 * 4;
        int header = 20 + optionBytes;
        ByteBuffer b = ByteBuffer.allocate(header + data.length);
        b.putShort((short) from.getPort()).putShort((short) to.getPort());
        b.putInt(seqBase + seq).putInt(has('A') ? ackBase + ack : ack);
        int words = headerWords == 0 ? header / 4 : headerWords;
        b.putShort((short) (words << 12 | reserved << 8 | flags)).putShort((short) window);
        b.putShort((short) 0).putShort((short) urgentPointer);
        b.put(options.toByteArray()).position(header).put(data);
        int sum = IpPacket.checksum(from.getAddress(), to.getAddress(), TCP, b.array());
        b.putShort(16, (short) (sum ^ checksumXor));
        return IpPacket.of(from.getAddress(), to.getAddress(), TCP, b.array());
    }
}
