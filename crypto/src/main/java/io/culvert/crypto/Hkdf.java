package io.culvert.crypto;

import java.util.Arrays;

/**
 * KDF1, KDF2 and KDF3 of the WireGuard paper, section 5.4, which are HKDF (RFC 5869) over {@link
 * HmacBlake2s} without an info string: the chaining key is the salt, and each output after the
 * first also hashes the one before it.
 *
 * <p>Chaining key and outputs are arrays of at least 32 bytes, of which the first 32 are used; the
 * outputs are different arrays, but any of them may be the chaining key or the input. Not
 * thread-safe: holds scratch, which is wiped after use. Nothing is allocated after construction.
 */
public final class Hkdf {

    /** Length of a chaining key and of each output in bytes. */
    public static final int LENGTH = HmacBlake2s.LENGTH;

    private final HmacBlake2s hmac = new HmacBlake2s();
    private final byte[] pseudorandomKey = new byte[LENGTH];

    /** The previous output, then the number of this one. */
    private final byte[] message = new byte[LENGTH + 1];

    public Hkdf() {}

    /** Derives one output. */
    public void kdf1(
            byte[] chainingKey, byte[] input, int inputOffset, int inputLength, byte[] out1) {
        extract(chainingKey, input, inputOffset, inputLength);
        expandFirst(out1);
        wipe();
    }

    /** Derives two outputs. */
    public void kdf2(
            byte[] chainingKey,
            byte[] input,
            int inputOffset,
            int inputLength,
            byte[] out1,
            byte[] out2) {
        extract(chainingKey, input, inputOffset, inputLength);
        expandFirst(out1);
        expandNext(2, out2);
        wipe();
    }

    /** Derives three outputs. */
    public void kdf3(
            byte[] chainingKey,
            byte[] input,
            int inputOffset,
            int inputLength,
            byte[] out1,
            byte[] out2,
            byte[] out3) {
        extract(chainingKey, input, inputOffset, inputLength);
        expandFirst(out1);
        expandNext(2, out2);
        expandNext(3, out3);
        wipe();
    }

    private void extract(byte[] chainingKey, byte[] input, int inputOffset, int inputLength) {
        hmac.init(chainingKey, 0, LENGTH)
                .update(input, inputOffset, inputLength)
                .doFinal(pseudorandomKey, 0);
    }

    private void expandFirst(byte[] out) {
        message[LENGTH] = 1;
        hmac.init(pseudorandomKey, 0, LENGTH).keep().update(message, LENGTH, 1).doFinal(message, 0);
        System.arraycopy(message, 0, out, 0, LENGTH);
    }

    private void expandNext(int number, byte[] out) {
        message[LENGTH] = (byte) number;
        hmac.again().update(message, 0, message.length).doFinal(message, 0);
        System.arraycopy(message, 0, out, 0, LENGTH);
    }

    private void wipe() {
        hmac.wipe();
        Arrays.fill(pseudorandomKey, (byte) 0);
        Arrays.fill(message, (byte) 0);
    }

    /** Tells whether nothing of key, input or outputs is left, for the test of that. */
    boolean holdsNothing() {
        return hmac.holdsNothing()
                && ConstantTime.isZero(pseudorandomKey, 0, LENGTH)
                && ConstantTime.isZero(message, 0, message.length);
    }
}
