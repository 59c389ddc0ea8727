package io.culvert.crypto;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Objects;

/**
 * BLAKE2s (RFC 7693), unkeyed or keyed, with a digest of 1..32 bytes. An instance is ready after
 * construction and after each {@code reset}; {@link #digest} ends the message and wipes all state,
 * and until the next {@code reset} any other use throws {@link IllegalStateException}.
 *
 * <p>Not thread-safe. Nothing is allocated after construction.
 */
public final class Blake2s {

    /** Longest digest, and longest key, in bytes. */
    public static final int MAX_LENGTH = 32;

    /** Length of an input block in bytes. */
    public static final int BLOCK_LENGTH = 64;

    private static final int WORDS = 16;

    /**
     * Parameter block, word 0: fanout 1 and depth 1, that is sequential mode (RFC 7693, section
     * 2.5).
     */
    private static final int SEQUENTIAL = 0x0101_0000;

    private static final int IV0 = 0x6a09e667;
    private static final int IV1 = 0xbb67ae85;
    private static final int IV2 = 0x3c6ef372;
    private static final int IV3 = 0xa54ff53a;
    private static final int IV4 = 0x510e527f;
    private static final int IV5 = 0x9b05688c;
    private static final int IV6 = 0x1f83d9ab;
    private static final int IV7 = 0x5be0cd19;

    /** Message word schedule, ten rounds (RFC 7693, section 2.7). */
    private static final byte[] SIGMA = {
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
        11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4,
        7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8,
        9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13,
        2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9,
        12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11,
        13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10,
        6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5,
        10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0,
    };

    private final int digestLength;
    private final int[] h = new int[MAX_LENGTH / Integer.BYTES];
    private final int[] m = new int[WORDS];
    private final byte[] buffer = new byte[BLOCK_LENGTH];
    private int buffered;
    private long total;
    private boolean ready;

    /**
     * Makes an instance that is ready for an unkeyed hash.
     *
     * @param digestLength in bytes, 1..32
     */
    public Blake2s(int digestLength) {
        if (digestLength < 1 || digestLength > MAX_LENGTH) {
            throw new IllegalArgumentException(
                    "digest length " + digestLength + " is not in 1..32");
        }
        this.digestLength = digestLength;
        start(0);
    }

    /** Hashes the concatenation of {@code parts} to 32 bytes. */
    public static byte[] hash(byte[]... parts) {
        Blake2s hash = new Blake2s(MAX_LENGTH);
        for (byte[] part : parts) {
            hash.update(part, 0, part.length);
        }
        byte[] out = new byte[MAX_LENGTH];
        hash.digest(out, 0);
        return out;
    }

    /** Starts an unkeyed hash, whatever went before. */
    public Blake2s reset() {
        wipe();
        start(0);
        return this;
    }

    /**
     * Starts a keyed hash, whatever went before.
     *
     * @param length of the key in bytes, 0..32; 0 is the unkeyed hash
     */
    public Blake2s reset(byte[] key, int offset, int length) {
        if (length > MAX_LENGTH) {
            throw new IllegalArgumentException("key length " + length + " is not in 0..32");
        }
        Objects.checkFromIndexSize(offset, length, key.length);
        wipe();
        start(length);
        if (length > 0) {
            System.arraycopy(key, offset, buffer, 0, length);
            buffered = BLOCK_LENGTH;
        }
        return this;
    }

    /** Absorbs {@code length} bytes. */
    public Blake2s update(byte[] data, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, data.length);
        checkReady();
        int at = offset;
        int rest = length;
        while (rest > 0) {
            int count = Math.min(makeRoom(), rest);
            System.arraycopy(data, at, buffer, buffered, count);
            buffered += count;
            at += count;
            rest -= count;
        }
        return this;
    }

    /** Absorbs {@code length} bytes of a segment. */
    public Blake2s update(MemorySegment data, long offset, int length) {
        Objects.checkFromIndexSize(offset, length, data.byteSize());
        checkReady();
        long at = offset;
        int rest = length;
        while (rest > 0) {
            int count = Math.min(makeRoom(), rest);
            MemorySegment.copy(data, ValueLayout.JAVA_BYTE, at, buffer, buffered, count);
            buffered += count;
            at += count;
            rest -= count;
        }
        return this;
    }

    /** Writes the digest to {@code out} and wipes the state. */
    public void digest(byte[] out, int offset) {
        Objects.checkFromIndexSize(offset, digestLength, out.length);
        checkReady();
        total += buffered;
        Arrays.fill(buffer, buffered, BLOCK_LENGTH, (byte) 0);
        compress(-1);
        for (int i = 0; i < digestLength; i++) {
            out[offset + i] = (byte) (h[i >> 2] >>> ((i & 3) * Byte.SIZE));
        }
        wipe();
    }

    /**
     * Becomes what {@code other} is, whatever went before. A full buffer of that one is compressed
     * first, here and there, so that it is done once for all that begin with the same block or key:
     * more must follow.
     *
     * @throws IllegalArgumentException if the two make digests of different lengths
     */
    public Blake2s copyOf(Blake2s other) {
        if (digestLength != other.digestLength) {
            throw new IllegalArgumentException(
                    "a digest of " + digestLength + " bytes from one of " + other.digestLength);
        }
        other.makeRoom();
        System.arraycopy(other.h, 0, h, 0, h.length);
        System.arraycopy(other.buffer, 0, buffer, 0, BLOCK_LENGTH);
        buffered = other.buffered;
        total = other.total;
        ready = other.ready;
        return this;
    }

    /** Tells whether nothing of key or message is left, for the test of that. */
    boolean holdsNothing() {
        return ConstantTime.isZero(h, m) && ConstantTime.isZero(buffer, 0, BLOCK_LENGTH);
    }

    /** Forgets the message, the key and all that was derived from them. */
    public void wipe() {
        Arrays.fill(h, 0);
        Arrays.fill(m, 0);
        Arrays.fill(buffer, (byte) 0);
        buffered = 0;
        total = 0;
        ready = false;
    }

    private void start(int keyLength) {
        h[0] = IV0 ^ SEQUENTIAL ^ (keyLength << 8) ^ digestLength;
        h[1] = IV1;
        h[2] = IV2;
        h[3] = IV3;
        h[4] = IV4;
        h[5] = IV5;
        h[6] = IV6;
        h[7] = IV7;
        ready = true;
    }

    private void checkReady() {
        if (!ready) {
            throw new IllegalStateException("reset() must come before the next message");
        }
    }

    /**
     * Compresses a full buffer, which is not the last block since more follows; returns the free
     * room in bytes.
     */
    private int makeRoom() {
        if (buffered == BLOCK_LENGTH) {
            total += BLOCK_LENGTH;
            compress(0);
            buffered = 0;
        }
        return BLOCK_LENGTH - buffered;
    }

    private void compress(int lastBlock) {
        int[] words = m;
        for (int i = 0; i < WORDS; i++) {
            words[i] = LittleEndian.loadInt(buffer, i * Integer.BYTES);
        }
        int v0 = h[0];
        int v1 = h[1];
        int v2 = h[2];
        int v3 = h[3];
        int v4 = h[4];
        int v5 = h[5];
        int v6 = h[6];
        int v7 = h[7];
        int v8 = IV0;
        int v9 = IV1;
        int v10 = IV2;
        int v11 = IV3;
        int v12 = IV4 ^ (int) total;
        int v13 = IV5 ^ (int) (total >>> Integer.SIZE);
        int v14 = IV6 ^ lastBlock;
        int v15 = IV7;
        for (int s = 0; s < SIGMA.length; s += WORDS) {
            v0 += v4 + words[SIGMA[s]];
            v12 = Integer.rotateRight(v12 ^ v0, 16);
            v8 += v12;
            v4 = Integer.rotateRight(v4 ^ v8, 12);
            v0 += v4 + words[SIGMA[s + 1]];
            v12 = Integer.rotateRight(v12 ^ v0, 8);
            v8 += v12;
            v4 = Integer.rotateRight(v4 ^ v8, 7);
            v1 += v5 + words[SIGMA[s + 2]];
            v13 = Integer.rotateRight(v13 ^ v1, 16);
            v9 += v13;
            v5 = Integer.rotateRight(v5 ^ v9, 12);
            v1 += v5 + words[SIGMA[s + 3]];
            v13 = Integer.rotateRight(v13 ^ v1, 8);
            v9 += v13;
            v5 = Integer.rotateRight(v5 ^ v9, 7);
            v2 += v6 + words[SIGMA[s + 4]];
            v14 = Integer.rotateRight(v14 ^ v2, 16);
            v10 += v14;
            v6 = Integer.rotateRight(v6 ^ v10, 12);
            v2 += v6 + words[SIGMA[s + 5]];
            v14 = Integer.rotateRight(v14 ^ v2, 8);
            v10 += v14;
            v6 = Integer.rotateRight(v6 ^ v10, 7);
            v3 += v7 + words[SIGMA[s + 6]];
            v15 = Integer.rotateRight(v15 ^ v3, 16);
            v11 += v15;
            v7 = Integer.rotateRight(v7 ^ v11, 12);
            v3 += v7 + words[SIGMA[s + 7]];
            v15 = Integer.rotateRight(v15 ^ v3, 8);
            v11 += v15;
            v7 = Integer.rotateRight(v7 ^ v11, 7);
            v0 += v5 + words[SIGMA[s + 8]];
            v15 = Integer.rotateRight(v15 ^ v0, 16);
            v10 += v15;
            v5 = Integer.rotateRight(v5 ^ v10, 12);
            v0 += v5 + words[SIGMA[s + 9]];
            v15 = Integer.rotateRight(v15 ^ v0, 8);
            v10 += v15;
            v5 = Integer.rotateRight(v5 ^ v10, 7);
            v1 += v6 + words[SIGMA[s + 10]];
            v12 = Integer.rotateRight(v12 ^ v1, 16);
            v11 += v12;
            v6 = Integer.rotateRight(v6 ^ v11, 12);
            v1 += v6 + words[SIGMA[s + 11]];
            v12 = Integer.rotateRight(v12 ^ v1, 8);
            v11 += v12;
            v6 = Integer.rotateRight(v6 ^ v11, 7);
            v2 += v7 + words[SIGMA[s + 12]];
            v13 = Integer.rotateRight(v13 ^ v2, 16);
            v8 += v13;
            v7 = Integer.rotateRight(v7 ^ v8, 12);
            v2 += v7 + words[SIGMA[s + 13]];
            v13 = Integer.rotateRight(v13 ^ v2, 8);
            v8 += v13;
            v7 = Integer.rotateRight(v7 ^ v8, 7);
            v3 += v4 + words[SIGMA[s + 14]];
            v14 = Integer.rotateRight(v14 ^ v3, 16);
            v9 += v14;
            v4 = Integer.rotateRight(v4 ^ v9, 12);
            v3 += v4 + words[SIGMA[s + 15]];
            v14 = Integer.rotateRight(v14 ^ v3, 8);
            v9 += v14;
            v4 = Integer.rotateRight(v4 ^ v9, 7);
        }
        h[0] ^= v0 ^ v8;
        h[1] ^= v1 ^ v9;
        h[2] ^= v2 ^ v10;
        h[3] ^= v3 ^ v11;
        h[4] ^= v4 ^ v12;
        h[5] ^= v5 ^ v13;
        h[6] ^= v6 ^ v14;
        h[7] ^= v7 ^ v15;
    }
}
