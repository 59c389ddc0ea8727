package io.culvert.crypto;

import java.lang.foreign.MemorySegment;

/**
 * One implementation of AEAD_CHACHA20_POLY1305 (RFC 8439, section 2.8): key as eight little-endian
 * ints, nonce as three. Ranges are checked by the caller. Not thread-safe; leaves no secret behind.
 */
abstract class AeadEngine {

    /** Name for the log. */
    abstract String implementation();

    /** Encrypts {@code length} bytes in place and writes the tag behind them. */
    abstract void seal(
            int[] key,
            int n0,
            int n1,
            int n2,
            MemorySegment aad,
            long aadOffset,
            int aadLength,
            MemorySegment memory,
            long offset,
            int length);

    /** Verifies the tag behind {@code length} bytes, then decrypts them in place. */
    abstract boolean open(
            int[] key,
            int n0,
            int n1,
            int n2,
            MemorySegment aad,
            long aadOffset,
            int aadLength,
            MemorySegment memory,
            long offset,
            int length);
}
