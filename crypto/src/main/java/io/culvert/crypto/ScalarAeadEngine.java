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

    @Override
    void start(int[] key, int n0, int n1, int n2, int length) {
        ChaCha20.block(key, 0, n0, n1, n2, keystream);
        poly.init(keystream[0], keystream[1], keystream[2], keystream[3]);
    }

    @Override
    void xor(int[] key, int n0, int n1, int n2, MemorySegment memory, long offset, int length) {
        int counter = 1;
        int done = 0;
        for (; done <= length - ChaCha20.BLOCK_LENGTH; done += ChaCha20.BLOCK_LENGTH) {
            ChaCha20.block(key, counter++, n0, n1, n2, keystream);
            xorLongs(memory, offset + done, keystream.length);
        }
        if (done < length) {
            ChaCha20.block(key, counter, n0, n1, n2, keystream);
            xorPartial(memory, offset + done, length - done);
        }
    }

    @Override
    void authenticate(MemorySegment memory, long offset, int length) {
        poly.updatePadded(memory, offset, length);
    }

    @Override
    void wipe() {
        Arrays.fill(keystream, 0);
        poly.wipe();
    }

    @Override
    boolean holdsNothing() {
        return ConstantTime.isZero(keystream) && poly.holdsNothing();
    }

    private void xorLongs(MemorySegment memory, long offset, int count) {
        for (int i = 0; i < count; i++) {
            long at = offset + (long) i * Long.BYTES;
            memory.set(LittleEndian.LONG, at, memory.get(LittleEndian.LONG, at) ^ keystream[i]);
        }
    }

    private void xorPartial(MemorySegment memory, long offset, int length) {
        int longs = length / Long.BYTES;
        xorLongs(memory, offset, longs);
        for (int i = longs * Long.BYTES; i < length; i++) {
            byte mask = (byte) (keystream[longs] >>> (i * Byte.SIZE));
            byte plain = memory.get(ValueLayout.JAVA_BYTE, offset + i);
            memory.set(ValueLayout.JAVA_BYTE, offset + i, (byte) (plain ^ mask));
        }
    }
}
