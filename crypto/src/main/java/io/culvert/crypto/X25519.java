package io.culvert.crypto;

import java.util.Arrays;
import java.util.Objects;

/**
 * X25519 (RFC 7748, section 5): agreements by the Montgomery ladder, public keys by a table of
 * multiples of the base point. {@link X25519Batch} does several at once, faster.
 *
 * <p>Constant time by construction: the same operations and the same memory for every key, since no
 * branch and no index depends on one; bits choose by masks. The first public key of a process takes
 * some milliseconds more, for the table.
 *
 * <p>Holds scratch, wiped after each use: not thread-safe, one per thread. Nothing is allocated
 * after construction.
 */
public final class X25519 {

    /** Length of private keys, public keys and shared secrets in bytes. */
    public static final int KEY_LENGTH = 32;

    private final byte[] scalar = new byte[KEY_LENGTH];
    private final long[] x = new long[Field25519.LIMBS];
    private final long[] z = new long[Field25519.LIMBS];
    private final long[][] t = new long[4][Field25519.LIMBS];
    private final Ladder25519 ladder = new Ladder25519();
    private final FixedBase25519 fixedBase = new FixedBase25519();

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
        copyClamped(privateKey, privateOffset);
        fixedBase.run(x, z, scalar, 0);
        finish(out, outOffset);
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
        copyClamped(privateKey, privateOffset);
        ladder.run(x, z, scalar, 0, publicKey, publicOffset);
        finish(out, outOffset);
        return !ConstantTime.isZero(out, outOffset, KEY_LENGTH);
    }

    private void copyClamped(byte[] key, int offset) {
        Objects.checkFromIndexSize(offset, KEY_LENGTH, key.length);
        System.arraycopy(key, offset, scalar, 0, KEY_LENGTH);
        clamp(scalar, 0);
    }

    /** Writes x / z, zero if z is zero, and wipes all. */
    private void finish(byte[] out, int outOffset) {
        Field25519.invert(z, z, t);
        Field25519.multiply(x, x, z);
        Field25519.encode(out, outOffset, x);
        Arrays.fill(scalar, (byte) 0);
        Arrays.fill(x, 0);
        Arrays.fill(z, 0);
        for (long[] number : t) {
            Arrays.fill(number, 0);
        }
        ladder.wipe();
        fixedBase.wipe();
    }

    /** Tells whether nothing of any key is left, for the test of that. */
    boolean holdsNothing() {
        return ConstantTime.isZero(scalar, 0, KEY_LENGTH)
                && ConstantTime.isZero(x, z)
                && ConstantTime.isZero(t)
                && ladder.holdsNothing()
                && fixedBase.holdsNothing();
    }
}
