package io.culvert.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.math.BigInteger;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Against {@link BigInteger}, with limbs up to the bounds that the class promises to take. */
class VectorField25519Test {

    private static final BigInteger P =
            BigInteger.ONE.shiftLeft(255).subtract(BigInteger.valueOf(19));

    private static final int A = 0;
    private static final int B = 1;
    private static final int OUT = 2;

    @BeforeAll
    static void needsVectors() {
        assumeTrue(AeadEngines.VECTOR_BITS != 0, "no vectors of 256 bits here");
    }

    @Test
    void productsOfLooseNumbersAreRightAndTight() {
        SplittableRandom random = new SplittableRandom(26);
        for (int run = 0; run < 300; run++) {
            long[] m = looseNumbers(random, run);
            BigInteger[] a = numbers(m, A);
            BigInteger[] b = numbers(m, B);
            VectorField25519.multiply(m, at(OUT), at(A), at(B));
            BigInteger[] out = numbers(m, OUT);
            for (int lane = 0; lane < VectorField25519.LANES; lane++) {
                assertThat(out[lane].mod(P))
                        .as("run %d, lane %d", run, lane)
                        .isEqualTo(a[lane].multiply(b[lane]).mod(P));
            }
            checkTight(m);
        }
    }

    @Test
    void squaresOfLooseNumbersAreRightAndTight() {
        SplittableRandom random = new SplittableRandom(25);
        for (int run = 0; run < 300; run++) {
            long[] m = looseNumbers(random, run);
            BigInteger[] a = numbers(m, A);
            VectorField25519.square(m, at(OUT), at(A));
            BigInteger[] out = numbers(m, OUT);
            for (int lane = 0; lane < VectorField25519.LANES; lane++) {
                assertThat(out[lane].mod(P))
                        .as("run %d, lane %d", run, lane)
                        .isEqualTo(a[lane].pow(2).mod(P));
            }
            checkTight(m);
        }
    }

    @Test
    void aLaneTakesAndGivesBackANumber() {
        SplittableRandom random = new SplittableRandom(51);
        long[] m = new long[VectorField25519.LENGTH];
        byte[] bytes = new byte[32];
        byte[] back = new byte[32];
        long[] number = new long[Field25519.LIMBS];
        for (int run = 0; run < 100; run++) {
            random.nextBytes(bytes);
            bytes[31] &= 0x3f;
            Field25519.decode(number, bytes, 0);
            VectorField25519.put(m, 0, run % VectorField25519.LANES, number);
            VectorField25519.take(number, m, 0, run % VectorField25519.LANES);
            Field25519.encode(back, 0, number);
            assertThat(back).isEqualTo(bytes);
        }
    }

    /**
     * In the first runs all limbs are as great as they may be; later each is great, zero or any.
     */
    private static long[] looseNumbers(SplittableRandom random, int run) {
        long[] m = new long[3 * VectorField25519.LENGTH];
        for (int i = 0; i < 2 * VectorField25519.LENGTH; i++) {
            boolean even = (i / VectorField25519.LANES) % 2 == 0;
            long bound = even ? 3L << 26 : (3L << 25) + (1L << 17);
            m[i] =
                    switch (run < 2 ? 0 : random.nextInt(3)) {
                        case 0 -> bound - 1;
                        case 1 -> 0;
                        default -> random.nextLong(bound);
                    };
        }
        return m;
    }

    private static void checkTight(long[] m) {
        for (int i = 0; i < VectorField25519.LENGTH; i++) {
            boolean even = (i / VectorField25519.LANES) % 2 == 0;
            assertThat(m[at(OUT) + i])
                    .as("limb %d", i / VectorField25519.LANES)
                    .isBetween(0L, (even ? 1L << 26 : (1L << 25) + (1L << 17)) - 1);
        }
    }

    private static BigInteger[] numbers(long[] m, int number) {
        BigInteger[] out = new BigInteger[VectorField25519.LANES];
        for (int lane = 0; lane < out.length; lane++) {
            out[lane] = BigInteger.ZERO;
            for (int limb = 0; limb < VectorField25519.LIMBS; limb++) {
                long value = m[at(number) + limb * VectorField25519.LANES + lane];
                out[lane] = out[lane].add(BigInteger.valueOf(value).shiftLeft((51 * limb + 1) / 2));
            }
        }
        return out;
    }

    private static int at(int number) {
        return number * VectorField25519.LENGTH;
    }
}
