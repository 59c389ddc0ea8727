package io.culvert.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("A4")
class Tai64nTest {
    private static final long SECOND = 1_000_000_000;
    private static final long TIME = 1_700_000_000 * SECOND;
    private static final long QUANTUM = 1 << 24;

    @Test
    void encodesSecondsAndNanosecondsBigEndian() {
        byte[] out = new byte[Tai64n.LENGTH];
        Tai64n.encode(TIME + 0x02000000, out);
        assertThat(HexFormat.of().formatHex(out)).isEqualTo("400000006553f10a02000000");
        Tai64n.encode(-SECOND, out);
        assertThat(HexFormat.of().formatHex(out)).isEqualTo("400000000000000900000000");
    }

    @Test
    void clearsTheLow24BitsOfTheNanoseconds() {
        assertThat(Tai64n.stamp(TIME + QUANTUM - 1, Constants.LONG_AGO)).isEqualTo(TIME);
        assertThat(Tai64n.stamp(TIME + QUANTUM, Constants.LONG_AGO)).isEqualTo(TIME + QUANTUM);
        assertThat(Tai64n.stamp(TIME + SECOND - 1, Constants.LONG_AGO))
                .isEqualTo(TIME + 59 * QUANTUM);
    }

    @Test
    void growsEvenWhenTheClockStandsOrGoesBack() {
        SplittableRandom random = new SplittableRandom(1);
        byte[] last = new byte[Tai64n.LENGTH];
        byte[] next = new byte[Tai64n.LENGTH];
        long stamp = Constants.LONG_AGO;
        for (int i = 0; i < 10_000; i++) {
            stamp = Tai64n.stamp(TIME + random.nextLong(-SECOND, SECOND), stamp);
            Tai64n.encode(stamp, next);
            assertThat(Arrays.compareUnsigned(next, last)).isPositive();
            assertThat(Wire.intBe(next, Long.BYTES) & (QUANTUM - 1)).isZero();
            assertThat(Wire.intBe(next, Long.BYTES)).isBetween(0, 999_999_999);
            System.arraycopy(next, 0, last, 0, next.length);
        }
    }
}
