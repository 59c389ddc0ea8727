package io.culvert.wireguard;

import io.culvert.crypto.ConstantTime;
import java.util.Arrays;

/**
 * The optional symmetric key of two peers (paper, section 5.2); all zero is the same as none.
 * {@link #destroy} zeroes it, and any use after that throws {@link IllegalStateException}. Compared
 * by identity; {@code toString} shows nothing.
 */
public final class PresharedKey {
    private final byte[] key;
    private boolean destroyed;

    private PresharedKey(byte[] key) {
        this.key = key;
    }

    /**
     * Copies 32 bytes; the caller keeps, and may wipe, the array.
     *
     * @throws IllegalArgumentException if there are not 32 bytes
     */
    public static PresharedKey of(byte[] key) {
        return new PresharedKey(KeyText.copy(key));
    }

    /**
     * Reads 44 characters of base64.
     *
     * @throws IllegalArgumentException if the text is anything else; the message doesn't show it
     */
    public static PresharedKey fromBase64(String text) {
        return new PresharedKey(KeyText.decode(text));
    }

    /** Makes a new key. */
    public static PresharedKey generate(Entropy entropy) {
        byte[] key = new byte[KeyText.KEY_LENGTH];
        entropy.fill(key, 0, key.length);
        return new PresharedKey(key);
    }

    /** Tells whether this stands for "no preshared key". */
    public boolean isZero() {
        return ConstantTime.isZero(raw(), 0, KeyText.KEY_LENGTH);
    }

    /** A copy, for the caller to wipe. */
    public byte[] bytes() {
        return raw().clone();
    }

    public String toBase64() {
        return KeyText.encode(raw());
    }

    /** Zeroes the key. A second call does nothing. A peer that was given the key has a copy. */
    public void destroy() {
        destroyed = true;
        Arrays.fill(key, (byte) 0);
    }

    /** The live bytes, for reading only. */
    byte[] raw() {
        if (destroyed) {
            throw new IllegalStateException("preshared key was destroyed");
        }
        return key;
    }

    @Override
    public String toString() {
        return "PresharedKey[secret]";
    }
}
