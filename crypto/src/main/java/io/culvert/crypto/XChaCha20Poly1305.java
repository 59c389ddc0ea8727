package io.culvert.crypto;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;

/**
 * AEAD_XChaCha20_Poly1305 (draft-irtf-cfrg-xchacha-03), in place: HChaCha20 makes a subkey of the
 * key and the first 16 nonce bytes, the other 8 become the nonce of {@link ChaCha20Poly1305}.
 * WireGuard seals cookies with it.
 *
 * <p>An instance holds scratch: it is not thread-safe, one per thread. Nothing is allocated after
 * construction and no secret stays in the instance.
 */
public final class XChaCha20Poly1305 {

    /** Length of a key in bytes. */
    public static final int KEY_LENGTH = 32;

    /** Length of a nonce in bytes. */
    public static final int NONCE_LENGTH = 24;

    /** Length of the tag in bytes. */
    public static final int TAG_LENGTH = ChaCha20Poly1305.TAG_LENGTH;

    private static final int WORDS = KEY_LENGTH / Integer.BYTES;

    private final ChaCha20Poly1305 aead;
    private final int[] keyWords = new int[WORDS];
    private final int[] subkey = new int[WORDS];
    private final long[] scratch = new long[ChaCha20.BLOCK_LENGTH / Long.BYTES];

    public XChaCha20Poly1305() {
        this(new ChaCha20Poly1305());
    }

    XChaCha20Poly1305(ChaCha20Poly1305 aead) {
        this.aead = aead;
    }

    /**
     * Encrypts {@code length} bytes at {@code offset} in place and writes the tag behind them.
     *
     * @throws IndexOutOfBoundsException if a range leaves its array or segment
     */
    public void seal(
            byte[] key,
            int keyOffset,
            byte[] nonce24,
            int nonceOffset,
            MemorySegment aad,
            long aadOffset,
            int aadLength,
            MemorySegment memory,
            long offset,
            int length) {
        deriveSubkey(key, keyOffset, nonce24, nonceOffset);
        try {
            aead.seal(
                    subkey,
                    0,
                    LittleEndian.loadInt(nonce24, nonceOffset + 16),
                    LittleEndian.loadInt(nonce24, nonceOffset + 20),
                    aad,
                    aadOffset,
                    aadLength,
                    memory,
                    offset,
                    length);
        } finally {
            wipe();
        }
    }

    /**
     * Verifies the tag, the last 16 of {@code length} bytes at {@code offset}, and only then
     * decrypts what is before it in place.
     *
     * @return false when the message is not authentic or shorter than a tag; the memory is then
     *     untouched
     * @throws IndexOutOfBoundsException if a range leaves its array or segment
     */
    public boolean open(
            byte[] key,
            int keyOffset,
            byte[] nonce24,
            int nonceOffset,
            MemorySegment aad,
            long aadOffset,
            int aadLength,
            MemorySegment memory,
            long offset,
            int length) {
        deriveSubkey(key, keyOffset, nonce24, nonceOffset);
        try {
            return aead.open(
                    subkey,
                    0,
                    LittleEndian.loadInt(nonce24, nonceOffset + 16),
                    LittleEndian.loadInt(nonce24, nonceOffset + 20),
                    aad,
                    aadOffset,
                    aadLength,
                    memory,
                    offset,
                    length);
        } finally {
            wipe();
        }
    }

    private void deriveSubkey(byte[] key, int keyOffset, byte[] nonce24, int nonceOffset) {
        Objects.checkFromIndexSize(keyOffset, KEY_LENGTH, key.length);
        Objects.checkFromIndexSize(nonceOffset, NONCE_LENGTH, nonce24.length);
        for (int i = 0; i < WORDS; i++) {
            keyWords[i] = LittleEndian.loadInt(key, keyOffset + i * Integer.BYTES);
        }
        ChaCha20.deriveSubkey(
                keyWords,
                LittleEndian.loadInt(nonce24, nonceOffset),
                LittleEndian.loadInt(nonce24, nonceOffset + 4),
                LittleEndian.loadInt(nonce24, nonceOffset + 8),
                LittleEndian.loadInt(nonce24, nonceOffset + 12),
                scratch,
                subkey);
    }

    private void wipe() {
        Arrays.fill(keyWords, 0);
        Arrays.fill(subkey, 0);
        Arrays.fill(scratch, 0);
    }

    /** Tells whether nothing of a key is left here, for the test of that. */
    boolean holdsNothing() {
        return ConstantTime.isZero(keyWords, subkey) && ConstantTime.isZero(scratch);
    }
}
