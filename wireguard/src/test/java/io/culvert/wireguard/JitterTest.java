package io.culvert.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("A7.10")
class JitterTest {
    /** The first outputs of splitmix64 with seed 0. */
    private static final long[] SPLITMIX = {
        0xe220a8397b1dcdafL, 0x6e789e6aa1b965f4L, 0x06c45d188009454fL, 0xf88bb8a8724c81ecL
    };

    @Test
    void scalesTheReferenceGeneratorTo333Milliseconds() {
        Jitter jitter =
                new Jitter((out, offset, length) ->
                        Arrays.fill(out, offset, offset + length, (byte) 0));
        for (long random : SPLITMIX) {
            assertThat(jitter.next()).isEqualTo(Math.unsignedMultiplyHigh(random, 333_000_001L));
        }
    }

    @Test
    void isSpreadEvenly() {
        Jitter jitter = new Jitter(new SeededEntropy(1));
        int[] counts = new int[9];
        for (int i = 0; i < 90_000; i++) {
            counts[(int) (jitter.next() / 37_000_001)]++;
        }
        for (int count : counts) {
            assertThat(count).isBetween(9_600, 10_400);
        }
    }
}
