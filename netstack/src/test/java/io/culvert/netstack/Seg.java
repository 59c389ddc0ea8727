package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A segment of a {@link TcpScript}, to inject or as it came out. Numbers are relative to the
 * initial sequence numbers, so that 0 is the SYN and 1 the first byte. Flags are letters: S, A, F,
 * R, P.
 */
final class Seg {
    private static final String LETTERS = "FSRPAU";

    int flags;
    int seq;
    int ack;
    int window = 0xffff;
    byte[] data = new byte[0];
    int mss;
    int windowScale = -1;
    boolean sackPermitted;
    boolean hasTimestamp;
    int timestamp;
    int echo;
    final List<Integer> sack = new ArrayList<>();
    byte[] rawOptions = new byte[0];
    int checksumXor;

    /** When it came out. */
    long at;

    private boolean explicitTimestamp;

    static Seg of(String letters) {
        Seg s = new Seg();
        s.flags = flags(letters);
        return s;
    }

    private static int flags(String letters) {
        int flags = 0;
        for (int i = 0; i < letters.length(); i++) {
            char letter = letters.charAt(i);
            int bit = LETTERS.indexOf(letter);
            if (bit < 0) {
                throw new IllegalArgumentException("flag " + letter);
            }
            flags |= 1 << bit;
        }
        return flags;
    }

    Seg seq(int relative) {
        seq = relative;
        return this;
    }

    Seg ack(int relative) {
        ack = relative;
        return this;
    }

    Seg win(int field) {
        window = field;
        return this;
    }

    Seg data(byte[] bytes) {
        data = bytes;
        return this;
    }

    /** Bytes of the stream that {@link TransferApp} knows, as they belong at this sequence. */
    Seg data(int length) {
        data = new byte[length];
        for (int i = 0; i < length; i++) {
            data[i] = TransferApp.byteAt(seq - 1L + i);
        }
        return this;
    }

    Seg mss(int value) {
        mss = value;
        return this;
    }

    Seg ws(int shift) {
        windowScale = shift;
        return this;
    }

    Seg sackOk() {
        sackPermitted = true;
        return this;
    }

    Seg noSack() {
        sackPermitted = false;
        return this;
    }

    Seg ts(int value, int ecr) {
        hasTimestamp = true;
        explicitTimestamp = true;
        timestamp = value;
        echo = ecr;
        return this;
    }

    Seg noTs() {
        hasTimestamp = false;
        explicitTimestamp = true;
        return this;
    }

    boolean wantsTimestamp() {
        return !explicitTimestamp;
    }

    /** Pairs of from and to. */
    Seg sack(int... edges) {
        for (int edge : edges) {
            sack.add(edge);
        }
        return this;
    }

    Seg options(int... bytes) {
        rawOptions = PacketBuilder.bytes(bytes);
        return this;
    }

    Seg badChecksum() {
        checksumXor = 0x0101;
        return this;
    }

    byte[] optionBytes(int ackBase) {
        ByteArrayOutputStream o = new ByteArrayOutputStream();
        o.writeBytes(rawOptions);
        if (mss != 0) {
            o.writeBytes(PacketBuilder.bytes(2, 4, mss >> 8, mss));
        }
        if (sackPermitted) {
            o.writeBytes(PacketBuilder.bytes(4, 2));
        }
        if (windowScale >= 0) {
            o.writeBytes(PacketBuilder.bytes(3, 3, windowScale));
        }
        if (hasTimestamp) {
            o.writeBytes(PacketBuilder.bytes(1, 1, 8, 10));
            o.writeBytes(ByteBuffer.allocate(8).putInt(timestamp).putInt(echo).array());
        }
        if (!sack.isEmpty()) {
            o.writeBytes(PacketBuilder.bytes(1, 1, 5, 2 + 4 * sack.size()));
            for (int edge : sack) {
                o.writeBytes(ByteBuffer.allocate(4).putInt(ackBase + edge).array());
            }
        }
        while (o.size() % 4 != 0) {
            o.write(1);
        }
        return o.toByteArray();
    }

    static Seg parse(PacketView p, int seqBase, int ackBase, long at) {
        Seg s = new Seg();
        s.at = at;
        s.flags = p.u8(13) & 0x3f;
        s.seq = p.i32(4) - seqBase;
        s.ack = (s.flags & 16) == 0 ? p.i32(8) : p.i32(8) - ackBase;
        s.window = p.u16(14);
        int header = (p.u8(12) >> 4) * 4;
        s.data = Arrays.copyOfRange(p.payload, header, p.payload.length);
        s.rawOptions = Arrays.copyOfRange(p.payload, 20, header);
        s.parseOptions(ackBase);
        return s;
    }

    private void parseOptions(int ackBase) {
        ByteBuffer b = ByteBuffer.wrap(rawOptions);
        while (b.hasRemaining()) {
            int kind = b.get();
            if (kind == 0) {
                return;
            }
            if (kind == 1) {
                continue;
            }
            int length = b.get();
            switch (kind) {
                case 2 -> mss = b.getShort() & 0xffff;
                case 3 -> windowScale = b.get();
                case 4 -> sackPermitted = true;
                case 5 -> {
                    for (int i = 2; i < length; i += 4) {
                        sack.add(b.getInt() - ackBase);
                    }
                }
                case 8 -> {
                    hasTimestamp = true;
                    timestamp = b.getInt();
                    echo = b.getInt();
                }
                default -> throw new AssertionError("option " + kind);
            }
        }
    }

    String letters() {
        StringBuilder text = new StringBuilder();
        for (int bit : new int[] {1, 0, 2, 3, 4, 5}) {
            if ((flags & 1 << bit) != 0) {
                text.append(LETTERS.charAt(bit));
            }
        }
        return text.toString();
    }

    boolean is(String letters) {
        return flags == flags(letters);
    }

    int end() {
        return seq + data.length;
    }

    Seg hasFlags(String letters) {
        assertThat(letters()).as("flags of %s", this).isEqualTo(Seg.of(letters).letters());
        return this;
    }

    Seg hasSeq(int expected) {
        assertThat(seq).as("sequence of %s", this).isEqualTo(expected);
        return this;
    }

    Seg hasAck(int expected) {
        assertThat(ack).as("acknowledgment of %s", this).isEqualTo(expected);
        return this;
    }

    Seg hasLength(int expected) {
        assertThat(data.length).as("payload of %s", this).isEqualTo(expected);
        return this;
    }

    Seg hasWindow(int expected) {
        assertThat(window).as("window of %s", this).isEqualTo(expected);
        return this;
    }

    Seg hasSack(Integer... edges) {
        assertThat(sack).as("SACK blocks of %s", this).containsExactly(edges);
        return this;
    }

    @Override
    public String toString() {
        return letters()
                + " "
                + seq
                + ":"
                + end()
                + " ack "
                + ack
                + " win "
                + window
                + (sack.isEmpty() ? "" : " sack " + sack);
    }
}
