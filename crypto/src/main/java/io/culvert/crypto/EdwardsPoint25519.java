package io.culvert.crypto;

import java.util.Arrays;

/**
 * A point of edwards25519 (RFC 7748, section 4.1; -x^2 + y^2 = 1 + d x^2 y^2) in extended
 * coordinates (Hisil, Wong, Carter and Dawson, "Twisted Edwards Curves Revisited"): x = X/Z, y =
 * Y/Z, xy = T/Z. Its formulas are complete: no point is an exception, so nothing branches.
 *
 * <p>Holds scratch: not thread-safe.
 */
final class EdwardsPoint25519 {

    final long[] x = new long[Field25519.LIMBS];
    final long[] y = new long[Field25519.LIMBS];
    final long[] z = new long[Field25519.LIMBS];
    private final long[] t = new long[Field25519.LIMBS];
    private final long[] a = new long[Field25519.LIMBS];
    private final long[] b = new long[Field25519.LIMBS];
    private final long[] c = new long[Field25519.LIMBS];
    private final long[] d = new long[Field25519.LIMBS];

    /** Becomes the neutral point (0, 1). */
    void setNeutral() {
        Arrays.fill(x, 0);
        Field25519.setOne(y);
        Field25519.setOne(z);
        Arrays.fill(t, 0);
    }

    /** Becomes the point of the affine coordinates, which are copied. */
    void set(long[] affineX, long[] affineY) {
        System.arraycopy(affineX, 0, x, 0, Field25519.LIMBS);
        System.arraycopy(affineY, 0, y, 0, Field25519.LIMBS);
        Field25519.setOne(z);
        Field25519.multiply(t, x, y);
    }

    /** Adds an affine point, given by y + x, y - x and 2dxy; all three are tight. */
    void add(long[] yPlusX, long[] yMinusX, long[] xy2d) {
        Field25519.subtract(a, y, x);
        Field25519.multiply(a, a, yMinusX); // A
        Field25519.add(b, y, x);
        Field25519.multiply(b, b, yPlusX); // B
        Field25519.multiply(c, t, xy2d); // C
        Field25519.multiplySmall(d, z, 2); // D
        Field25519.subtract(x, b, a); // E
        Field25519.add(y, b, a); // H
        Field25519.subtract(a, d, c); // F
        Field25519.add(b, d, c); // G
        Field25519.multiply(t, x, y);
        Field25519.multiply(x, x, a);
        Field25519.multiply(y, b, y);
        Field25519.multiply(z, a, b);
    }

    /** Doubles {@code count} times. */
    void twice(int count) {
        for (int i = 0; i < count; i++) {
            twice();
        }
    }

    /** All four coordinates are the negatives of the paper's, which is the same point. */
    private void twice() {
        Field25519.multiply(t, x, y);
        Field25519.square(a, x); // A
        Field25519.square(b, y); // B
        Field25519.square(c, z);
        Field25519.multiplySmall(c, c, 2); // C
        Field25519.add(x, t, t); // E
        Field25519.add(y, a, b); // -H
        Field25519.subtract(d, b, a); // G
        Field25519.subtract(a, a, b);
        Field25519.add(a, a, c); // -F
        Field25519.multiply(t, x, y);
        Field25519.multiply(x, x, a);
        Field25519.multiply(y, y, d);
        Field25519.multiply(z, a, d);
    }

    void wipe() {
        Arrays.fill(x, 0);
        Arrays.fill(y, 0);
        Arrays.fill(z, 0);
        Arrays.fill(t, 0);
        Arrays.fill(a, 0);
        Arrays.fill(b, 0);
        Arrays.fill(c, 0);
        Arrays.fill(d, 0);
    }

    boolean holdsNothing() {
        return ConstantTime.isZero(x, y, z, t, a, b, c, d);
    }
}
