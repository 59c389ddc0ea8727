package io.culvert.wireguard;

/**
 * Source of cryptographically strong random bytes: ephemeral keys, session indices, cookie secrets
 * and nonces. A test that gives equal bytes gets equal messages.
 */
@FunctionalInterface
public interface Entropy {
    /** Fills {@code out[offset .. offset + length)}. */
    void fill(byte[] out, int offset, int length);
}
