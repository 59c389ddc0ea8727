package io.culvert.crypto;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Poly1305 (RFC 8439, section 2.5) on scalars: three limbs of 44, 44 and 42 bits. A product of
 * limbs is split at bit 44: with both factors shifted left by 10, {@link Math#multiplyHigh} gives
 * the part above and a mask of the plain product the part below, so sums need no carry detection
 * and nothing depends on secrets but data.
 *
 * <p>Not thread-safe.
 */
final class Poly1305 {

    static final int BLOCK_LENGTH = 16;

    private static final long M44 = (1L << 44) - 1;
    private static final long M42 = (1L << 42) - 1;
    private static final int SHIFT = 10;

    /** Clamping of r (RFC 8439, section 2.5) as two little-endian longs. */
    private static final long CLAMP_LOW = 0x0fff_fffc_0fff_ffffL;

    private static final long CLAMP_HIGH = 0x0fff_fffc_0fff_fffcL;

    private long r0;
    private long r1;
    private long r2;
    private long padLow;
    private long padHigh;
    private long h0;
    private long h1;
    private long h2;
    private long tagLow;
    private long tagHigh;

    /**
     * Starts a message under the one-time key r (clamped here) and s, each two little-endian longs.
     */
    void init(long rLow, long rHigh, long sLow, long sHigh) {
        long low = rLow & CLAMP_LOW;
        long high = rHigh & CLAMP_HIGH;
        r0 = low & M44;
        r1 = ((low >>> 44) | (high << 20)) & M44;
        r2 = high >>> 24;
        padLow = sLow;
        padHigh = sHigh;
        h0 = 0;
        h1 = 0;
        h2 = 0;
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
            long low = partial(memory, offset + whole, Math.min(rest, Long.BYTES));
            long high =
                    rest > Long.BYTES
                            ? partial(memory, offset + whole + Long.BYTES, rest - Long.BYTES)
                            : 0;
            absorb(low, high, 1);
        }
    }

    /**
     * Absorbs one block of two little-endian longs; {@code top} is bit 128: 1, or 0 if the caller
     * put it lower.
     */
    void absorb(long low, long high, long top) {
        long a0 = h0 + (low & M44);
        long a1 = h1 + (((low >>> 44) | (high << 20)) & M44);
        long a2 = h2 + ((high >>> 24) | (top << 40));
        multiply(a0, a1, a2);
    }

    private void multiply(long a0, long a1, long a2) {
        long s1 = r1 * 20;
        long s2 = r2 * 20;
        long lo0 = ((a0 * r0) & M44) + ((a1 * s2) & M44) + ((a2 * s1) & M44);
        long lo1 = ((a0 * r1) & M44) + ((a1 * r0) & M44) + ((a2 * s2) & M44);
        long lo2 = ((a0 * r2) & M44) + ((a1 * r1) & M44) + ((a2 * r0) & M44);
        long b0 = a0 << SHIFT;
        long b1 = a1 << SHIFT;
        long b2 = a2 << SHIFT;
        long t0 = r0 << SHIFT;
        long t1 = r1 << SHIFT;
        long t2 = r2 << SHIFT;
        long u1 = s1 << SHIFT;
        long u2 = s2 << SHIFT;
        long hi0 =
                Math.multiplyHigh(b0, t0) + Math.multiplyHigh(b1, u2) + Math.multiplyHigh(b2, u1);
        long hi1 =
                Math.multiplyHigh(b0, t1) + Math.multiplyHigh(b1, t0) + Math.multiplyHigh(b2, u2);
        long hi2 =
                Math.multiplyHigh(b0, t2) + Math.multiplyHigh(b1, t1) + Math.multiplyHigh(b2, t0);
        lo1 += hi0 + (lo0 >>> 44);
        lo2 += hi1 + (lo1 >>> 44);
        // hi2 counts 2^132 = 4 * 2^130, and 2^130 = 5 modulo the prime.
        long c0 = (lo0 & M44) + 5 * ((hi2 << 2) + (lo2 >>> 42));
        h0 = c0 & M44;
        h1 = (lo1 & M44) + (c0 >>> 44);
        h2 = lo2 & M42;
    }

    private void blocks(MemorySegment memory, long offset, int length) {
        for (long at = offset, end = offset + length; at < end; at += BLOCK_LENGTH) {
            absorb(
                    memory.get(LittleEndian.LONG, at),
                    memory.get(LittleEndian.LONG, at + Long.BYTES),
                    1);
        }
    }

    /** Reads 1..8 bytes as the low end of a little-endian long. */
    private static long partial(MemorySegment memory, long offset, int count) {
        long value = 0;
        for (int i = 0; i < count; i++) {
            value |= (memory.get(ValueLayout.JAVA_BYTE, offset + i) & 0xffL) << (i * Byte.SIZE);
        }
        return value;
    }

    /** Ends the message: leaves the tag in {@link #tagLow()} and {@link #tagHigh()}. */
    void finish() {
        long a1 = h1 & M44;
        long a2 = h2 + (h1 >>> 44);
        long a0 = h0 + 5 * (a2 >>> 42);
        a2 &= M42;
        a1 += a0 >>> 44;
        a0 &= M44;
        a2 += a1 >>> 44;
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
        r0 = 0;
        r1 = 0;
        r2 = 0;
        padLow = 0;
        padHigh = 0;
        h0 = 0;
        h1 = 0;
        h2 = 0;
        tagLow = 0;
        tagHigh = 0;
    }
}
