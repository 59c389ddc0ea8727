package io.culvert.crypto;

import java.util.Objects;

/** Comparisons whose time depends on the length alone, never on the contents. */
public final class ConstantTime {

    private ConstantTime() {}

    /**
     * Compares two ranges of {@code length} bytes.
     *
     * @throws IndexOutOfBoundsException if a range leaves its array
     */
    public static boolean equals(byte[] a, int aOff, byte[] b, int bOff, int length) {
        Objects.checkFromIndexSize(aOff, length, a.length);
        Objects.checkFromIndexSize(bOff, length, b.length);
        int difference = 0;
        for (int i = 0; i < length; i++) {
            difference |= a[aOff + i] ^ b[bOff + i];
        }
        return difference == 0;
    }

    /**
     * Tells whether all {@code length} bytes are zero.
     *
     * @throws IndexOutOfBoundsException if the range leaves the array
     */
    public static boolean isZero(byte[] a, int off, int length) {
        Objects.checkFromIndexSize(off, length, a.length);
        return zeroMask(a, off, length) != 0;
    }

    /** Tells whether all longs of all arrays are zero. */
    static boolean isZero(long[]... arrays) {
        long bits = 0;
        for (long[] array : arrays) {
            for (long value : array) {
                bits |= value;
            }
        }
        return bits == 0;
    }

    /** Tells whether all ints of all arrays are zero. */
    static boolean isZero(int[]... arrays) {
        int bits = 0;
        for (int[] array : arrays) {
            for (int value : array) {
                bits |= value;
            }
        }
        return bits == 0;
    }

    /** All ones if all {@code length} bytes are zero, else zero: for choices without a branch. */
    static long zeroMask(byte[] a, int off, int length) {
        int bits = 0;
        for (int i = 0; i < length; i++) {
            bits |= a[off + i] & 0xff;
        }
        return (long) (bits - 1) >> 63;
    }
}
