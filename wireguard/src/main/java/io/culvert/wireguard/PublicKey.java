package io.culvert.wireguard;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A Curve25519 public key: the name of a peer. Immutable. */
public final class PublicKey {
    private final byte[] key;
    private final int hash;

    private PublicKey(byte[] key) {
        this.key = key;
        this.hash = Arrays.hashCode(key);
    }

    /**
     * Copies 32 bytes. Any value is a public key, points of low order included.
     *
     * @throws IllegalArgumentException if there are not 32 bytes
     */
    public static PublicKey of(byte[] key) {
        return new PublicKey(KeyText.copy(key));
    }

    /**
     * Reads 44 characters of base64.
     *
     * @throws IllegalArgumentException if the text is anything else
     */
    public static PublicKey fromBase64(String text) {
        return new PublicKey(KeyText.decode(text));
    }

    public String toBase64() {
        return KeyText.encode(key);
    }

    /** A copy. */
    public byte[] bytes() {
        return key.clone();
    }

    /** The live bytes, for reading only. */
    byte[] raw() {
        return key;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof PublicKey that && Arrays.equals(key, that.key);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return toBase64();
    }
}
