package io.culvert.crypto;

import java.util.Arrays;

/**
 * Multiples of the base point by a table, on the Edwards form of the curve: the scalar in 64 signed
 * digits of four bits, one addition each. Constant time by construction: every digit reads all
 * entries of a row, which is known beforehand, and takes one of them, or the neutral point, and its
 * sign by masks.
 *
 * <p>Holds scratch, which the caller wipes: not thread-safe.
 */
final class FixedBase25519 {

    private static final long[] TABLE = BaseTable25519.make();
    private static final int DIGITS = 64;
    private static final int LIMBS = Field25519.LIMBS;

    /** Signed digits, -8..8, the lowest first. */
    private final byte[] digits = new byte[DIGITS];

    private final EdwardsPoint25519 sum = new EdwardsPoint25519();
    private final long[] yPlusX = new long[LIMBS];
    private final long[] yMinusX = new long[LIMBS];
    private final long[] xy2d = new long[LIMBS];
    private final long[] negated = new long[LIMBS];

    /**
     * Computes the u-coordinate of a multiple of the base point as the fraction {@code u / w}. No
     * clamped scalar is a multiple of the order, so w is never zero.
     *
     * @param scalar clamped
     */
    void run(long[] u, long[] w, byte[] scalar, int scalarAt) {
        split(scalar, scalarAt);
        sum.setNeutral();
        // Row i has the multiples of 256^i: the odd digits first, which then get the factor 16.
        for (int digit = 1; digit < DIGITS; digit += 2) {
            addMultiple(digit >> 1, digits[digit]);
        }
        sum.twice(4);
        for (int digit = 0; digit < DIGITS; digit += 2) {
            addMultiple(digit >> 1, digits[digit]);
        }
        // u = (1 + y) / (1 - y) (RFC 7748, section 4.1).
        Field25519.add(u, sum.z, sum.y);
        Field25519.subtract(w, sum.z, sum.y);
    }

    void wipe() {
        Arrays.fill(digits, (byte) 0);
        sum.wipe();
        Arrays.fill(yPlusX, 0);
        Arrays.fill(yMinusX, 0);
        Arrays.fill(xy2d, 0);
        Arrays.fill(negated, 0);
    }

    /** Tells whether nothing of any input is left, for the test of that. */
    boolean holdsNothing() {
        return ConstantTime.isZero(digits, 0, DIGITS)
                && sum.holdsNothing()
                && ConstantTime.isZero(yPlusX, yMinusX, xy2d, negated);
    }

    /** Digits of -8..7, but the highest, which is 4..8 since the scalar is clamped. */
    private void split(byte[] scalar, int at) {
        int carry = 0;
        for (int i = 0; i < DIGITS - 1; i++) {
            int digit = ((scalar[at + (i >> 1)] >>> ((i & 1) * 4)) & 15) + carry;
            carry = (digit + 8) >> 4;
            digits[i] = (byte) (digit - (carry << 4));
        }
        digits[DIGITS - 1] = (byte) (((scalar[at + X25519.KEY_LENGTH - 1] >>> 4) & 15) + carry);
    }

    private void addMultiple(int row, int digit) {
        int sign = digit >> 31;
        select(row * BaseTable25519.ROW_LENGTH, (digit ^ sign) - sign);
        // The negative of a point has the other sign of x.
        Field25519.swap(sign & 1, yPlusX, yMinusX);
        Arrays.fill(negated, 0);
        Field25519.subtract(negated, negated, xy2d);
        Field25519.swap(sign & 1, xy2d, negated);
        sum.add(yPlusX, yMinusX, xy2d);
    }

    /** Takes entry {@code magnitude - 1}, or the neutral point for 0. */
    private void select(int row, int magnitude) {
        pick(yPlusX, row, magnitude);
        pick(yMinusX, row + LIMBS, magnitude);
        pick(xy2d, row + 2 * LIMBS, magnitude);
        long neutral = equal(magnitude, 0) & 1;
        yPlusX[0] |= neutral;
        yMinusX[0] |= neutral;
    }

    /** Reads one number of all eight entries, limb by limb, and keeps that of one entry or zero. */
    private static void pick(long[] out, int at, int magnitude) {
        final int entry = BaseTable25519.ENTRY_LENGTH;
        long is1 = equal(magnitude, 1);
        long is2 = equal(magnitude, 2);
        long is3 = equal(magnitude, 3);
        long is4 = equal(magnitude, 4);
        long is5 = equal(magnitude, 5);
        long is6 = equal(magnitude, 6);
        long is7 = equal(magnitude, 7);
        long is8 = equal(magnitude, 8);
        for (int limb = 0; limb < LIMBS; limb++) {
            int i = at + limb;
            long low =
                    (TABLE[i] & is1)
                            | (TABLE[i + entry] & is2)
                            | (TABLE[i + 2 * entry] & is3)
                            | (TABLE[i + 3 * entry] & is4);
            long high =
                    (TABLE[i + 4 * entry] & is5)
                            | (TABLE[i + 5 * entry] & is6)
                            | (TABLE[i + 6 * entry] & is7)
                            | (TABLE[i + 7 * entry] & is8);
            out[limb] = low | high;
        }
    }

    /** All ones when two small numbers are equal, else zero. */
    private static long equal(int a, int b) {
        return (long) ((a ^ b) - 1) >> 63;
    }
}
