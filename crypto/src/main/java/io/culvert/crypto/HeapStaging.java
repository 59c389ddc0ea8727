package io.culvert.crypto;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Carries messages of heap segments through native memory, so that the engines see one kind of
 * segment: code compiled for several kinds of memory is up to twice as slow for all of them. What
 * doesn't fit goes to the engine as it is, which costs only speed. Not thread-safe.
 */
final class HeapStaging {

    /** Room for any handshake message or full packet, in bytes. */
    private static final int CAPACITY = 2048;

    private final MemorySegment staging = Arena.ofAuto().allocate(CAPACITY, Long.BYTES);

    /** Tells whether a message, {@code total} bytes with its tag, is to be carried. */
    static boolean carries(MemorySegment aad, int aadLength, MemorySegment memory, long total) {
        boolean heap = !memory.isNative() || (aadLength > 0 && !aad.isNative());
        return heap && aadLength + total <= CAPACITY;
    }

    void seal(
            AeadEngine engine,
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
        MemorySegment.copy(memory, offset, staging, 0, length);
        int total = length + ChaCha20Poly1305.TAG_LENGTH;
        MemorySegment.copy(aad, aadOffset, staging, total, aadLength);
        engine.seal(key, n0, n1, n2, staging, total, aadLength, staging, 0, length);
        MemorySegment.copy(staging, 0, memory, offset, total);
        staging.fill((byte) 0);
    }

    boolean open(
            AeadEngine engine,
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
        int total = length + ChaCha20Poly1305.TAG_LENGTH;
        MemorySegment.copy(memory, offset, staging, 0, total);
        MemorySegment.copy(aad, aadOffset, staging, total, aadLength);
        boolean authentic =
                engine.open(key, n0, n1, n2, staging, total, aadLength, staging, 0, length);
        if (authentic) {
            MemorySegment.copy(staging, 0, memory, offset, length);
        }
        staging.fill((byte) 0);
        return authentic;
    }
}
