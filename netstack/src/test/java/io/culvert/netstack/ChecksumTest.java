package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChecksumTest {
    private final Random random = new Random(1);

    private byte[] data(int length) {
        byte[] b = new byte[length];
        switch (random.nextInt(4)) {
            case 0 -> Arrays.fill(b, (byte) 0xff);
            case 1 -> Arrays.fill(b, (byte) 0);
            default -> random.nextBytes(b);
        }
        return b;
    }

    @Test
    void agreesWithTheNaiveSumAtAnyLengthAndAlignment() {
        for (int i = 0; i < 5000; i++) {
            byte[] b = data(random.nextInt(i % 50 == 0 ? 70000 : 300));
            int shift = random.nextInt(9);
            MemorySegment m = Host.segment(new byte[b.length + 16]);
            MemorySegment.copy(b, 0, m, ValueLayout.JAVA_BYTE, shift, b.length);
            assertThat(Checksum.finish(Checksum.sum(m, shift, b.length)))
                    .isEqualTo(PacketBuilder.naiveChecksum(b));
        }
    }

    @Test
    void copiesExactlyTheRangeAndSumsIt() {
        for (int i = 0; i < 3000; i++) {
            byte[] b = data(random.nextInt(400));
            int from = random.nextInt(9);
            int to = 1 + random.nextInt(9);
            MemorySegment source = Host.segment(new byte[b.length + 16]);
            MemorySegment.copy(b, 0, source, ValueLayout.JAVA_BYTE, from, b.length);
            byte[] expected = new byte[b.length + 16];
            Arrays.fill(expected, (byte) 0x5a);
            MemorySegment target = Host.segment(expected);
            System.arraycopy(b, 0, expected, to, b.length);

            int sum = Checksum.copyAndSum(source, from, target, to, b.length);

            assertThat(target.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(expected);
            assertThat(Checksum.finish(sum)).isEqualTo(PacketBuilder.naiveChecksum(b));
        }
    }

    @Test
    void appendsPiecesAtEvenAndOddPlaces() {
        for (int i = 0; i < 3000; i++) {
            byte[] b = data(random.nextInt(200));
            MemorySegment m = Host.segment(b);
            int sum = 0;
            int at = 0;
            while (at < b.length) {
                int n = Math.min(b.length - at, 1 + random.nextInt(40));
                sum = Checksum.append(sum, at, Checksum.sum(m, at, n));
                at += n;
            }
            assertThat(Checksum.finish(sum)).isEqualTo(PacketBuilder.naiveChecksum(b));
        }
    }

    @Test
    void pseudoHeadersOfBothFamiliesMatchTheirBytes() {
        for (int i = 0; i < 2000; i++) {
            byte[] v4 = new byte[12];
            random.nextBytes(v4);
            v4[8] = 0;
            byte[] v6 = new byte[40];
            random.nextBytes(v6);
            v6[0] = 0x20; // not IPv4-mapped
            v6[16] = 0x20;
            Arrays.fill(v6, 36, 39, (byte) 0);
            MemorySegment m4 = Host.segment(v4);
            MemorySegment m6 = Host.segment(v6);

            int sum4 =
                    Checksum.pseudoHeader(
                            0,
                            IpAddress.v4(m4.get(IpHeader.INT, 0)),
                            0,
                            IpAddress.v4(m4.get(IpHeader.INT, 4)),
                            v4[9] & 0xff,
                            m4.get(IpHeader.SHORT, 10) & 0xffff);
            int sum6 =
                    Checksum.pseudoHeader(
                            m6.get(IpHeader.LONG, 0),
                            m6.get(IpHeader.LONG, 8),
                            m6.get(IpHeader.LONG, 16),
                            m6.get(IpHeader.LONG, 24),
                            v6[39] & 0xff,
                            m6.get(IpHeader.INT, 32) & 0x7fffffff);
            v6[32] &= 0x7f;

            assertThat(Checksum.finish(sum4)).isEqualTo(PacketBuilder.naiveChecksum(v4));
            assertThat(Checksum.finish(sum6)).isEqualTo(PacketBuilder.naiveChecksum(v6));
        }
    }

    @Test
    void foldsTheLargestSums() {
        assertThat(Checksum.fold(-1L)).isEqualTo(0xffff);
        assertThat(Checksum.fold(0)).isZero();
        assertThat(Checksum.add(0xffff, 0xffff)).isEqualTo(0xffff);
        assertThat(Checksum.add(0xffff, 1)).isEqualTo(1);
    }
}
