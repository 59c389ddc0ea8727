package io.culvert.crypto;

import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import java.util.Arrays;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Arithmetic modulo 2^255 - 19 on as many numbers at once as a vector has lanes. A number is ten
 * limbs of 26 and 25 bits by turns (limb i weighs 2^ceil(25.5 i)); ten vectors one after the other
 * in a {@code long[]}, limb by limb, hold one number in each lane.
 *
 * <p>Results of {@link #multiply} and {@link #square} are <i>tight</i>: even limbs below 2^26, odd
 * limbs below 2^25 + 2^17. A sum, and a difference to which 2p was added, of two tight numbers is
 * <i>loose</i>: even limbs below 3 * 2^26, odd limbs below 3 * 2^25 + 2^17. That is what the
 * multiplications accept: 19 times a loose even limb and 38 times a loose odd one are below 2^32,
 * and a column of products is below 125 * 9 * 2^52 &lt; 2^63. No branch and no index depends on a
 * limb.
 *
 * <p>Every factor is masked to 32 bits right where it is used: C2 needs to see that to choose the
 * short multiplication. A method is as long as C2 still compiles without leaving a vector on the
 * heap; a carry shared by all would be one that takes vectors as arguments, which is not compiled
 * so unless C2 happens to inline it.
 */
final class VectorField25519 {

    private static final VectorSpecies<Long> SPECIES = VectorWidth.LONGS;

    static final int LANES = SPECIES.length();
    static final int LIMBS = 10;

    /** Longs of one number in each lane. */
    static final int LENGTH = LIMBS * LANES;

    private static final long M25 = (1L << 25) - 1;
    private static final long M26 = (1L << 26) - 1;
    private static final long M32 = (1L << 32) - 1;

    private VectorField25519() {}

    /** Spreads a number of five limbs of 51 bits, as {@link Field25519} has it, over a lane. */
    static void put(long[] m, int at, int lane, long[] number) {
        for (int i = 0; i < Field25519.LIMBS; i++) {
            m[at + 2 * i * LANES + lane] = number[i] & M26;
            m[at + (2 * i + 1) * LANES + lane] = number[i] >>> 26;
        }
    }

    /**
     * Joins a lane of a tight number to five limbs, each below 2^51 + 2^44: within what the
     * multiplications of {@link Field25519} accept.
     */
    static void take(long[] number, long[] m, int at, int lane) {
        for (int i = 0; i < Field25519.LIMBS; i++) {
            number[i] = m[at + 2 * i * LANES + lane] + (m[at + (2 * i + 1) * LANES + lane] << 26);
        }
    }

    /** Sets every lane to {@code value}, below 2^26. */
    static void fill(long[] m, int at, long value) {
        Arrays.fill(m, at, at + LANES, value);
        Arrays.fill(m, at + LANES, at + LENGTH, 0);
    }

    /** Sets every lane to 2p with limbs that exceed any tight number's. */
    static void fillTwoP(long[] m, int at) {
        for (int i = 0; i < LENGTH; i++) {
            m[at + i] = i < LANES ? (1L << 27) - 38 : (i / LANES) % 2 == 0 ? 2 * M26 : 2 * M25;
        }
    }

    /** Multiplies loose numbers; {@code out} may be one of them. */
    static void multiply(long[] m, int out, int a, int b) {
        LongVector m32 = LongVector.broadcast(SPECIES, M32);
        LongVector m26 = LongVector.broadcast(SPECIES, M26);
        LongVector m25 = LongVector.broadcast(SPECIES, M25);
        LongVector n19 = LongVector.broadcast(SPECIES, 19);
        LongVector a0 = LongVector.fromArray(SPECIES, m, a).and(m32);
        LongVector a1 = LongVector.fromArray(SPECIES, m, a + LANES).and(m32);
        LongVector a2 = LongVector.fromArray(SPECIES, m, a + 2 * LANES).and(m32);
        LongVector a3 = LongVector.fromArray(SPECIES, m, a + 3 * LANES).and(m32);
        LongVector a4 = LongVector.fromArray(SPECIES, m, a + 4 * LANES).and(m32);
        LongVector a5 = LongVector.fromArray(SPECIES, m, a + 5 * LANES).and(m32);
        LongVector a6 = LongVector.fromArray(SPECIES, m, a + 6 * LANES).and(m32);
        LongVector a7 = LongVector.fromArray(SPECIES, m, a + 7 * LANES).and(m32);
        LongVector a8 = LongVector.fromArray(SPECIES, m, a + 8 * LANES).and(m32);
        LongVector a9 = LongVector.fromArray(SPECIES, m, a + 9 * LANES).and(m32);
        LongVector b0 = LongVector.fromArray(SPECIES, m, b).and(m32);
        LongVector b1 = LongVector.fromArray(SPECIES, m, b + LANES).and(m32);
        LongVector b2 = LongVector.fromArray(SPECIES, m, b + 2 * LANES).and(m32);
        LongVector b3 = LongVector.fromArray(SPECIES, m, b + 3 * LANES).and(m32);
        LongVector b4 = LongVector.fromArray(SPECIES, m, b + 4 * LANES).and(m32);
        LongVector b5 = LongVector.fromArray(SPECIES, m, b + 5 * LANES).and(m32);
        LongVector b6 = LongVector.fromArray(SPECIES, m, b + 6 * LANES).and(m32);
        LongVector b7 = LongVector.fromArray(SPECIES, m, b + 7 * LANES).and(m32);
        LongVector b8 = LongVector.fromArray(SPECIES, m, b + 8 * LANES).and(m32);
        LongVector b9 = LongVector.fromArray(SPECIES, m, b + 9 * LANES).and(m32);
        LongVector e1 = a1.add(a1).and(m32);
        LongVector e3 = a3.add(a3).and(m32);
        LongVector e5 = a5.add(a5).and(m32);
        LongVector e7 = a7.add(a7).and(m32);
        LongVector e9 = a9.add(a9).and(m32);
        LongVector c1 = b1.mul(n19).and(m32);
        LongVector c2 = b2.mul(n19).and(m32);
        LongVector c3 = b3.mul(n19).and(m32);
        LongVector c4 = b4.mul(n19).and(m32);
        LongVector c5 = b5.mul(n19).and(m32);
        LongVector c6 = b6.mul(n19).and(m32);
        LongVector c7 = b7.mul(n19).and(m32);
        LongVector c8 = b8.mul(n19).and(m32);
        LongVector c9 = b9.mul(n19).and(m32);
        LongVector d0 = a0.mul(b0).add(e1.mul(c9)).add(a2.mul(c8)).add(e3.mul(c7)).add(a4.mul(c6));
        d0 = d0.add(e5.mul(c5)).add(a6.mul(c4)).add(e7.mul(c3)).add(a8.mul(c2)).add(e9.mul(c1));
        LongVector d1 = a0.mul(b1).add(a1.mul(b0)).add(a2.mul(c9)).add(a3.mul(c8)).add(a4.mul(c7));
        d1 = d1.add(a5.mul(c6)).add(a6.mul(c5)).add(a7.mul(c4)).add(a8.mul(c3)).add(a9.mul(c2));
        LongVector d2 = a0.mul(b2).add(e1.mul(b1)).add(a2.mul(b0)).add(e3.mul(c9)).add(a4.mul(c8));
        d2 = d2.add(e5.mul(c7)).add(a6.mul(c6)).add(e7.mul(c5)).add(a8.mul(c4)).add(e9.mul(c3));
        LongVector d3 = a0.mul(b3).add(a1.mul(b2)).add(a2.mul(b1)).add(a3.mul(b0)).add(a4.mul(c9));
        d3 = d3.add(a5.mul(c8)).add(a6.mul(c7)).add(a7.mul(c6)).add(a8.mul(c5)).add(a9.mul(c4));
        LongVector d4 = a0.mul(b4).add(e1.mul(b3)).add(a2.mul(b2)).add(e3.mul(b1)).add(a4.mul(b0));
        d4 = d4.add(e5.mul(c9)).add(a6.mul(c8)).add(e7.mul(c7)).add(a8.mul(c6)).add(e9.mul(c5));
        LongVector d5 = a0.mul(b5).add(a1.mul(b4)).add(a2.mul(b3)).add(a3.mul(b2)).add(a4.mul(b1));
        d5 = d5.add(a5.mul(b0)).add(a6.mul(c9)).add(a7.mul(c8)).add(a8.mul(c7)).add(a9.mul(c6));
        LongVector d6 = a0.mul(b6).add(e1.mul(b5)).add(a2.mul(b4)).add(e3.mul(b3)).add(a4.mul(b2));
        d6 = d6.add(e5.mul(b1)).add(a6.mul(b0)).add(e7.mul(c9)).add(a8.mul(c8)).add(e9.mul(c7));
        LongVector d7 = a0.mul(b7).add(a1.mul(b6)).add(a2.mul(b5)).add(a3.mul(b4)).add(a4.mul(b3));
        d7 = d7.add(a5.mul(b2)).add(a6.mul(b1)).add(a7.mul(b0)).add(a8.mul(c9)).add(a9.mul(c8));
        LongVector d8 = a0.mul(b8).add(e1.mul(b7)).add(a2.mul(b6)).add(e3.mul(b5)).add(a4.mul(b4));
        d8 = d8.add(e5.mul(b3)).add(a6.mul(b2)).add(e7.mul(b1)).add(a8.mul(b0)).add(e9.mul(c9));
        LongVector d9 = a0.mul(b9).add(a1.mul(b8)).add(a2.mul(b7)).add(a3.mul(b6)).add(a4.mul(b5));
        d9 = d9.add(a5.mul(b4)).add(a6.mul(b3)).add(a7.mul(b2)).add(a8.mul(b1)).add(a9.mul(b0));
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

    /** Squares a loose number; {@code out} may be the same. */
    static void square(long[] m, int out, int a) {
        LongVector m32 = LongVector.broadcast(SPECIES, M32);
        LongVector m26 = LongVector.broadcast(SPECIES, M26);
        LongVector m25 = LongVector.broadcast(SPECIES, M25);
        LongVector n19 = LongVector.broadcast(SPECIES, 19);
        LongVector n38 = LongVector.broadcast(SPECIES, 38);
        LongVector a0 = LongVector.fromArray(SPECIES, m, a).and(m32);
        LongVector a1 = LongVector.fromArray(SPECIES, m, a + LANES).and(m32);
        LongVector a2 = LongVector.fromArray(SPECIES, m, a + 2 * LANES).and(m32);
        LongVector a3 = LongVector.fromArray(SPECIES, m, a + 3 * LANES).and(m32);
        LongVector a4 = LongVector.fromArray(SPECIES, m, a + 4 * LANES).and(m32);
        LongVector a5 = LongVector.fromArray(SPECIES, m, a + 5 * LANES).and(m32);
        LongVector a6 = LongVector.fromArray(SPECIES, m, a + 6 * LANES).and(m32);
        LongVector a7 = LongVector.fromArray(SPECIES, m, a + 7 * LANES).and(m32);
        LongVector a8 = LongVector.fromArray(SPECIES, m, a + 8 * LANES).and(m32);
        LongVector a9 = LongVector.fromArray(SPECIES, m, a + 9 * LANES).and(m32);
        LongVector e0 = a0.add(a0).and(m32);
        LongVector e1 = a1.add(a1).and(m32);
        LongVector e2 = a2.add(a2).and(m32);
        LongVector e3 = a3.add(a3).and(m32);
        LongVector e4 = a4.add(a4).and(m32);
        LongVector e5 = a5.add(a5).and(m32);
        LongVector e6 = a6.add(a6).and(m32);
        LongVector e7 = a7.add(a7).and(m32);
        LongVector c5 = a5.mul(n38).and(m32);
        LongVector c6 = a6.mul(n19).and(m32);
        LongVector c7 = a7.mul(n38).and(m32);
        LongVector c8 = a8.mul(n19).and(m32);
        LongVector c9 = a9.mul(n38).and(m32);
        LongVector d0 = a0.mul(a0).add(e1.mul(c9)).add(e2.mul(c8)).add(e3.mul(c7)).add(e4.mul(c6));
        d0 = d0.add(a5.mul(c5));
        LongVector d1 = e0.mul(a1).add(a2.mul(c9)).add(e3.mul(c8)).add(a4.mul(c7)).add(e5.mul(c6));
        LongVector d2 = e0.mul(a2).add(e1.mul(a1)).add(e3.mul(c9)).add(e4.mul(c8)).add(e5.mul(c7));
        d2 = d2.add(a6.mul(c6));
        LongVector d3 = e0.mul(a3).add(e1.mul(a2)).add(a4.mul(c9)).add(e5.mul(c8)).add(a6.mul(c7));
        LongVector d4 = e0.mul(a4).add(e1.mul(e3)).add(a2.mul(a2)).add(e5.mul(c9)).add(e6.mul(c8));
        d4 = d4.add(a7.mul(c7));
        LongVector d5 = e0.mul(a5).add(e1.mul(a4)).add(e2.mul(a3)).add(a6.mul(c9)).add(e7.mul(c8));
        LongVector d6 = e0.mul(a6).add(e1.mul(e5)).add(e2.mul(a4)).add(e3.mul(a3)).add(e7.mul(c9));
        d6 = d6.add(a8.mul(c8));
        LongVector d7 = e0.mul(a7).add(e1.mul(a6)).add(e2.mul(a5)).add(e3.mul(a4)).add(a8.mul(c9));
        LongVector d8 = e0.mul(a8).add(e1.mul(e7)).add(e2.mul(a6)).add(e3.mul(e5)).add(a4.mul(a4));
        d8 = d8.add(a9.mul(c9));
        LongVector d9 = e0.mul(a9).add(e1.mul(a8)).add(e2.mul(a7)).add(e3.mul(a6)).add(e4.mul(a5));
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
