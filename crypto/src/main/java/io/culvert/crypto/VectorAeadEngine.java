package io.culvert.crypto;

import java.lang.foreign.MemorySegment;

/** ChaCha20-Poly1305 with the Vector API; tags of short messages by scalars. */
final class VectorAeadEngine extends AeadEngine {

    /**
     * Below this, in bytes, the powers of r that the vector form of Poly1305 needs cost more than
     * it saves.
     */
    private static final int VECTOR_TAG_THRESHOLD = 256;

    private final VectorChaCha20 chacha = new VectorChaCha20();
    private final VectorPoly1305 vectorPoly = new VectorPoly1305();
    private boolean vectorTag;

    @Override
    void start(int[] key, int n0, int n1, int n2, int length) {
        chacha.start(key, n0, n1, n2, length);
        poly.init(
                chacha.keystreamLong(0),
                chacha.keystreamLong(2),
                chacha.keystreamLong(4),
                chacha.keystreamLong(6));
        vectorTag = length >= VECTOR_TAG_THRESHOLD;
        if (vectorTag) {
            // Early, so that a processor can do it beside the encryption, which doesn't wait for
            // it.
            vectorPoly.init(poly);
        }
    }

    @Override
    void xor(int[] key, int n0, int n1, int n2, MemorySegment memory, long offset, int length) {
        chacha.xor(key, n0, n1, n2, memory, offset, length);
    }

    @Override
    void encrypt(int[] key, int n0, int n1, int n2, MemorySegment memory, long offset, int length) {
        if (inOnePass(length)) {
            pass(memory, offset, length, true);
        } else {
            super.encrypt(key, n0, n1, n2, memory, offset, length);
        }
    }

    @Override
    boolean authenticateEncrypted(MemorySegment memory, long offset, int length) {
        if (inOnePass(length)) {
            pass(memory, offset, length, false);
            return true;
        }
        return super.authenticateEncrypted(memory, offset, length);
    }

    /**
     * Applies the keystream, and absorbs what it gives or, unless it {@code encrypts}, what was
     * there.
     */
    private void pass(MemorySegment memory, long offset, int length, boolean encrypts) {
        int word = VectorChaCha20.BLOCK_WORDS;
        int done = wholeSteps(length);
        vectorPoly.pass(poly, memory, offset, done, chacha.keystream(), word, encrypts);
        int whole = length - done & -Poly1305.BLOCK_LENGTH;
        if (whole > 0) {
            long at = offset + done;
            int from = word + done / Integer.BYTES;
            if (encrypts) {
                chacha.xorHeld(memory, at, whole, from);
            }
            poly.updatePadded(memory, at, whole);
            if (!encrypts) {
                chacha.xorHeld(memory, at, whole, from);
            }
            done += whole;
        }
        if (done < length) {
            partial(memory, offset + done, length - done, word + done / Integer.BYTES, encrypts);
        }
    }

    /**
     * The last, partial block as a whole one, which is inside of message and tag; what is behind
     * the message stays as it was. What was written by bytes or words, and read at once by longs,
     * would have to wait for memory.
     */
    private void partial(MemorySegment memory, long at, int length, int word, boolean encrypts) {
        int inHigh = Math.max(length - Long.BYTES, 0);
        long lowMask = Poly1305.lowest(length - inHigh);
        long highMask = Poly1305.lowest(inHigh);
        long low = memory.get(LittleEndian.LONG, at);
        long high = memory.get(LittleEndian.LONG, at + Long.BYTES);
        long newLow = low ^ (chacha.keystreamLong(word) & lowMask);
        long newHigh = high ^ (chacha.keystreamLong(word + 2) & highMask);
        memory.set(LittleEndian.LONG, at, newLow);
        memory.set(LittleEndian.LONG, at + Long.BYTES, newHigh);
        if (encrypts) {
            poly.absorb(newLow & lowMask, newHigh & highMask, 1);
        } else {
            poly.absorb(low & lowMask, high & highMask, 1);
        }
    }

    /** Whether all keystream is there and the vector form of Poly1305 is ready. */
    private boolean inOnePass(int length) {
        return vectorTag && length <= VectorChaCha20.HELD;
    }

    private static int wholeSteps(int length) {
        return length - length % VectorPoly1305.STEP_LENGTH;
    }

    @Override
    void authenticate(MemorySegment memory, long offset, int length) {
        int done = 0;
        if (vectorTag && length >= VECTOR_TAG_THRESHOLD) {
            done = wholeSteps(length);
            vectorPoly.update(poly, memory, offset, done);
        }
        poly.updatePadded(memory, offset + done, length - done);
    }

    @Override
    void wipe() {
        chacha.wipe();
        vectorPoly.wipe();
        poly.wipe();
    }

    @Override
    boolean holdsNothing() {
        return chacha.holdsNothing() && vectorPoly.holdsNothing() && poly.holdsNothing();
    }
}
