package io.culvert.crypto;

import static io.culvert.crypto.VectorField25519.LANES;
import static io.culvert.crypto.VectorField25519.LENGTH;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.util.Arrays;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The Montgomery ladder (RFC 7748, section 5) for as many scalars and points at once as a vector
 * has lanes, each lane with its own. Constant time by construction: the same operations for every
 * scalar, exchanges by mask.
 *
 * <p>Until C2 has compiled this class and {@link VectorField25519}, one run takes about a second:
 * {@link #warmUp} comes first. Not thread-safe.
 */
final class VectorLadder25519 {

    private static final VectorSpecies<Long> SPECIES = VectorWidth.LONGS;
    private static final int WORDS = X25519.KEY_LENGTH / Long.BYTES;

    private static final long M25 = (1L << 25) - 1;
    private static final long M26 = (1L << 26) - 1;
    private static final long M32 = (1L << 32) - 1;

    /** (486662 - 2) / 4 (RFC 7748, section 5). */
    private static final long A24 = 121665;

    // Where the numbers of RFC 7748, section 5, lie in the one array.
    private static final int X1 = 0;
    private static final int X2 = LENGTH;
    private static final int Z2 = 2 * LENGTH;
    private static final int X3 = 3 * LENGTH;
    private static final int Z3 = 4 * LENGTH;
    private static final int A = 5 * LENGTH;
    private static final int B = 6 * LENGTH;
    private static final int C = 7 * LENGTH;
    private static final int D = 8 * LENGTH;
    private static final int TWO_P = 9 * LENGTH;

    /** The scalars, four vectors, the lowest words first; each is shifted out to the left. */
    private static final int SCALAR = 10 * LENGTH;

    /** Which lanes are swapped now; which lanes lie the other way round. */
    private static final int SWAP = SCALAR + WORDS * LANES;

    private static final int SWAPPED = SWAP + LANES;
    private static final int SIZE = SWAPPED + LANES;

    /**
     * Runs until C2 has compiled all there is: HotSpot orders that after 5000 calls, of which a run
     * has about a thousand, and takes a second or two for it; on a busy machine the runs are as
     * much slower.
     */
    private static final int WARM_UP_RUNS = 300;

    private final long[] m = new long[SIZE];
    private final long[] decoded = new long[Field25519.LIMBS];

    /** Runs on scratch until the code is compiled. */
    static void warmUp() {
        VectorLadder25519 scratch = new VectorLadder25519();
        for (int run = 0; run < WARM_UP_RUNS; run++) {
            scratch.run();
        }
    }

    /** Gives a lane its scalar, which must be clamped, and its point; both are copied. */
    void put(int lane, byte[] scalar, int scalarAt, byte[] point, int pointAt) {
        for (int word = 0; word < WORDS; word++) {
            m[SCALAR + word * LANES + lane] =
                    LittleEndian.loadLong(scalar, scalarAt + word * Long.BYTES);
        }
        Field25519.decode(decoded, point, pointAt);
        VectorField25519.put(m, X1, lane, decoded);
    }

    /** Writes what a lane came to, as the fraction x / z. */
    void take(int lane, long[] x, long[] z) {
        VectorField25519.take(x, m, X2, lane);
        VectorField25519.take(z, m, Z2, lane);
    }

    /** Runs all lanes, used or not. */
    void run() {
        VectorField25519.fill(m, X2, 1);
        VectorField25519.fill(m, Z2, 0);
        System.arraycopy(m, X1, m, X3, LENGTH);
        VectorField25519.fill(m, Z3, 1);
        VectorField25519.fillTwoP(m, TWO_P);
        Arrays.fill(m, SWAPPED, SWAPPED + LANES, 0);
        // Bit 255 is none.
        nextBit(m, SCALAR + (WORDS - 1) * LANES);
        Arrays.fill(m, SWAPPED, SWAPPED + LANES, 0);
        for (int bit = 254; bit >= 0; bit--) {
            nextBit(m, SCALAR + (bit / Long.SIZE) * LANES);
            step(m);
        }
        // Clamping makes the lowest bit 0: nothing is left to swap back.
    }

    /** Zeroes scalars, points and all that came of them. */
    void wipe() {
        Arrays.fill(m, 0);
        Arrays.fill(decoded, 0);
    }

    /** Tells whether nothing of any input is left, for the test of that. */
    boolean holdsNothing() {
        return ConstantTime.isZero(m, decoded);
    }

    private static void step(long[] m) {
        beginStep(m);
        VectorField25519.multiply(m, D, D, A); // DA
        VectorField25519.multiply(m, C, C, B); // CB
        VectorField25519.square(m, A, A); // AA
        VectorField25519.square(m, B, B); // BB
        addSubtract(m, X3, Z3, D, C);
        VectorField25519.square(m, X3, X3);
        VectorField25519.square(m, Z3, Z3);
        VectorField25519.multiply(m, Z3, Z3, X1);
        VectorField25519.multiply(m, X2, A, B);
        addSubtract(m, C, B, A, B); // E
        addScaled(m, Z2, A, B);
        VectorField25519.multiply(m, Z2, Z2, B);
    }

    /** Shifts the next bit of every lane's scalar out of a word and notes where it changes. */
    private static void nextBit(long[] m, int word) {
        LongVector scalar = LongVector.fromArray(SPECIES, m, word);
        LongVector swapped = LongVector.fromArray(SPECIES, m, SWAPPED);
        LongVector bit = LongVector.zero(SPECIES).sub(scalar.lanewise(LSHR, Long.SIZE - 1));
        bit.lanewise(XOR, swapped).intoArray(m, SWAP);
        bit.intoArray(m, SWAPPED);
        scalar.lanewise(LSHL, 1).intoArray(m, word);
    }

    /** Swaps where the scalar's bit changes, then makes A, B, C and D. */
    private static void beginStep(long[] m) {
        LongVector swap = LongVector.fromArray(SPECIES, m, SWAP);
        for (int i = 0; i < LENGTH; i += LANES) {
            LongVector x2 = LongVector.fromArray(SPECIES, m, X2 + i);
            LongVector z2 = LongVector.fromArray(SPECIES, m, Z2 + i);
            LongVector x3 = LongVector.fromArray(SPECIES, m, X3 + i);
            LongVector z3 = LongVector.fromArray(SPECIES, m, Z3 + i);
            LongVector twoP = LongVector.fromArray(SPECIES, m, TWO_P + i);
            LongVector x = x2.lanewise(XOR, x3).and(swap);
            LongVector z = z2.lanewise(XOR, z3).and(swap);
            x2 = x2.lanewise(XOR, x);
            x3 = x3.lanewise(XOR, x);
            z2 = z2.lanewise(XOR, z);
            z3 = z3.lanewise(XOR, z);
            x2.add(z2).intoArray(m, A + i);
            x2.add(twoP).sub(z2).intoArray(m, B + i);
            x3.add(z3).intoArray(m, C + i);
            x3.add(twoP).sub(z3).intoArray(m, D + i);
        }
    }

    private static void addSubtract(long[] m, int sum, int difference, int a, int b) {
        for (int i = 0; i < LENGTH; i += LANES) {
            LongVector x = LongVector.fromArray(SPECIES, m, a + i);
            LongVector y = LongVector.fromArray(SPECIES, m, b + i);
            x.add(y).intoArray(m, sum + i);
            x.add(LongVector.fromArray(SPECIES, m, TWO_P + i)).sub(y).intoArray(m, difference + i);
        }
    }

    /** a + a24 * e, tight, of a tight {@code a} and a loose {@code e}. */
    private static void addScaled(long[] m, int out, int a, int e) {
        LongVector m32 = LongVector.broadcast(SPECIES, M32);
        LongVector m26 = LongVector.broadcast(SPECIES, M26);
        LongVector m25 = LongVector.broadcast(SPECIES, M25);
        LongVector a24 = LongVector.broadcast(SPECIES, A24);
        LongVector e0 = LongVector.fromArray(SPECIES, m, e).and(m32);
        LongVector e1 = LongVector.fromArray(SPECIES, m, e + LANES).and(m32);
        LongVector e2 = LongVector.fromArray(SPECIES, m, e + 2 * LANES).and(m32);
        LongVector e3 = LongVector.fromArray(SPECIES, m, e + 3 * LANES).and(m32);
        LongVector e4 = LongVector.fromArray(SPECIES, m, e + 4 * LANES).and(m32);
        LongVector e5 = LongVector.fromArray(SPECIES, m, e + 5 * LANES).and(m32);
        LongVector e6 = LongVector.fromArray(SPECIES, m, e + 6 * LANES).and(m32);
        LongVector e7 = LongVector.fromArray(SPECIES, m, e + 7 * LANES).and(m32);
        LongVector e8 = LongVector.fromArray(SPECIES, m, e + 8 * LANES).and(m32);
        LongVector e9 = LongVector.fromArray(SPECIES, m, e + 9 * LANES).and(m32);
        LongVector d0 = e0.mul(a24).add(LongVector.fromArray(SPECIES, m, a));
        LongVector d1 = e1.mul(a24).add(LongVector.fromArray(SPECIES, m, a + LANES));
        LongVector d2 = e2.mul(a24).add(LongVector.fromArray(SPECIES, m, a + 2 * LANES));
        LongVector d3 = e3.mul(a24).add(LongVector.fromArray(SPECIES, m, a + 3 * LANES));
        LongVector d4 = e4.mul(a24).add(LongVector.fromArray(SPECIES, m, a + 4 * LANES));
        LongVector d5 = e5.mul(a24).add(LongVector.fromArray(SPECIES, m, a + 5 * LANES));
        LongVector d6 = e6.mul(a24).add(LongVector.fromArray(SPECIES, m, a + 6 * LANES));
        LongVector d7 = e7.mul(a24).add(LongVector.fromArray(SPECIES, m, a + 7 * LANES));
        LongVector d8 = e8.mul(a24).add(LongVector.fromArray(SPECIES, m, a + 8 * LANES));
        LongVector d9 = e9.mul(a24).add(LongVector.fromArray(SPECIES, m, a + 9 * LANES));
        d1 = d1.add(d0.lanewise(LSHR, 26));
        d0 = d0.and(m26);
        d5 = d5.add(d4.lanewise(LSHR, 26));
        d4 = d4.and(m26);
        d2 = d2.add(d1.lanewise(LSHR, 25));
        d1 = d1.and(m25);
        d6 = d6.add(d5.lanewise(LSHR, 25));
        d5 = d5.and(m25);
        d3 = d3.add(d2.lanewise(LSHR, 26));
        d2 = d2.and(m26);
        d7 = d7.add(d6.lanewise(LSHR, 26));
        d6 = d6.and(m26);
        d4 = d4.add(d3.lanewise(LSHR, 25));
        d3 = d3.and(m25);
        d8 = d8.add(d7.lanewise(LSHR, 25));
        d7 = d7.and(m25);
        d5 = d5.add(d4.lanewise(LSHR, 26));
        d4 = d4.and(m26);
        d9 = d9.add(d8.lanewise(LSHR, 26));
        d8 = d8.and(m26);
        LongVector wrapped = d9.lanewise(LSHR, 25);
        d9 = d9.and(m25);
        d0 = d0.add(wrapped).add(wrapped.lanewise(LSHL, 1)).add(wrapped.lanewise(LSHL, 4));
        d1 = d1.add(d0.lanewise(LSHR, 26));
        d0 = d0.and(m26);
        d0.intoArray(m, out);
        d1.intoArray(m, out + LANES);
        d2.intoArray(m, out + 2 * LANES);
        d3.intoArray(m, out + 3 * LANES);
        d4.intoArray(m, out + 4 * LANES);
        d5.intoArray(m, out + 5 * LANES);
        d6.intoArray(m, out + 6 * LANES);
        d7.intoArray(m, out + 7 * LANES);
        d8.intoArray(m, out + 8 * LANES);
        d9.intoArray(m, out + 9 * LANES);
    }
}
