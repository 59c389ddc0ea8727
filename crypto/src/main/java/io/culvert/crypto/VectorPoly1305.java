package io.culvert.crypto;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * Poly1305 (RFC 8439, section 2.5) over many blocks at once. With n lanes, lane j sums blocks j, j
 * + n, j + 2n, ... by Horner's rule with r^n; the last time it multiplies by r^(n-j) instead, which
 * lines the lanes up, and their sum is what the scalar form would have. Five limbs of 26 bits, so
 * that products of 32 bits by 32 are enough.
 *
 * <p>Every factor is masked to 32 bits right where it is used: C2 needs to see that to choose the
 * short multiplication. Not thread-safe.
 */
final class VectorPoly1305 {

    private static final VectorSpecies<Long> SPECIES = VectorWidth.LONGS;
    private static final int LANES = SPECIES.length();
    private static final int VECTOR_BYTES = LANES * Long.BYTES;
    private static final int LIMBS = 5;
    private static final long M26 = (1L << 26) - 1;
    private static final long M32 = (1L << 32) - 1;

    /** Bit 128 of a block, in limb 4. */
    private static final long TOP = 1L << 24;

    /** One vector step takes as many blocks as there are lanes. */
    static final int STEP_LENGTH = LANES * Poly1305.BLOCK_LENGTH;

    private static final int OWN = 0;
    private static final int SAME = LIMBS * LANES;

    private static final LongVector EVEN = every(0);
    private static final LongVector ODD = every(1);
    private static final VectorShuffle<Long> FIRST_LANE = VectorShuffle.fromOp(SPECIES, lane -> 0);
    private static final LongVector LANE_0 = LongVector.broadcast(SPECIES, 0).withLane(0, -1);
    private static final long[] CHOSEN = chosen();

    /**
     * Limb by limb, r^n in lane 0 down to r^1 ({@link #OWN}), then r^n in all lanes ({@link
     * #SAME}).
     */
    private final long[] factors = new long[2 * LANES * LIMBS];

    private final long[] limbs = new long[LIMBS];

    /** Prepares for {@link #update} under the multiplier of {@code poly}. */
    void init(Poly1305 poly) {
        computeFactors(poly.multiplier());
    }

    /**
     * Absorbs {@code length} bytes, a positive multiple of {@link #STEP_LENGTH}, as {@code poly}
     * would.
     */
    void update(Poly1305 poly, MemorySegment memory, long offset, int length) {
        steps(poly.accumulator(), memory, offset, length, null, 0, false);
    }

    /**
     * Applies {@code keystream} from word {@code from} on, in one pass, and absorbs what it gives
     * or, unless it {@code encrypts}, what was there before; {@code length} as in {@link #update}.
     */
    void pass(
            Poly1305 poly,
            MemorySegment memory,
            long offset,
            int length,
            int[] keystream,
            int from,
            boolean encrypts) {
        steps(poly.accumulator(), memory, offset, length, keystream, from, encrypts);
    }

    void wipe() {
        clear(factors);
        Arrays.fill(limbs, 0);
    }

    boolean holdsNothing() {
        return ConstantTime.isZero(factors, limbs);
    }

    /**
     * Computes the factors by doubling: every lane starts from r and takes the factor r, then r^2,
     * then r^4 when its own exponent, less one, has that bit. Lane 0 takes them all, so that it
     * also has the factor that comes next.
     */
    private void computeFactors(long[] r) {
        LongVector m26 = LongVector.broadcast(SPECIES, M26);
        LongVector m32 = LongVector.broadcast(SPECIES, M32);
        spread(r);
        LongVector p0 = LongVector.broadcast(SPECIES, limbs[0]);
        LongVector p1 = LongVector.broadcast(SPECIES, limbs[1]);
        LongVector p2 = LongVector.broadcast(SPECIES, limbs[2]);
        LongVector p3 = LongVector.broadcast(SPECIES, limbs[3]);
        LongVector p4 = LongVector.broadcast(SPECIES, limbs[4]);
        LongVector f0 = p0;
        LongVector f1 = p1;
        LongVector f2 = p2;
        LongVector f3 = p3;
        LongVector f4 = p4;
        for (int exponent = 1, at = 0; exponent < LANES; exponent <<= 1, at += LANES) {
            LongVector a0 = p0.and(m32);
            LongVector a1 = p1.and(m32);
            LongVector a2 = p2.and(m32);
            LongVector a3 = p3.and(m32);
            LongVector a4 = p4.and(m32);
            LongVector r0 = f0.and(m32);
            LongVector r1 = f1.and(m32);
            LongVector r2 = f2.and(m32);
            LongVector r3 = f3.and(m32);
            LongVector r4 = f4.and(m32);
            LongVector s1 = r1.lanewise(LSHL, 2).add(r1).and(m32);
            LongVector s2 = r2.lanewise(LSHL, 2).add(r2).and(m32);
            LongVector s3 = r3.lanewise(LSHL, 2).add(r3).and(m32);
            LongVector s4 = r4.lanewise(LSHL, 2).add(r4).and(m32);
            LongVector d0 =
                    a0.mul(r0).add(a1.mul(s4)).add(a2.mul(s3)).add(a3.mul(s2)).add(a4.mul(s1));
            LongVector d1 =
                    a0.mul(r1).add(a1.mul(r0)).add(a2.mul(s4)).add(a3.mul(s3)).add(a4.mul(s2));
            LongVector d2 =
                    a0.mul(r2).add(a1.mul(r1)).add(a2.mul(r0)).add(a3.mul(s4)).add(a4.mul(s3));
            LongVector d3 =
                    a0.mul(r3).add(a1.mul(r2)).add(a2.mul(r1)).add(a3.mul(r0)).add(a4.mul(s4));
            LongVector d4 =
                    a0.mul(r4).add(a1.mul(r3)).add(a2.mul(r2)).add(a3.mul(r1)).add(a4.mul(r0));
            LongVector b0 = d0.lanewise(LSHR, 26);
            LongVector b1 = d1.lanewise(LSHR, 26);
            LongVector b2 = d2.lanewise(LSHR, 26);
            LongVector b3 = d3.lanewise(LSHR, 26);
            LongVector b4 = d4.lanewise(LSHR, 26);
            d0 = d0.and(m26).add(b4).add(b4.lanewise(LSHL, 2));
            d1 = d1.and(m26).add(b0);
            d2 = d2.and(m26).add(b1);
            d3 = d3.and(m26).add(b2);
            d4 = d4.and(m26).add(b3);
            LongVector c0 = d0.lanewise(LSHR, 26);
            LongVector c1 = d1.lanewise(LSHR, 26);
            LongVector c2 = d2.lanewise(LSHR, 26);
            LongVector c3 = d3.lanewise(LSHR, 26);
            LongVector c4 = d4.lanewise(LSHR, 26);
            d0 = d0.and(m26).add(c4).add(c4.lanewise(LSHL, 2));
            d1 = d1.and(m26).add(c0);
            d2 = d2.and(m26).add(c1);
            d3 = d3.and(m26).add(c2);
            d4 = d4.and(m26).add(c3);
            LongVector chosen = LongVector.fromArray(SPECIES, CHOSEN, at);
            p0 = p0.lanewise(XOR, p0.lanewise(XOR, d0).and(chosen));
            p1 = p1.lanewise(XOR, p1.lanewise(XOR, d1).and(chosen));
            p2 = p2.lanewise(XOR, p2.lanewise(XOR, d2).and(chosen));
            p3 = p3.lanewise(XOR, p3.lanewise(XOR, d3).and(chosen));
            p4 = p4.lanewise(XOR, p4.lanewise(XOR, d4).and(chosen));
            f0 = d0.rearrange(FIRST_LANE);
            f1 = d1.rearrange(FIRST_LANE);
            f2 = d2.rearrange(FIRST_LANE);
            f3 = d3.rearrange(FIRST_LANE);
            f4 = d4.rearrange(FIRST_LANE);
        }
        p0.intoArray(factors, 0);
        p1.intoArray(factors, LANES);
        p2.intoArray(factors, 2 * LANES);
        p3.intoArray(factors, 3 * LANES);
        p4.intoArray(factors, 4 * LANES);
        f0.intoArray(factors, SAME);
        f1.intoArray(factors, SAME + LANES);
        f2.intoArray(factors, SAME + 2 * LANES);
        f3.intoArray(factors, SAME + 3 * LANES);
        f4.intoArray(factors, SAME + 4 * LANES);
    }

    /** Splits three loose limbs of 44 bits into five of 26. */
    private void spread(long[] from) {
        long x = from[0];
        long y = (x >>> 26) + (from[1] << 18);
        long z = y >>> 26;
        long w = (z >>> 26) + (from[2] << 10);
        limbs[0] = x & M26;
        limbs[1] = y & M26;
        limbs[2] = z & M26;
        limbs[3] = w & M26;
        limbs[4] = w >>> 26;
    }

    /**
     * Absorbs by Horner's rule, the last step with the lanes' own factors. In one piece, since
     * between methods vectors would go through memory.
     */
    private void steps(
            long[] accumulator,
            MemorySegment memory,
            long offset,
            int length,
            int @Nullable [] keystream,
            int from,
            boolean encrypts) {
        LongVector m26 = LongVector.broadcast(SPECIES, M26);
        LongVector m32 = LongVector.broadcast(SPECIES, M32);
        LongVector top = LongVector.broadcast(SPECIES, TOP);
        spread(accumulator);
        LongVector h0 = LongVector.broadcast(SPECIES, limbs[0]).and(LANE_0);
        LongVector h1 = LongVector.broadcast(SPECIES, limbs[1]).and(LANE_0);
        LongVector h2 = LongVector.broadcast(SPECIES, limbs[2]).and(LANE_0);
        LongVector h3 = LongVector.broadcast(SPECIES, limbs[3]).and(LANE_0);
        LongVector h4 = LongVector.broadcast(SPECIES, limbs[4]).and(LANE_0);
        int done = 0;
        int end = length - STEP_LENGTH;
        for (int factor = SAME; factor >= OWN; factor -= SAME - OWN) {
            LongVector r0 = LongVector.fromArray(SPECIES, factors, factor).and(m32);
            LongVector r1 = LongVector.fromArray(SPECIES, factors, factor + LANES).and(m32);
            LongVector r2 = LongVector.fromArray(SPECIES, factors, factor + 2 * LANES).and(m32);
            LongVector r3 = LongVector.fromArray(SPECIES, factors, factor + 3 * LANES).and(m32);
            LongVector r4 = LongVector.fromArray(SPECIES, factors, factor + 4 * LANES).and(m32);
            LongVector s1 = r1.lanewise(LSHL, 2).add(r1).and(m32);
            LongVector s2 = r2.lanewise(LSHL, 2).add(r2).and(m32);
            LongVector s3 = r3.lanewise(LSHL, 2).add(r3).and(m32);
            LongVector s4 = r4.lanewise(LSHL, 2).add(r4).and(m32);
            for (; done < end; done += STEP_LENGTH) {
                LongVector x =
                        LongVector.fromMemorySegment(SPECIES, memory, offset + done, LITTLE_ENDIAN);
                LongVector y =
                        LongVector.fromMemorySegment(
                                SPECIES, memory, offset + done + VECTOR_BYTES, LITTLE_ENDIAN);
                if (keystream != null) {
                    int word = from + done / Integer.BYTES;
                    LongVector u =
                            x.lanewise(
                                    XOR,
                                    IntVector.fromArray(VectorWidth.INTS, keystream, word)
                                            .reinterpretAsLongs());
                    LongVector v =
                            y.lanewise(
                                    XOR,
                                    IntVector.fromArray(
                                                    VectorWidth.INTS, keystream, word + 2 * LANES)
                                            .reinterpretAsLongs());
                    u.intoMemorySegment(memory, offset + done, LITTLE_ENDIAN);
                    v.intoMemorySegment(memory, offset + done + VECTOR_BYTES, LITTLE_ENDIAN);
                    if (encrypts) {
                        x = u;
                        y = v;
                    }
                }
                LongVector low = EVEN.selectFrom(x, y);
                LongVector high = ODD.selectFrom(x, y);
                LongVector middle = low.lanewise(LSHR, 52).or(high.lanewise(LSHL, 12));
                LongVector a0 = h0.add(low.and(m26)).and(m32);
                LongVector a1 = h1.add(low.lanewise(LSHR, 26).and(m26)).and(m32);
                LongVector a2 = h2.add(middle.and(m26)).and(m32);
                LongVector a3 = h3.add(high.lanewise(LSHR, 14).and(m26)).and(m32);
                LongVector a4 = h4.add(high.lanewise(LSHR, 40).or(top)).and(m32);
                LongVector d0 =
                        a0.mul(r0).add(a1.mul(s4)).add(a2.mul(s3)).add(a3.mul(s2)).add(a4.mul(s1));
                LongVector d1 =
                        a0.mul(r1).add(a1.mul(r0)).add(a2.mul(s4)).add(a3.mul(s3)).add(a4.mul(s2));
                LongVector d2 =
                        a0.mul(r2).add(a1.mul(r1)).add(a2.mul(r0)).add(a3.mul(s4)).add(a4.mul(s3));
                LongVector d3 =
                        a0.mul(r3).add(a1.mul(r2)).add(a2.mul(r1)).add(a3.mul(r0)).add(a4.mul(s4));
                LongVector d4 =
                        a0.mul(r4).add(a1.mul(r3)).add(a2.mul(r2)).add(a3.mul(r1)).add(a4.mul(r0));
                // All limbs carry at once, and once more, which ends earlier than chains of
                // carries. From products below 2^58 the second is below 2^9. 2^130 = 5.
                LongVector b0 = d0.lanewise(LSHR, 26);
                LongVector b1 = d1.lanewise(LSHR, 26);
                LongVector b2 = d2.lanewise(LSHR, 26);
                LongVector b3 = d3.lanewise(LSHR, 26);
                LongVector b4 = d4.lanewise(LSHR, 26);
                d0 = d0.and(m26).add(b4).add(b4.lanewise(LSHL, 2));
                d1 = d1.and(m26).add(b0);
                d2 = d2.and(m26).add(b1);
                d3 = d3.and(m26).add(b2);
                d4 = d4.and(m26).add(b3);
                LongVector c0 = d0.lanewise(LSHR, 26);
                LongVector c1 = d1.lanewise(LSHR, 26);
                LongVector c2 = d2.lanewise(LSHR, 26);
                LongVector c3 = d3.lanewise(LSHR, 26);
                LongVector c4 = d4.lanewise(LSHR, 26);
                h0 = d0.and(m26).add(c4).add(c4.lanewise(LSHL, 2));
                h1 = d1.and(m26).add(c0);
                h2 = d2.and(m26).add(c1);
                h3 = d3.and(m26).add(c2);
                h4 = d4.and(m26).add(c3);
            }
            end = length;
        }
        collect(
                accumulator,
                h0.reduceLanes(ADD),
                h1.reduceLanes(ADD),
                h2.reduceLanes(ADD),
                h3.reduceLanes(ADD),
                h4.reduceLanes(ADD));
    }

    /** Joins five limbs, the sums of the lanes, into three of 44 bits. */
    private static void collect(long[] to, long x0, long x1, long x2, long x3, long x4) {
        x1 += x0 >>> 26;
        x2 += x1 >>> 26;
        x3 += x2 >>> 26;
        x4 += x3 >>> 26;
        x1 &= M26;
        x3 &= M26;
        to[0] = (x0 & M26) + ((x1 & 0x3ffff) << 26) + 5 * (x4 >>> 26);
        to[1] = (x1 >>> 18) + ((x2 & M26) << 8) + ((x3 & 0x3ff) << 34);
        to[2] = (x3 >>> 10) + ((x4 & M26) << 16);
    }

    /** Indices of the even or odd longs of two vectors put end to end. */
    private static LongVector every(int odd) {
        long[] indices = new long[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            indices[lane] = 2L * lane + odd;
        }
        return LongVector.fromArray(SPECIES, indices, 0);
    }

    /**
     * For each exponent 1, 2, 4, ... the lanes, as masks, whose own exponent less one has that bit.
     */
    private static long[] chosen() {
        long[] masks = new long[LANES * Integer.numberOfTrailingZeros(LANES)];
        for (int i = 0; i < masks.length; i++) {
            int exponent = 1 << (i / LANES);
            masks[i] = ((LANES - 1 - i % LANES) & exponent) == 0 ? 0 : -1;
        }
        return masks;
    }

    private static void clear(long[] vectors) {
        LongVector zero = LongVector.zero(SPECIES);
        for (int i = 0; i < vectors.length; i += LANES) {
            zero.intoArray(vectors, i);
        }
    }
}
