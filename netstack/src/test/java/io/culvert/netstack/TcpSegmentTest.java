package io.culvert.netstack;

import static io.culvert.netstack.PacketBuilder.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 9293, 3.1 and 3.2: the header, and options whole, cut and wrong. */
class TcpSegmentTest {
    private static final int AT = 7;
    private static final int SYN = PacketBuilder.SYN;
    private static final int ACK = PacketBuilder.ACK;

    private final TcpSegment s = new TcpSegment();

    /** Parses a header with those options and {@code payload} bytes behind it. */
    private boolean parse(int flags, byte[] options, int payload) {
        return parse(header(flags, 5 + options.length / 4, options, payload));
    }

    private static byte[] header(int flags, int words, byte[] options, int payload) {
        return ByteBuffer.allocate(20 + options.length + payload)
                .putShort((short) 0xc001)
                .putShort((short) 443)
                .putInt(0xfedcba98)
                .putInt(0x89abcdef)
                .putShort((short) (words << 12 | flags))
                .putShort((short) 0xfffe)
                .putInt(0)
                .put(options)
                .array();
    }

    private boolean parse(byte[] segment) {
        MemorySegment m = Arena.ofAuto().allocate(AT + segment.length);
        MemorySegment.copy(segment, 0, m, ValueLayout.JAVA_BYTE, AT, segment.length);
        Packet p = new Packet();
        p.memory = m;
        p.transportOffset = AT;
        p.transportLength = segment.length;
        return s.parse(p);
    }

    private void assertNoOptions() {
        assertThat(s.hasTimestamp).isFalse();
        assertThat(s.sackBlocks).isZero();
        assertThat(s.mss).isZero();
        assertThat(s.windowScale).isEqualTo(-1);
        assertThat(s.sackPermitted).isFalse();
    }

    private static byte[] timestamp(int value, int echo) {
        return ByteBuffer.allocate(12).putInt(0x0101080a).putInt(value).putInt(echo).array();
    }

    @Test
    void readsTheHeader() {
        assertThat(parse(ACK | PacketBuilder.PSH, new byte[0], 9)).isTrue();
        assertThat(s.sourcePort).isEqualTo(0xc001);
        assertThat(s.destinationPort).isEqualTo(443);
        assertThat(s.sequence).isEqualTo(0xfedcba98);
        assertThat(s.acknowledgment).isEqualTo(0x89abcdef);
        assertThat(s.flags).isEqualTo(ACK | PacketBuilder.PSH);
        assertThat(s.window).isEqualTo(0xfffe);
        assertThat(s.headerOffset).isEqualTo(AT);
        assertThat(s.payloadOffset).isEqualTo(AT + 20);
        assertThat(s.payloadLength).isEqualTo(9);
        assertThat(s.has(ACK)).isTrue();
        assertThat(s.has(SYN)).isFalse();
        assertNoOptions();
    }

    @ParameterizedTest
    @CsvSource({"2, 0, 1", "1, 0, 1", "3, 0, 2", "16, 0, 0", "16, 5, 5", "17, 5, 6", "19, 5, 7"})
    void synAndFinTakeANumberEach(int flags, int payload, int length) {
        assertThat(parse(flags, new byte[0], payload)).isTrue();
        assertThat(s.sequenceLength()).isEqualTo(length);
    }

    @Test
    void whatIsNoHeaderIsNone() {
        assertThat(parse(new byte[19])).isFalse();
        assertThat(parse(header(ACK, 4, new byte[4], 4))).as("offset 16").isFalse();
        assertThat(parse(header(ACK, 0, new byte[4], 4))).as("offset 0").isFalse();
        assertThat(parse(header(ACK, 6, new byte[0], 4))).as("all of it header").isTrue();
        assertThat(s.payloadLength).isZero();
        assertThat(parse(header(ACK, 6, new byte[0], 3))).as("beyond the end").isFalse();
        assertThat(parse(header(ACK, 15, new byte[40], 0))).isTrue();
    }

    @Test
    void readsAllOptionsOfASyn() {
        byte[] options = bytes(2, 4, 0x85, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 3, 3, 7);
        assertThat(parse(SYN, options, 0)).isTrue();
        assertThat(s.mss).isEqualTo(0x85b4);
        assertThat(s.sackPermitted).isTrue();
        assertThat(s.hasTimestamp).isTrue();
        assertThat(s.timestamp).isEqualTo(0x01020304);
        assertThat(s.timestampEcho).isEqualTo(0x05060708);
        assertThat(s.windowScale).isEqualTo(7);
    }

    @Test
    void ofASynAloneTheyMeanSomethingAndOfOthersTheyDoNot() {
        byte[] ofSyn = bytes(2, 4, 5, 0xb4, 3, 3, 7, 4, 2, 1, 1, 1);
        assertThat(parse(ACK, ofSyn, 0)).isTrue();
        assertNoOptions();
        byte[] sack = bytes(1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2);
        assertThat(parse(SYN | ACK, sack, 0)).isTrue();
        assertThat(s.sackBlocks).isZero();
        assertThat(parse(ACK, sack, 0)).isTrue();
        assertThat(s.sackBlocks).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "14, 14", "15, 14", "255, 14"})
    void scalesByFourteenAtMost(int offered, int used) {
        assertThat(parse(SYN, bytes(3, 3, offered, 0), 0)).isTrue();
        assertThat(s.windowScale).isEqualTo(used);
    }

    @Test
    void alignedTimestampsMayHaveOthersBehindThem() {
        assertThat(parse(ACK, timestamp(0xf1020304, 0x85060708), 3)).isTrue();
        assertThat(s.hasTimestamp).isTrue();
        assertThat(s.timestamp).isEqualTo(0xf1020304);
        assertThat(s.timestampEcho).isEqualTo(0x85060708);
        assertThat(s.sackBlocks).isZero();
        byte[] both =
                ByteBuffer.allocate(32)
                        .put(timestamp(1, 2))
                        .putInt(0x01010512)
                        .putInt(0xffff_fff0)
                        .putInt(5)
                        .putInt(6)
                        .putInt(7)
                        .array();
        assertThat(parse(ACK, both, 0)).isTrue();
        assertThat(s.timestamp).isEqualTo(1);
        assertThat(s.sackBlocks).isEqualTo(2);
        assertThat(s.sackFrom).startsWith(0xffff_fff0, 6);
        assertThat(s.sackTo).startsWith(5, 7);
    }

    @Test
    void fourBlocksFillAHeader() {
        ByteBuffer b = ByteBuffer.allocate(36).putInt(0x01010522);
        for (int i = 1; i <= 8; i++) {
            b.putInt(i);
        }
        assertThat(parse(ACK, b.array(), 0)).isTrue();
        assertThat(s.sackBlocks).isEqualTo(4);
        assertThat(s.sackFrom).containsExactly(1, 3, 5, 7);
        assertThat(s.sackTo).containsExactly(2, 4, 6, 8);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 9, 11})
    void sackOfNoWholeBlockIsNone(int size) {
        byte[] options = new byte[12];
        options[0] = 5;
        options[1] = (byte) size;
        assertThat(parse(ACK, options, 0)).isTrue();
        assertThat(s.sackBlocks).isZero();
    }

    @ParameterizedTest
    @CsvSource({"2, 3", "2, 5", "3, 2", "3, 4", "4, 3", "8, 9", "8, 11"})
    void anOptionOfAWrongSizeIsSkippedByItsSize(int kind, int size) {
        byte[] options = new byte[16];
        java.util.Arrays.fill(options, (byte) 1);
        options[0] = (byte) kind;
        options[1] = (byte) size;
        java.util.Arrays.fill(options, 2, size, (byte) 9);
        options[size] = 2;
        options[size + 1] = 4;
        options[size + 2] = 3;
        options[size + 3] = (byte) 0xe8;
        assertThat(parse(SYN, options, 0)).isTrue();
        assertThat(s.mss).as("what follows is understood").isEqualTo(1000);
        assertThat(s.windowScale).isEqualTo(-1);
        assertThat(s.sackPermitted).isFalse();
        assertThat(s.hasTimestamp).isFalse();
    }

    @Test
    void anUnknownOptionIsSkipped() {
        assertThat(parse(SYN, bytes(254, 6, 2, 4, 9, 9, 1, 2, 4, 3, 0xe8, 1), 0)).isTrue();
        assertThat(s.mss).isEqualTo(1000);
    }

    @Test
    void nothingIsReadBehindTheEndOfOptionsOrAFault() {
        byte[] mss = {2, 4, 3, (byte) 0xe8};
        byte[][] before = {bytes(1, 1, 1, 0), bytes(1, 1, 1, 254), bytes(254, 1, 1, 1)};
        for (byte[] b : before) {
            byte[] options = ByteBuffer.allocate(8).put(b).put(mss).array();
            assertThat(parse(SYN, options, 0)).isTrue();
            assertThat(s.mss).as("behind %s", b[3]).isZero();
        }
    }

    @Test
    void anOptionEndsWithTheHeaderAtTheLatest() {
        assertThat(parse(SYN, bytes(1, 1, 1, 2), 8)).as("no room for a size").isTrue();
        assertThat(s.mss).isZero();
        assertThat(parse(SYN, bytes(1, 2, 4, 5), 8)).as("a byte too long").isTrue();
        assertThat(s.mss).isZero();
        assertThat(parse(SYN, bytes(1, 1, 4, 2), 8)).as("to the end exactly").isTrue();
        assertThat(s.sackPermitted).isTrue();
        assertThat(parse(ACK, bytes(1, 1, 8, 10, 1, 1, 1, 1), 8)).isTrue();
        assertThat(s.hasTimestamp).isFalse();
    }

    @Test
    void nothingStaysOfTheSegmentBefore() {
        byte[] all = bytes(2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 3, 3, 7);
        assertThat(parse(SYN, all, 0)).isTrue();
        assertThat(s.hasTimestamp && s.sackPermitted).isTrue();
        assertThat(parse(ACK, bytes(1, 1, 5, 10, 0, 0, 0, 1, 0, 0, 0, 2), 0)).isTrue();
        assertThat(parse(ACK, new byte[0], 0)).isTrue();
        assertNoOptions();
    }
}
