package io.culvert.crypto;

import java.util.Arrays;

/**
 * Fractions modulo 2^255 - 19 that are waiting to be reduced together, which takes one inversion
 * for all of them. A fraction whose denominator is zero becomes zero, as RFC 7748, section 5, has
 * it. Not thread-safe.
 */
final class Fractions25519 {

    /** Numerators and denominators, for whoever computes them to write to: loose numbers. */
    final long[][] numerators;

    final long[][] denominators;
    private final FieldInverter25519 inverter;
    private final byte[] canonical = new byte[X25519.KEY_LENGTH];

    Fractions25519(int capacity) {
        numerators = new long[capacity][Field25519.LIMBS];
        denominators = new long[capacity][Field25519.LIMBS];
        inverter = new FieldInverter25519(capacity);
    }

    /** Writes the first {@code count} fractions, 32 bytes each, and wipes everything. */
    void reduce(byte[] out, int offset, int count) {
        for (int i = 0; i < count; i++) {
            replaceZero(numerators[i], denominators[i]);
        }
        inverter.invert(denominators, count);
        for (int i = 0; i < count; i++) {
            Field25519.multiply(numerators[i], numerators[i], denominators[i]);
            Field25519.encode(out, offset + i * X25519.KEY_LENGTH, numerators[i]);
        }
        wipe();
    }

    void wipe() {
        for (int i = 0; i < numerators.length; i++) {
            Arrays.fill(numerators[i], 0);
            Arrays.fill(denominators[i], 0);
        }
        inverter.wipe();
        Arrays.fill(canonical, (byte) 0);
    }

    /** Tells whether nothing of any input is left, for the test of that. */
    boolean holdsNothing() {
        return ConstantTime.isZero(numerators)
                && ConstantTime.isZero(denominators)
                && inverter.holdsNothing()
                && ConstantTime.isZero(canonical, 0, canonical.length);
    }

    /** Makes 0 / 1 of a fraction over zero: one zero would spoil the common product. By masks. */
    private void replaceZero(long[] numerator, long[] denominator) {
        Field25519.multiplySmall(denominator, denominator, 1);
        Field25519.encode(canonical, 0, denominator);
        long zero = ConstantTime.zeroMask(canonical, 0, canonical.length);
        for (int limb = 0; limb < Field25519.LIMBS; limb++) {
            numerator[limb] &= ~zero;
            denominator[limb] &= ~zero;
        }
        denominator[0] |= zero & 1;
    }
}
