package io.culvert.crypto;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * ChaCha20-Poly1305 one block at a time: the reference, and the fallback where there are no
 * vectors.
 */
final class ScalarAeadEngine extends AeadEngine {

    private final long[] keystream = new long[ChaCha20.BLOCK_LENGTH / Long.BYTES];
    private final Poly1305 poly = new Poly1305();

    @Override
    String implementation() {
        return "scalar";
    }

    @Override
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
        startTag(key, n0, n1, n2);
        xor(key, n0, n1, n2, memory, offset, length);
        finishTag(aad, aadOffset, aadLength, memory, offset, length);
        memory.set(LittleEndian.LONG, offset + length, poly.tagLow());
        memory.set(LittleEndian.LONG, offset + length + Long.BYTES, poly.tagHigh());
        wipe();
    }

    @Override
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
        startTag(key, n0, n1, n2);
        finishTag(aad, aadOffset, aadLength, memory, offset, length);
        long difference =
                (memory.get(LittleEndian.LONG, offset + length) ^ poly.tagLow())
                        | (memory.get(LittleEndian.LONG, offset + length + Long.BYTES)
                                ^ poly.tagHigh());
        boolean authentic = difference == 0;
        if (authentic) {
            xor(key, n0, n1, n2, memory, offset, length);
        }
        wipe();
        return authentic;
    }

    /** Takes the one-time Poly1305 key from block 0 (RFC 8439, section 2.6). */
    private void startTag(int[] key, int n0, int n1, int n2) {
        ChaCha20.block(key, 0, n0, n1, n2, keystream);
        poly.init(keystream[0], keystream[1], keystream[2], keystream[3]);
    }

    private void finishTag(
            MemorySegment aad,
            long aadOffset,
            int aadLength,
            MemorySegment memory,
            long offset,
            int length) {
        poly.updatePadded(aad, aadOffset, aadLength);
        poly.updatePadded(memory, offset, length);
        poly.absorb(aadLength, length, 1);
        poly.finish();
    }

    private void xor(
            int[] key, int n0, int n1, int n2, MemorySegment memory, long offset, int length) {
        int counter = 1;
        int done = 0;
        for (; done <= length - ChaCha20.BLOCK_LENGTH; done += ChaCha20.BLOCK_LENGTH) {
            ChaCha20.block(key, counter++, n0, n1, n2, keystream);
            for (int i = 0; i < keystream.length; i++) {
                long at = offset + done + (long) i * Long.BYTES;
                memory.set(LittleEndian.LONG, at, memory.get(LittleEndian.LONG, at) ^ keystream[i]);
            }
        }
        if (done < length) {
            ChaCha20.block(key, counter, n0, n1, n2, keystream);
            xorPartial(memory, offset + done, length - done);
        }
    }

    private void xorPartial(MemorySegment memory, long offset, int length) {
        int longs = length / Long.BYTES;
        for (int i = 0; i < longs; i++) {
            long at = offset + (long) i * Long.BYTES;
            memory.set(LittleEndian.LONG, at, memory.get(LittleEndian.LONG, at) ^ keystream[i]);
        }
        for (int i = longs * Long.BYTES; i < length; i++) {
            byte mask = (byte) (keystream[longs] >>> (i * Byte.SIZE));
            byte plain = memory.get(ValueLayout.JAVA_BYTE, offset + i);
            memory.set(ValueLayout.JAVA_BYTE, offset + i, (byte) (plain ^ mask));
        }
    }

    private void wipe() {
        Arrays.fill(keystream, 0);
        poly.wipe();
    }
}
