package io.culvert.cli;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * BLAKE3 (section 2 of its paper) of what fits into one block, for the hash of a public key that
 * Xray's key commands print.
 */
final class Blake3 {
    static final int BLOCK_BYTES = 64;

    private static final int[] IV = {
        0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
        0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19
    };
    private static final int[] PERMUTATION = {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8};
    private static final int ROUNDS = 7;
    private static final int CHUNK_START = 1;
    private static final int CHUNK_END = 2;
    private static final int ROOT = 8;
    private static final int HASH_BYTES = 32;

    private Blake3() {}

    /**
     * The 32 bytes.
     *
     * @throws IllegalArgumentException if the input is longer than a block
     */
    static byte[] hash(byte[] input) {
        if (input.length > BLOCK_BYTES) {
            throw new IllegalArgumentException("more than one block: " + input.length);
        }
        ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        block.put(0, input);
        int[] m = new int[16];
        block.asIntBuffer().get(m);
        int[] v = new int[16];
        System.arraycopy(IV, 0, v, 0, 8);
        System.arraycopy(IV, 0, v, 8, 4);
        v[14] = input.length;
        v[15] = CHUNK_START | CHUNK_END | ROOT;
        for (int round = 0; round < ROUNDS; round++) {
            mix(v, m);
            m = permuted(m);
        }
        ByteBuffer out = ByteBuffer.allocate(HASH_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 8; i++) {
            out.putInt(v[i] ^ v[i + 8]);
        }
        return out.array();
    }

    private static void mix(int[] v, int[] m) {
        for (int i = 0; i < 4; i++) {
            quarter(v, i, 4 + i, 8 + i, 12 + i, m[2 * i], m[2 * i + 1]);
        }
        for (int i = 0; i < 4; i++) {
            int b = 4 + (i + 1) % 4;
            int c = 8 + (i + 2) % 4;
            int d = 12 + (i + 3) % 4;
            quarter(v, i, b, c, d, m[8 + 2 * i], m[9 + 2 * i]);
        }
    }

    private static void quarter(int[] v, int a, int b, int c, int d, int x, int y) {
        v[a] += v[b] + x;
        v[d] = Integer.rotateRight(v[d] ^ v[a], 16);
        v[c] += v[d];
        v[b] = Integer.rotateRight(v[b] ^ v[c], 12);
        v[a] += v[b] + y;
        v[d] = Integer.rotateRight(v[d] ^ v[a], 8);
        v[c] += v[d];
        v[b] = Integer.rotateRight(v[b] ^ v[c], 7);
    }

    private static int[] permuted(int[] m) {
        int[] next = new int[m.length];
        for (int i = 0; i < m.length; i++) {
            next[i] = m[PERMUTATION[i]];
        }
        return next;
    }
}
