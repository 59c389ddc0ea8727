package io.culvert.crypto;

import java.util.Arrays;
import java.util.Objects;

/**
 * X25519 (RFC 7748, section 5) by the Montgomery ladder. Constant time by construction: the same
 * operations for every scalar, exchanges by mask.
 *
 * <p>Holds scratch, wiped after each use: not thread-safe, one per thread. Nothing is allocated
 * after construction.
 */
public final class X25519 {

    /** Length of private keys, public keys and shared secrets in bytes. */
    public static final int KEY_LENGTH = 32;

    /** (486662 - 2) / 4 (RFC 7748, section 5). */
    private static final long A24 = 121665;

    private static final int TOP_BIT = 254;
    private static final byte[] BASE_POINT = new byte[KEY_LENGTH];

    static {
        BASE_POINT[0] = 9;
    }

    private final byte[] scalar = new byte[KEY_LENGTH];
    private final long[] x1 = new long[Field25519.LIMBS];
    private final long[] x2 = new long[Field25519.LIMBS];
    private final long[] z2 = new long[Field25519.LIMBS];
    private final long[] x3 = new long[Field25519.LIMBS];
    private final long[] z3 = new long[Field25519.LIMBS];
    private final long[][] t = new long[4][Field25519.LIMBS];

    public X25519() {}

    /** Clamps a private key in place (RFC 7748, section 5, decodeScalar25519). */
    public static void clamp(byte[] privateKey, int offset) {
        Objects.checkFromIndexSize(offset, KEY_LENGTH, privateKey.length);
        privateKey[offset] &= (byte) 0xf8;
        privateKey[offset + 31] &= 0x7f;
        privateKey[offset + 31] |= 0x40;
    }

    /**
     * Writes the public key of {@code privateKey}, of which a copy is clamped. {@code out} may be
     * the same array.
     */
    public void publicKey(byte[] out, int outOffset, byte[] privateKey, int privateOffset) {
        Objects.checkFromIndexSize(outOffset, KEY_LENGTH, out.length);
        multiply(out, outOffset, privateKey, privateOffset, BASE_POINT, 0);
    }

    /**
     * Writes the shared secret of a private key, of which a copy is clamped, and a public key.
     * {@code out} may be one of the others.
     *
     * @return false when the shared secret is all zero, that is when the public key is a point of
     *     low order; {@code out} is then zero
     */
    public boolean agree(
            byte[] out,
            int outOffset,
            byte[] privateKey,
            int privateOffset,
            byte[] publicKey,
            int publicOffset) {
        Objects.checkFromIndexSize(outOffset, KEY_LENGTH, out.length);
        Objects.checkFromIndexSize(publicOffset, KEY_LENGTH, publicKey.length);
        multiply(out, outOffset, privateKey, privateOffset, publicKey, publicOffset);
        return !ConstantTime.isZero(out, outOffset, KEY_LENGTH);
    }

    private void multiply(
            byte[] out, int outOffset, byte[] key, int keyOffset, byte[] point, int pointOffset) {
        Objects.checkFromIndexSize(keyOffset, KEY_LENGTH, key.length);
        System.arraycopy(key, keyOffset, scalar, 0, KEY_LENGTH);
        clamp(scalar, 0);
        Field25519.decode(x1, point, pointOffset);
        ladder();
        Field25519.invert(z2, z2, t);
        Field25519.multiply(x2, x2, z2);
        Field25519.encode(out, outOffset, x2);
        wipe();
    }

    private void ladder() {
        setOne(x2);
        Arrays.fill(z2, 0);
        System.arraycopy(x1, 0, x3, 0, Field25519.LIMBS);
        setOne(z3);
        int swap = 0;
        for (int i = TOP_BIT; i >= 0; i--) {
            int bit = (scalar[i >> 3] >>> (i & 7)) & 1;
            Field25519.swap(swap ^ bit, x2, x3);
            Field25519.swap(swap ^ bit, z2, z3);
            swap = bit;
            step();
        }
        Field25519.swap(swap, x2, x3);
        Field25519.swap(swap, z2, z3);
    }

    /** One doubling and one differential addition; the letters are those of RFC 7748, section 5. */
    private void step() {
        long[] a = t[0];
        long[] b = t[1];
        long[] c = t[2];
        long[] d = t[3];
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

    private static void setOne(long[] a) {
        Arrays.fill(a, 0);
        a[0] = 1;
    }

    private void wipe() {
        Arrays.fill(scalar, (byte) 0);
        Arrays.fill(x1, 0);
        Arrays.fill(x2, 0);
        Arrays.fill(z2, 0);
        Arrays.fill(x3, 0);
        Arrays.fill(z3, 0);
        for (long[] number : t) {
            Arrays.fill(number, 0);
        }
    }
}
