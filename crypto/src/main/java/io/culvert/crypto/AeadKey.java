package io.culvert.crypto;

import java.util.Arrays;
import java.util.Objects;

/**
 * A 256-bit AEAD key (RFC 8439, section 2.3). {@link #destroy()} zeroes it, and any use after that
 * throws {@link IllegalStateException}. {@code toString} shows nothing secret.
 *
 * <p>Any number of threads may use a key; {@code destroy} must not run beside a use.
 */
public final class AeadKey {

    /** Length of a key in bytes. */
    public static final int LENGTH = 32;

    private static final int WORDS = LENGTH / Integer.BYTES;

    private final int[] words = new int[WORDS];
    private boolean destroyed;

    /**
     * Copies the key out of {@code key[offset .. offset + 32)}; the caller keeps, and may wipe, the
     * array.
     *
     * @throws IndexOutOfBoundsException if fewer than 32 bytes follow {@code offset}
     */
    public AeadKey(byte[] key, int offset) {
        Objects.checkFromIndexSize(offset, LENGTH, key.length);
        for (int i = 0; i < WORDS; i++) {
            words[i] = LittleEndian.loadInt(key, offset + i * Integer.BYTES);
        }
    }

    /** Zeroes the key. A second call does nothing. */
    public void destroy() {
        destroyed = true;
        Arrays.fill(words, 0);
    }

    public boolean isDestroyed() {
        return destroyed;
    }

    /** The live words, not a copy: eight little-endian ints. */
    int[] words() {
        if (destroyed) {
            throw new IllegalStateException("key was destroyed");
        }
        return words;
    }

    @Override
    public String toString() {
        return destroyed ? "AeadKey[destroyed]" : "AeadKey[secret]";
    }
}
