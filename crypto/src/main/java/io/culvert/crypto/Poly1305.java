package io.culvert.crypto;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Poly1305 (RFC 8439, section 2.5) on scalars: three limbs of 44, 44 and 42 bits. A product of
 * limbs is split at bit 44: with both factors shifted left by 10, {@link Math#multiplyHigh} is the
 * part above, and a mask of the plain product the part below, so that sums need no carry detection.
 * No branch and no index depends on key or message.
 *
 * <p>Limbs are <i>loose</i> between steps: a few units above their width. Not thread-safe.
 */
final class Poly1305 {

    static final int BLOCK_LENGTH = 16;
    static final int LIMBS = 3;

    private static final long M44 = (1L << 44) - 1;
    private static final long M42 = (1L << 42) - 1;
    private static final int SHIFT = 10;

    /** Clamping of r (RFC 8439, section 2.5) as two little-endian longs. */
    private static final long CLAMP_LOW = 0x0fff_fffc_0fff_ffffL;

    private static final long CLAMP_HIGH = 0x0fff_fffc_0fff_fffcL;

    private final long[] r = new long[LIMBS];
    private final long[] h = new long[LIMBS];
    private long padLow;
    private long padHigh;
    private long tagLow;
    private long tagHigh;

    /**
     * Starts a message under the one-time key r (clamped here) and s, each two little-endian longs.
     */
    void init(long rLow, long rHigh, long sLow, long sHigh) {
        split(r, rLow & CLAMP_LOW, rHigh & CLAMP_HIGH, 0);
        h[0] = 0;
        h[1] = 0;
        h[2] = 0;
        padLow = sLow;
        padHigh = sHigh;
    }

    /** The live multiplier. */
    long[] multiplier() {
        return r;
    }

    /** The live accumulator: limbs may be loose, and may be replaced by others. */
    long[] accumulator() {
        return h;
    }

    /**
     * Absorbs {@code length} bytes; a last partial block is filled up with zeros (RFC 8439, section
     * 2.8).
     */
    void updatePadded(MemorySegment memory, long offset, int length) {
        int whole = length & -BLOCK_LENGTH;
        blocks(memory, offset, whole);
        int rest = length - whole;
        if (rest > 0) {
            absorbPadded(memory, offset + whole, rest);
        }
    }

    private void absorbPadded(MemorySegment memory, long at, int length) {
        int inHigh = Math.max(length - Long.BYTES, 0);
        if (at + BLOCK_LENGTH > memory.byteSize()) {
            long low = partial(memory, at, length - inHigh);
            absorb(low, partial(memory, at + Long.BYTES, inHigh), 1);
            return;
        }
        // What lies behind, such as the place of the tag, may be read with it.
        long low = memory.get(LittleEndian.LONG, at);
        long high = memory.get(LittleEndian.LONG, at + Long.BYTES);
        absorb(low & lowest(length - inHigh), high & lowest(inHigh), 1);
    }

    /** A mask of the lowest 0..8 bytes. */
    static long lowest(int bytes) {
        return bytes == 0 ? 0 : -1L >>> (Long.SIZE - bytes * Byte.SIZE);
    }

    /**
     * Absorbs one block of two little-endian longs; {@code top} is bit 128: 1, or 0 if the caller
     * put it lower.
     */
    void absorb(long low, long high, long top) {
        h[0] += low & M44;
        h[1] += ((low >>> 44) | (high << 20)) & M44;
        h[2] += (high >>> 24) | (top << 40);
        multiply(h, 0, h, 0, r, 0);
    }

    /** Multiplies two numbers of three limbs; {@code out} may be one of them. */
    static void multiply(long[] out, int at, long[] a, int ai, long[] b, int bi) {
        long a0 = a[ai];
        long a1 = a[ai + 1];
        long a2 = a[ai + 2];
        long b0 = b[bi];
        long b1 = b[bi + 1];
        long b2 = b[bi + 2];
        // 2^132 = 20 modulo the prime.
        long c1 = b1 * 20;
        long c2 = b2 * 20;
        long low0 = low(a0, b0) + low(a1, c2) + low(a2, c1);
        long low1 = low(a0, b1) + low(a1, b0) + low(a2, c2);
        long low2 = low(a0, b2) + low(a1, b1) + low(a2, b0);
        long high0 = high(a0, b0) + high(a1, c2) + high(a2, c1);
        long high1 = high(a0, b1) + high(a1, b0) + high(a2, c2);
        long high2 = high(a0, b2) + high(a1, b1) + high(a2, b0);
        long d0 = low0 + 20 * high2;
        long d1 = low1 + high0;
        long d2 = low2 + high1;
        out[at] = (d0 & M44) + 5 * (d2 >>> 42);
        out[at + 1] = (d1 & M44) + (d0 >>> 44);
        out[at + 2] = (d2 & M42) + (d1 >>> 44);
    }

    private static long low(long a, long b) {
        return (a * b) & M44;
    }

    private static long high(long a, long b) {
        return Math.multiplyHigh(a << SHIFT, b << SHIFT);
    }

    /** The loop over whole blocks: {@link #absorb} with everything in locals. */
    private void blocks(MemorySegment memory, long offset, int length) {
        long r0 = r[0];
        long r1 = r[1];
        long r2 = r[2];
        long s1 = r1 * 20;
        long s2 = r2 * 20;
        long h0 = h[0];
        long h1 = h[1];
        long h2 = h[2];
        for (long at = offset, end = offset + length; at < end; at += BLOCK_LENGTH) {
            long low = memory.get(LittleEndian.LONG, at);
            long high = memory.get(LittleEndian.LONG, at + Long.BYTES);
            long a0 = h0 + (low & M44);
            long a1 = h1 + (((low >>> 44) | (high << 20)) & M44);
            long a2 = h2 + ((high >>> 24) | (1L << 40));
            long low0 = low(a0, r0) + low(a1, s2) + low(a2, s1);
            long low1 = low(a0, r1) + low(a1, r0) + low(a2, s2);
            long low2 = low(a0, r2) + low(a1, r1) + low(a2, r0);
            long high0 = high(a0, r0) + high(a1, s2) + high(a2, s1);
            long high1 = high(a0, r1) + high(a1, r0) + high(a2, s2);
            long high2 = high(a0, r2) + high(a1, r1) + high(a2, r0);
            long d0 = low0 + 20 * high2;
            long d1 = low1 + high0;
            long d2 = low2 + high1;
            h0 = (d0 & M44) + 5 * (d2 >>> 42);
            h1 = (d1 & M44) + (d0 >>> 44);
            h2 = (d2 & M42) + (d1 >>> 44);
        }
        h[0] = h0;
        h[1] = h1;
        h[2] = h2;
    }

    /** Reads 0..8 bytes as the low end of a little-endian long. */
    private static long partial(MemorySegment memory, long offset, int count) {
        long value = 0;
        for (int i = 0; i < count; i++) {
            value |= (memory.get(ValueLayout.JAVA_BYTE, offset + i) & 0xffL) << (i * Byte.SIZE);
        }
        return value;
    }

    private static void split(long[] out, long low, long high, long top) {
        out[0] = low & M44;
        out[1] = ((low >>> 44) | (high << 20)) & M44;
        out[2] = (high >>> 24) | (top << 40);
    }

    /** Ends the message: leaves the tag in {@link #tagLow()} and {@link #tagHigh()}. */
    void finish() {
        long a1 = h[1] + (h[0] >>> 44);
        long a2 = h[2] + (a1 >>> 44);
        long a0 = (h[0] & M44) + 5 * (a2 >>> 42);
        a1 = (a1 & M44) + (a0 >>> 44);
        a2 = (a2 & M42) + (a1 >>> 44);
        a0 &= M44;
        a1 &= M44;

        // h - p, kept instead of h when it is not negative; chosen by mask.
        long g0 = a0 + 5;
        long g1 = a1 + (g0 >>> 44);
        long g2 = a2 + (g1 >>> 44) - (1L << 42);
        long keep = g2 >> 63;
        a0 = (a0 & keep) | (g0 & M44 & ~keep);
        a1 = (a1 & keep) | (g1 & M44 & ~keep);
        a2 = (a2 & keep) | (g2 & ~keep);

        long low = a0 | (a1 << 44);
        long high = (a1 >>> 20) | (a2 << 24);
        tagLow = low + padLow;
        long carry = ((low & padLow) | ((low | padLow) & ~tagLow)) >>> 63;
        tagHigh = high + padHigh + carry;
    }

    long tagLow() {
        return tagLow;
    }

    long tagHigh() {
        return tagHigh;
    }

    void wipe() {
        r[0] = 0;
        r[1] = 0;
        r[2] = 0;
        h[0] = 0;
        h[1] = 0;
        h[2] = 0;
        padLow = 0;
        padHigh = 0;
        tagLow = 0;
        tagHigh = 0;
    }

    boolean holdsNothing() {
        return ConstantTime.isZero(r, h) && (padLow | padHigh | tagLow | tagHigh) == 0;
    }
}
