package io.culvert.crypto;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * AEAD_CHACHA20_POLY1305 (RFC 8439, section 2.8), in place. The 64-bit {@code counter} forms are
 * WireGuard's nonce: four zero bytes, then the counter in little-endian order. A key must never
 * seal twice under one nonce: that is the caller's duty.
 *
 * <p>Native and heap segments of any alignment are served. Lengths are in bytes. An associated-data
 * range must not overlap the message. Nothing is allocated after construction and no secret stays
 * in the instance.
 *
 * <p>An instance holds scratch: it is not thread-safe, one per thread. Any key may be used with any
 * instance.
 */
public final class ChaCha20Poly1305 {

    /** Length of the tag in bytes. */
    public static final int TAG_LENGTH = 16;

    /** Length of a full nonce in bytes. */
    public static final int NONCE_LENGTH = 12;

    private final AeadEngines engines;
    private final HeapStaging staging = new HeapStaging();

    public ChaCha20Poly1305() {
        this(new AeadEngines());
    }

    ChaCha20Poly1305(AeadEngines engines) {
        this.engines = engines;
    }

    /**
     * Runs the fast implementation on scratch memory until the JIT has compiled it: about a second
     * of one processor, once in a process, for a spare thread at start. Without it, messages
     * themselves do that work little by little, and the fast implementation is fully in use after
     * some hundred thousand of them.
     */
    public static void warmUp() {
        AeadEngines.warmUp();
    }

    /** Names the implementation that was chosen when the class was loaded, for the log. */
    public static String implementation() {
        return AeadEngines.implementation();
    }

    /**
     * Encrypts {@code length} bytes at {@code offset} in place and writes the tag behind them.
     *
     * @throws IndexOutOfBoundsException if message and tag don't fit the segment
     * @throws IllegalStateException if the key was destroyed
     */
    public void seal(AeadKey key, long counter, MemorySegment memory, long offset, int length) {
        seal(key, counter, MemorySegment.NULL, 0, 0, memory, offset, length);
    }

    /**
     * Verifies the tag, the last 16 of {@code length} bytes at {@code offset}, and decrypts what is
     * before it in place. Nobody else may look at the memory until this returns: both happen in one
     * pass, which is taken back when the tag is wrong.
     *
     * @return false when the message is not authentic or shorter than a tag; the memory is then as
     *     it was
     * @throws IndexOutOfBoundsException if the range leaves the segment
     * @throws IllegalStateException if the key was destroyed
     */
    public boolean open(AeadKey key, long counter, MemorySegment memory, long offset, int length) {
        return open(key, counter, MemorySegment.NULL, 0, 0, memory, offset, length);
    }

    /** As {@link #seal(AeadKey, long, MemorySegment, long, int)}, with associated data. */
    public void seal(
            AeadKey key,
            long counter,
            MemorySegment aad,
            long aadOffset,
            int aadLength,
            MemorySegment memory,
            long offset,
            int length) {
        seal(
                key.words(),
                0,
                (int) counter,
                (int) (counter >>> Integer.SIZE),
                aad,
                aadOffset,
                aadLength,
                memory,
                offset,
                length);
    }

    /** As {@link #open(AeadKey, long, MemorySegment, long, int)}, with associated data. */
    public boolean open(
            AeadKey key,
            long counter,
            MemorySegment aad,
            long aadOffset,
            int aadLength,
            MemorySegment memory,
            long offset,
            int length) {
        return open(
                key.words(),
                0,
                (int) counter,
                (int) (counter >>> Integer.SIZE),
                aad,
                aadOffset,
                aadLength,
                memory,
                offset,
                length);
    }

    /**
     * As {@link #seal(AeadKey, long, MemorySegment, long, int)}, with associated data and the full
     * 96-bit nonce.
     */
    public void seal(
            AeadKey key,
            byte[] nonce,
            int nonceOffset,
            MemorySegment aad,
            long aadOffset,
            int aadLength,
            MemorySegment memory,
            long offset,
            int length) {
        Objects.checkFromIndexSize(nonceOffset, NONCE_LENGTH, nonce.length);
        seal(
                key.words(),
                LittleEndian.loadInt(nonce, nonceOffset),
                LittleEndian.loadInt(nonce, nonceOffset + 4),
                LittleEndian.loadInt(nonce, nonceOffset + 8),
                aad,
                aadOffset,
                aadLength,
                memory,
                offset,
                length);
    }

    /**
     * As {@link #open(AeadKey, long, MemorySegment, long, int)}, with associated data and the full
     * 96-bit nonce.
     */
    public boolean open(
            AeadKey key,
            byte[] nonce,
            int nonceOffset,
            MemorySegment aad,
            long aadOffset,
            int aadLength,
            MemorySegment memory,
            long offset,
            int length) {
        Objects.checkFromIndexSize(nonceOffset, NONCE_LENGTH, nonce.length);
        return open(
                key.words(),
                LittleEndian.loadInt(nonce, nonceOffset),
                LittleEndian.loadInt(nonce, nonceOffset + 4),
                LittleEndian.loadInt(nonce, nonceOffset + 8),
                aad,
                aadOffset,
                aadLength,
                memory,
                offset,
                length);
    }

    void seal(
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
        checkRange(aad, aadOffset, aadLength, 0);
        checkRange(memory, offset, length, TAG_LENGTH);
        AeadEngine engine = engines.forLength(length);
        if (HeapStaging.carries(aad, aadLength, memory, (long) length + TAG_LENGTH)) {
            staging.seal(
                    engine, key, n0, n1, n2, aad, aadOffset, aadLength, memory, offset, length);
        } else {
            engine.seal(key, n0, n1, n2, aad, aadOffset, aadLength, memory, offset, length);
        }
    }

    boolean open(
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
        checkRange(aad, aadOffset, aadLength, 0);
        checkRange(memory, offset, length, 0);
        int plain = length - TAG_LENGTH;
        if (plain < 0) {
            return false;
        }
        AeadEngine engine = engines.forLength(plain);
        if (HeapStaging.carries(aad, aadLength, memory, length)) {
            return staging.open(
                    engine, key, n0, n1, n2, aad, aadOffset, aadLength, memory, offset, plain);
        }
        return engine.open(key, n0, n1, n2, aad, aadOffset, aadLength, memory, offset, plain);
    }

    private static void checkRange(MemorySegment memory, long offset, int length, int extra) {
        if (length < 0) {
            throw new IndexOutOfBoundsException("length " + length + " is negative");
        }
        Objects.checkFromIndexSize(offset, (long) length + extra, memory.byteSize());
    }
}
