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
                chacha.keystreamLong(1),
                chacha.keystreamLong(2),
                chacha.keystreamLong(3));
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
        if (!inOnePass(length)) {
            super.encrypt(key, n0, n1, n2, memory, offset, length);
            return;
        }
        int done = wholeSteps(length);
        int word = VectorChaCha20.BLOCK_WORDS;
        vectorPoly.encrypt(poly, memory, offset, done, chacha.keystream(), word);
        chacha.xorHeld(memory, offset + done, length - done, word + done / Integer.BYTES);
        poly.updatePadded(memory, offset + done, length - done);
    }

    @Override
    boolean authenticateEncrypted(MemorySegment memory, long offset, int length) {
        if (!inOnePass(length)) {
            return super.authenticateEncrypted(memory, offset, length);
        }
        int done = wholeSteps(length);
        int word = VectorChaCha20.BLOCK_WORDS;
        vectorPoly.decrypt(poly, memory, offset, done, chacha.keystream(), word);
        poly.updatePadded(memory, offset + done, length - done);
        chacha.xorHeld(memory, offset + done, length - done, word + done / Integer.BYTES);
        return true;
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
