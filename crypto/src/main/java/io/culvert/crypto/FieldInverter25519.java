package io.culvert.crypto;

import java.util.Arrays;

/**
 * Inverts several numbers modulo 2^255 - 19 for the price of one inversion and three
 * multiplications each (Montgomery, "Speeding the Pollard and elliptic curve methods of
 * factorization", section 10.3.1). Holds scratch, which the caller wipes: not thread-safe.
 */
final class FieldInverter25519 {

    private final long[][] products;
    private final long[] inverse = new long[Field25519.LIMBS];
    private final long[][] t = new long[4][Field25519.LIMBS];

    /**
     * Makes scratch.
     *
     * @param capacity most numbers at a time
     */
    FieldInverter25519(int capacity) {
        products = new long[capacity][Field25519.LIMBS];
    }

    /** Replaces the first {@code count} numbers, of which none is zero, by their inverses. */
    void invert(long[][] numbers, int count) {
        if (count == 0) {
            return;
        }
        System.arraycopy(numbers[0], 0, products[0], 0, Field25519.LIMBS);
        for (int i = 1; i < count; i++) {
            Field25519.multiply(products[i], products[i - 1], numbers[i]);
        }
        Field25519.invert(inverse, products[count - 1], t);
        for (int i = count - 1; i > 0; i--) {
            // products[i] is done with: it takes the inverse of number i.
            Field25519.multiply(products[i], inverse, products[i - 1]);
            Field25519.multiply(inverse, inverse, numbers[i]);
            System.arraycopy(products[i], 0, numbers[i], 0, Field25519.LIMBS);
        }
        System.arraycopy(inverse, 0, numbers[0], 0, Field25519.LIMBS);
    }

    void wipe() {
        for (long[] product : products) {
            Arrays.fill(product, 0);
        }
        Arrays.fill(inverse, 0);
        for (long[] number : t) {
            Arrays.fill(number, 0);
        }
    }

    boolean holdsNothing() {
        return ConstantTime.isZero(products)
                && ConstantTime.isZero(inverse)
                && ConstantTime.isZero(t);
    }
}
