package io.culvert.crypto;

/**
 * The ChaCha20 block function (RFC 8439, section 2.3) on scalars, and HChaCha20
 * (draft-irtf-cfrg-xchacha-03, section 2.2). Sixteen ints stay in locals for all rounds; keys are
 * read where they lie and never copied.
 */
final class ChaCha20 {

    static final int BLOCK_LENGTH = 64;

    /** "expand 32-byte k" (RFC 8439, section 2.3). */
    static final int C0 = 0x61707865;

    static final int C1 = 0x3320646e;
    static final int C2 = 0x79622d32;
    static final int C3 = 0x6b206574;

    private static final int DOUBLE_ROUNDS = 10;
    private static final long LOW_32 = 0xffff_ffffL;

    private ChaCha20() {}

    /** Writes one keystream block to {@code out} as eight little-endian longs. */
    static void block(int[] key, int counter, int n0, int n1, int n2, long[] out) {
        int k0 = key[0];
        int k1 = key[1];
        int k2 = key[2];
        int k3 = key[3];
        int k4 = key[4];
        int k5 = key[5];
        int k6 = key[6];
        int k7 = key[7];
        int x0 = C0;
        int x1 = C1;
        int x2 = C2;
        int x3 = C3;
        int x4 = k0;
        int x5 = k1;
        int x6 = k2;
        int x7 = k3;
        int x8 = k4;
        int x9 = k5;
        int x10 = k6;
        int x11 = k7;
        int x12 = counter;
        int x13 = n0;
        int x14 = n1;
        int x15 = n2;
        for (int round = 0; round < DOUBLE_ROUNDS; round++) {
            x0 += x4;
            x12 = Integer.rotateLeft(x12 ^ x0, 16);
            x8 += x12;
            x4 = Integer.rotateLeft(x4 ^ x8, 12);
            x0 += x4;
            x12 = Integer.rotateLeft(x12 ^ x0, 8);
            x8 += x12;
            x4 = Integer.rotateLeft(x4 ^ x8, 7);
            x1 += x5;
            x13 = Integer.rotateLeft(x13 ^ x1, 16);
            x9 += x13;
            x5 = Integer.rotateLeft(x5 ^ x9, 12);
            x1 += x5;
            x13 = Integer.rotateLeft(x13 ^ x1, 8);
            x9 += x13;
            x5 = Integer.rotateLeft(x5 ^ x9, 7);
            x2 += x6;
            x14 = Integer.rotateLeft(x14 ^ x2, 16);
            x10 += x14;
            x6 = Integer.rotateLeft(x6 ^ x10, 12);
            x2 += x6;
            x14 = Integer.rotateLeft(x14 ^ x2, 8);
            x10 += x14;
            x6 = Integer.rotateLeft(x6 ^ x10, 7);
            x3 += x7;
            x15 = Integer.rotateLeft(x15 ^ x3, 16);
            x11 += x15;
            x7 = Integer.rotateLeft(x7 ^ x11, 12);
            x3 += x7;
            x15 = Integer.rotateLeft(x15 ^ x3, 8);
            x11 += x15;
            x7 = Integer.rotateLeft(x7 ^ x11, 7);
            x0 += x5;
            x15 = Integer.rotateLeft(x15 ^ x0, 16);
            x10 += x15;
            x5 = Integer.rotateLeft(x5 ^ x10, 12);
            x0 += x5;
            x15 = Integer.rotateLeft(x15 ^ x0, 8);
            x10 += x15;
            x5 = Integer.rotateLeft(x5 ^ x10, 7);
            x1 += x6;
            x12 = Integer.rotateLeft(x12 ^ x1, 16);
            x11 += x12;
            x6 = Integer.rotateLeft(x6 ^ x11, 12);
            x1 += x6;
            x12 = Integer.rotateLeft(x12 ^ x1, 8);
            x11 += x12;
            x6 = Integer.rotateLeft(x6 ^ x11, 7);
            x2 += x7;
            x13 = Integer.rotateLeft(x13 ^ x2, 16);
            x8 += x13;
            x7 = Integer.rotateLeft(x7 ^ x8, 12);
            x2 += x7;
            x13 = Integer.rotateLeft(x13 ^ x2, 8);
            x8 += x13;
            x7 = Integer.rotateLeft(x7 ^ x8, 7);
            x3 += x4;
            x14 = Integer.rotateLeft(x14 ^ x3, 16);
            x9 += x14;
            x4 = Integer.rotateLeft(x4 ^ x9, 12);
            x3 += x4;
            x14 = Integer.rotateLeft(x14 ^ x3, 8);
            x9 += x14;
            x4 = Integer.rotateLeft(x4 ^ x9, 7);
        }
        out[0] = pair(x0 + C0, x1 + C1);
        out[1] = pair(x2 + C2, x3 + C3);
        out[2] = pair(x4 + k0, x5 + k1);
        out[3] = pair(x6 + k2, x7 + k3);
        out[4] = pair(x8 + k4, x9 + k5);
        out[5] = pair(x10 + k6, x11 + k7);
        out[6] = pair(x12 + counter, x13 + n0);
        out[7] = pair(x14 + n1, x15 + n2);
    }

    /**
     * HChaCha20: derives the 32-byte subkey for a 16-byte nonce prefix. It is the block function
     * without the final addition, so that addition is taken back.
     */
    static void deriveSubkey(int[] key, int n0, int n1, int n2, int n3, long[] scratch, int[] out) {
        block(key, n0, n1, n2, n3, scratch);
        out[0] = low(scratch[0]) - C0;
        out[1] = high(scratch[0]) - C1;
        out[2] = low(scratch[1]) - C2;
        out[3] = high(scratch[1]) - C3;
        out[4] = low(scratch[6]) - n0;
        out[5] = high(scratch[6]) - n1;
        out[6] = low(scratch[7]) - n2;
        out[7] = high(scratch[7]) - n3;
    }

    private static long pair(int low, int high) {
        return (low & LOW_32) | ((long) high << Integer.SIZE);
    }

    private static int low(long pair) {
        return (int) pair;
    }

    private static int high(long pair) {
        return (int) (pair >>> Integer.SIZE);
    }
}
