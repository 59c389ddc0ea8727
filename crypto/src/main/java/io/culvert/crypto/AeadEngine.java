package io.culvert.crypto;

import java.lang.foreign.MemorySegment;

/**
 * AEAD_CHACHA20_POLY1305 (RFC 8439, section 2.8): the construction, over implementations of its
 * parts. Key as eight little-endian ints, nonce as three; ranges are checked by the caller. Not
 * thread-safe; leaves no secret behind.
 */
abstract class AeadEngine {

    final Poly1305 poly = new Poly1305();

    /**
     * Starts a message of {@code length} bytes: initialises {@link #poly} from keystream block 0
     * (RFC 8439, section 2.6).
     */
    abstract void start(int[] key, int n0, int n1, int n2, int length);

    /** Applies the keystream from block 1 on to the message that was started. */
    abstract void xor(
            int[] key, int n0, int n1, int n2, MemorySegment memory, long offset, int length);

    /** Absorbs {@code length} bytes into {@link #poly}, filled up with zeros to whole blocks. */
    abstract void authenticate(MemorySegment memory, long offset, int length);

    /**
     * Applies the keystream, then absorbs the result. The place of the tag behind may be written.
     */
    void encrypt(int[] key, int n0, int n1, int n2, MemorySegment memory, long offset, int length) {
        xor(key, n0, n1, n2, memory, offset, length);
        authenticate(memory, offset, length);
    }

    /**
     * Absorbs an encrypted message as {@link #authenticate} does and, where one pass can do both,
     * decrypts it. The tag is behind it.
     *
     * @return whether it was decrypted; {@link #xor} then gives back what was there
     */
    boolean authenticateEncrypted(MemorySegment memory, long offset, int length) {
        authenticate(memory, offset, length);
        return false;
    }

    /** Zeroes all that was derived from the key. */
    abstract void wipe();

    /** Tells whether nothing that was derived from a key is left, for the test of that. */
    abstract boolean holdsNothing();

    /** Encrypts {@code length} bytes in place and writes the tag behind them. */
    final void seal(
            int[] key,
            int n0,
            int n1,
            int n2,
            MemorySegment aad,
            long aadOffset,
            int aadLength,
            MemorySegment memory,
            long offset,
            int length) {
        start(key, n0, n1, n2, length);
        authenticate(aad, aadOffset, aadLength);
        encrypt(key, n0, n1, n2, memory, offset, length);
        poly.absorb(aadLength, length, 1);
        poly.finish();
        memory.set(LittleEndian.LONG, offset + length, poly.tagLow());
        memory.set(LittleEndian.LONG, offset + length + Long.BYTES, poly.tagHigh());
        wipe();
    }

    /**
     * Decrypts {@code length} bytes in place if the tag behind them is right; leaves them as they
     * were if not.
     */
    final boolean open(
            int[] key,
            int n0,
            int n1,
            int n2,
            MemorySegment aad,
            long aadOffset,
            int aadLength,
            MemorySegment memory,
            long offset,
            int length) {
        start(key, n0, n1, n2, length);
        authenticate(aad, aadOffset, aadLength);
        // Before what precedes it is written: a load that overlaps a store and isn't inside waits.
        long low = memory.get(LittleEndian.LONG, offset + length);
        long high = memory.get(LittleEndian.LONG, offset + length + Long.BYTES);
        boolean decrypted = authenticateEncrypted(memory, offset, length);
        poly.absorb(aadLength, length, 1);
        poly.finish();
        boolean authentic = ((low ^ poly.tagLow()) | (high ^ poly.tagHigh())) == 0;
        if (authentic != decrypted) {
            xor(key, n0, n1, n2, memory, offset, length);
        }
        wipe();
        return authentic;
    }
}
