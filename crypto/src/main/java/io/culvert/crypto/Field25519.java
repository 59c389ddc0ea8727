package io.culvert.crypto;

/**
 * Arithmetic modulo 2^255 - 19 (RFC 7748, section 4.1) on five limbs of 51 bits in a {@code
 * long[5]}. Results of {@link #multiply}, {@link #square}, {@link #multiplySmall} and {@link
 * #decode} are <i>tight</i>: every limb below 2^51 + 2^16. One addition or subtraction of tight
 * numbers is <i>loose</i>: every limb below 2^53, and that is what the multiplications accept.
 *
 * <p>A product of limbs is split at bit 51. With one factor shifted left by 8 and the other by 5,
 * together 13 = 64 - 51, {@link Math#multiplyHigh} is the part above and the low word, shifted
 * back, the part below; both add up without carry detection. No branch and no index depends on a
 * limb.
 */
final class Field25519 {

    static final int LIMBS = 5;

    private static final long MASK = (1L << 51) - 1;

    /** 2p, limb by limb, so that differences of tight numbers stay positive. */
    private static final long TWO_P_0 = (1L << 52) - 38;

    private static final long TWO_P = (1L << 52) - 2;

    private Field25519() {}

    static void setOne(long[] out) {
        out[0] = 1;
        out[1] = 0;
        out[2] = 0;
        out[3] = 0;
        out[4] = 0;
    }

    static void add(long[] out, long[] a, long[] b) {
        out[0] = a[0] + b[0];
        out[1] = a[1] + b[1];
        out[2] = a[2] + b[2];
        out[3] = a[3] + b[3];
        out[4] = a[4] + b[4];
    }

    static void subtract(long[] out, long[] a, long[] b) {
        out[0] = a[0] + TWO_P_0 - b[0];
        out[1] = a[1] + TWO_P - b[1];
        out[2] = a[2] + TWO_P - b[2];
        out[3] = a[3] + TWO_P - b[3];
        out[4] = a[4] + TWO_P - b[4];
    }

    static void multiply(long[] out, long[] a, long[] b) {
        long a0 = a[0] << 8;
        long a1 = a[1] << 8;
        long a2 = a[2] << 8;
        long a3 = a[3] << 8;
        long a4 = a[4] << 8;
        long b0 = b[0] << 5;
        long b1 = b[1] << 5;
        long b2 = b[2] << 5;
        long b3 = b[3] << 5;
        long b4 = b[4] << 5;
        long c1 = b1 * 19;
        long c2 = b2 * 19;
        long c3 = b3 * 19;
        long c4 = b4 * 19;
        long l0 = low(a0, b0) + low(a1, c4) + low(a2, c3) + low(a3, c2) + low(a4, c1);
        long h0 = high(a0, b0) + high(a1, c4) + high(a2, c3) + high(a3, c2) + high(a4, c1);
        long l1 = low(a0, b1) + low(a1, b0) + low(a2, c4) + low(a3, c3) + low(a4, c2);
        long h1 = high(a0, b1) + high(a1, b0) + high(a2, c4) + high(a3, c3) + high(a4, c2);
        long l2 = low(a0, b2) + low(a1, b1) + low(a2, b0) + low(a3, c4) + low(a4, c3);
        long h2 = high(a0, b2) + high(a1, b1) + high(a2, b0) + high(a3, c4) + high(a4, c3);
        long l3 = low(a0, b3) + low(a1, b2) + low(a2, b1) + low(a3, b0) + low(a4, c4);
        long h3 = high(a0, b3) + high(a1, b2) + high(a2, b1) + high(a3, b0) + high(a4, c4);
        long l4 = low(a0, b4) + low(a1, b3) + low(a2, b2) + low(a3, b1) + low(a4, b0);
        long h4 = high(a0, b4) + high(a1, b3) + high(a2, b2) + high(a3, b1) + high(a4, b0);
        carry(out, l0 + 19 * h4, l1 + h0, l2 + h1, l3 + h2, l4 + h3);
    }

    static void square(long[] out, long[] a) {
        long a0 = a[0] << 8;
        long a1 = a[1] << 8;
        long a2 = a[2] << 8;
        long a3 = a[3] << 8;
        long a4 = a[4] << 8;
        long b0 = a[0] << 5;
        long b1 = a[1] << 5;
        long b2 = a[2] << 5;
        long b3 = a[3] << 5;
        long c3 = b3 * 19;
        long c4 = (a[4] << 5) * 19;
        long l0 = low(a0, b0) + 2 * (low(a1, c4) + low(a2, c3));
        long h0 = high(a0, b0) + 2 * (high(a1, c4) + high(a2, c3));
        long l1 = 2 * (low(a0, b1) + low(a2, c4)) + low(a3, c3);
        long h1 = 2 * (high(a0, b1) + high(a2, c4)) + high(a3, c3);
        long l2 = 2 * (low(a0, b2) + low(a3, c4)) + low(a1, b1);
        long h2 = 2 * (high(a0, b2) + high(a3, c4)) + high(a1, b1);
        long l3 = 2 * (low(a0, b3) + low(a1, b2)) + low(a4, c4);
        long h3 = 2 * (high(a0, b3) + high(a1, b2)) + high(a4, c4);
        long l4 = 2 * (low(a4, b0) + low(a3, b1)) + low(a2, b2);
        long h4 = 2 * (high(a4, b0) + high(a3, b1)) + high(a2, b2);
        carry(out, l0 + 19 * h4, l1 + h0, l2 + h1, l3 + h2, l4 + h3);
    }

    /** Squares {@code count >= 1} times. */
    static void square(long[] out, long[] a, int count) {
        square(out, a);
        for (int i = 1; i < count; i++) {
            square(out, out);
        }
    }

    /** Multiplies by {@code factor}, below 2^17. */
    static void multiplySmall(long[] out, long[] a, long factor) {
        long f = factor << 5;
        long a0 = a[0] << 8;
        long a1 = a[1] << 8;
        long a2 = a[2] << 8;
        long a3 = a[3] << 8;
        long a4 = a[4] << 8;
        carry(
                out,
                low(a0, f) + 19 * high(a4, f),
                low(a1, f) + high(a0, f),
                low(a2, f) + high(a1, f),
                low(a3, f) + high(a2, f),
                low(a4, f) + high(a3, f));
    }

    /**
     * Inverts by Fermat: a^(p-2); zero gives zero. {@code t} is scratch of four numbers; {@code
     * out} may be {@code a}.
     */
    static void invert(long[] out, long[] a, long[][] t) {
        long[] t0 = t[0];
        long[] t1 = t[1];
        long[] t2 = t[2];
        long[] t3 = t[3];
        square(t0, a); // 2
        square(t1, t0, 2); // 8
        multiply(t1, a, t1); // 9
        multiply(t0, t0, t1); // 11
        square(t2, t0); // 22
        multiply(t1, t1, t2); // 2^5 - 1
        square(t2, t1, 5);
        multiply(t1, t2, t1); // 2^10 - 1
        square(t2, t1, 10);
        multiply(t2, t2, t1); // 2^20 - 1
        square(t3, t2, 20);
        multiply(t2, t3, t2); // 2^40 - 1
        square(t2, t2, 10);
        multiply(t1, t2, t1); // 2^50 - 1
        square(t2, t1, 50);
        multiply(t2, t2, t1); // 2^100 - 1
        square(t3, t2, 100);
        multiply(t2, t3, t2); // 2^200 - 1
        square(t2, t2, 50);
        multiply(t1, t2, t1); // 2^250 - 1
        square(t1, t1, 5);
        multiply(out, t1, t0); // 2^255 - 21
    }

    /** Swaps when {@code bit} is 1, does the same work when it is 0. */
    static void swap(int bit, long[] a, long[] b) {
        long mask = -(long) bit;
        for (int i = 0; i < LIMBS; i++) {
            long difference = mask & (a[i] ^ b[i]);
            a[i] ^= difference;
            b[i] ^= difference;
        }
    }

    /**
     * Reads 32 little-endian bytes, ignoring the top bit (RFC 7748, section 5); numbers of p and
     * above are accepted.
     */
    static void decode(long[] out, byte[] bytes, int offset) {
        long w0 = LittleEndian.loadLong(bytes, offset);
        long w1 = LittleEndian.loadLong(bytes, offset + 8);
        long w2 = LittleEndian.loadLong(bytes, offset + 16);
        long w3 = LittleEndian.loadLong(bytes, offset + 24);
        out[0] = w0 & MASK;
        out[1] = ((w0 >>> 51) | (w1 << 13)) & MASK;
        out[2] = ((w1 >>> 38) | (w2 << 26)) & MASK;
        out[3] = ((w2 >>> 25) | (w3 << 39)) & MASK;
        out[4] = (w3 >>> 12) & MASK;
    }

    /** Writes the canonical form of a tight number. */
    static void encode(byte[] out, int offset, long[] a) {
        // First all limbs below 2^51 (the number below 2p), then the quotient by p, 0 or 1, as the
        // carry of a + 19.
        long a0 = a[0];
        long a1 = a[1] + (a0 >>> 51);
        long a2 = a[2] + (a1 >>> 51);
        long a3 = a[3] + (a2 >>> 51);
        long a4 = a[4] + (a3 >>> 51);
        a0 = (a0 & MASK) + 19 * (a4 >>> 51);
        a1 = (a1 & MASK) + (a0 >>> 51);
        a0 &= MASK;
        a2 &= MASK;
        a3 &= MASK;
        a4 &= MASK;
        long quotient = (a0 + 19) >>> 51;
        quotient = (a1 + quotient) >>> 51;
        quotient = (a2 + quotient) >>> 51;
        quotient = (a3 + quotient) >>> 51;
        quotient = (a4 + quotient) >>> 51;
        a0 += 19 * quotient;
        a1 += a0 >>> 51;
        a2 += a1 >>> 51;
        a3 += a2 >>> 51;
        a4 += a3 >>> 51;
        a0 &= MASK;
        a1 &= MASK;
        a2 &= MASK;
        a3 &= MASK;
        a4 &= MASK;
        LittleEndian.storeLong(out, offset, a0 | (a1 << 51));
        LittleEndian.storeLong(out, offset + 8, (a1 >>> 13) | (a2 << 38));
        LittleEndian.storeLong(out, offset + 16, (a2 >>> 26) | (a3 << 25));
        LittleEndian.storeLong(out, offset + 24, (a3 >>> 39) | (a4 << 12));
    }

    private static long low(long a, long b) {
        return (a * b) >>> 13;
    }

    private static long high(long a, long b) {
        return Math.multiplyHigh(a, b);
    }

    /** One carry for all limbs at once: each is below 2^62, so each passes on less than 2^11. */
    private static void carry(long[] out, long r0, long r1, long r2, long r3, long r4) {
        out[0] = (r0 & MASK) + 19 * (r4 >>> 51);
        out[1] = (r1 & MASK) + (r0 >>> 51);
        out[2] = (r2 & MASK) + (r1 >>> 51);
        out[3] = (r3 & MASK) + (r2 >>> 51);
        out[4] = (r4 & MASK) + (r3 >>> 51);
    }
}
