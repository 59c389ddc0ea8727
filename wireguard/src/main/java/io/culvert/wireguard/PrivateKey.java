package io.culvert.wireguard;

import io.culvert.crypto.X25519;
import java.util.Arrays;

/**
 * A Curve25519 private key, clamped. {@link #destroy} zeroes it, and any use after that throws
 * {@link IllegalStateException}. Compared by identity; {@code toString} shows nothing.
 */
public final class PrivateKey {
    private final byte[] key;
    private boolean destroyed;

    private PrivateKey(byte[] key) {
        X25519.clamp(key, 0);
        this.key = key;
    }

    /**
     * Copies and clamps 32 bytes; the caller keeps, and may wipe, the array.
     *
     * @throws IllegalArgumentException if there are not 32 bytes
     */
    public static PrivateKey of(byte[] key) {
        return new PrivateKey(KeyText.copy(key));
    }

    /**
     * Reads 44 characters of base64.
     *
     * @throws IllegalArgumentException if the text is anything else; the message doesn't show it
     */
    public static PrivateKey fromBase64(String text) {
        return new PrivateKey(KeyText.decode(text));
    }

    /** Makes a new key. */
    public static PrivateKey generate(Entropy entropy) {
        byte[] key = new byte[KeyText.KEY_LENGTH];
        entropy.fill(key, 0, key.length);
        return new PrivateKey(key);
    }

    /** Computes the public key: one scalar multiplication. */
    public PublicKey publicKey() {
        byte[] point = new byte[KeyText.KEY_LENGTH];
        new X25519().publicKey(point, 0, raw(), 0);
        return PublicKey.of(point);
    }

    /** A copy, for the caller to wipe. */
    public byte[] bytes() {
        return raw().clone();
    }

    public String toBase64() {
        return KeyText.encode(raw());
    }

    /** Zeroes the key. A second call does nothing. A device that was given the key has a copy. */
    public void destroy() {
        destroyed = true;
        Arrays.fill(key, (byte) 0);
    }

    /** The live bytes, for reading only. */
    byte[] raw() {
        if (destroyed) {
            throw new IllegalStateException("private key was destroyed");
        }
        return key;
    }

    @Override
    public String toString() {
        return "PrivateKey[secret]";
    }
}
