package io.culvert.crypto;

import java.util.Arrays;

/**
 * The Montgomery ladder of RFC 7748, section 5, for any point. Constant time by construction: the
 * same operations for every scalar, exchanges by mask.
 *
 * <p>Holds scratch, which the caller wipes: not thread-safe.
 */
final class Ladder25519 {

    /** (486662 - 2) / 4 (RFC 7748, section 5). */
    private static final long A24 = 121665;

    private static final int TOP_BIT = 254;

    private final long[] x1 = new long[Field25519.LIMBS];
    private final long[] x3 = new long[Field25519.LIMBS];
    private final long[] z3 = new long[Field25519.LIMBS];
    private final long[] a = new long[Field25519.LIMBS];
    private final long[] b = new long[Field25519.LIMBS];
    private final long[] c = new long[Field25519.LIMBS];
    private final long[] d = new long[Field25519.LIMBS];

    /**
     * Computes the u-coordinate of a product as the fraction {@code x2 / z2}; z2 is zero for a
     * point of low order.
     *
     * @param scalar clamped
     */
    void run(long[] x2, long[] z2, byte[] scalar, int scalarAt, byte[] point, int pointAt) {
        Field25519.decode(x1, point, pointAt);
        Field25519.setOne(x2);
        Arrays.fill(z2, 0);
        System.arraycopy(x1, 0, x3, 0, Field25519.LIMBS);
        Field25519.setOne(z3);
        int swap = 0;
        for (int i = TOP_BIT; i >= 0; i--) {
            int bit = (scalar[scalarAt + (i >> 3)] >>> (i & 7)) & 1;
            Field25519.swap(swap ^ bit, x2, x3);
            Field25519.swap(swap ^ bit, z2, z3);
            swap = bit;
            step(x2, z2);
        }
        Field25519.swap(swap, x2, x3);
        Field25519.swap(swap, z2, z3);
    }

    void wipe() {
        Arrays.fill(x1, 0);
        Arrays.fill(x3, 0);
        Arrays.fill(z3, 0);
        Arrays.fill(a, 0);
        Arrays.fill(b, 0);
        Arrays.fill(c, 0);
        Arrays.fill(d, 0);
    }

    /** Tells whether nothing of any input is left, for the test of that. */
    boolean holdsNothing() {
        return ConstantTime.isZero(x1, x3, z3, a, b, c, d);
    }

    /** One doubling and one differential addition; the letters are those of RFC 7748, section 5. */
    private void step(long[] x2, long[] z2) {
        Field25519.add(a, x2, z2);
        Field25519.subtract(b, x2, z2);
        Field25519.add(c, x3, z3);
        Field25519.subtract(d, x3, z3);
        Field25519.multiply(d, d, a); // DA
        Field25519.multiply(c, c, b); // CB
        Field25519.square(a, a); // AA
        Field25519.square(b, b); // BB
        Field25519.add(x3, d, c);
        Field25519.square(x3, x3);
        Field25519.subtract(z3, d, c);
        Field25519.square(z3, z3);
        Field25519.multiply(z3, z3, x1);
        Field25519.multiply(x2, a, b);
        Field25519.subtract(b, a, b); // E
        Field25519.multiplySmall(z2, b, A24);
        Field25519.add(z2, z2, a);
        Field25519.multiply(z2, z2, b);
    }
}
