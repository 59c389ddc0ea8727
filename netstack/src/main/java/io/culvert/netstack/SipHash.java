package io.culvert.netstack;

import java.util.Arrays;

/**
 * SipHash (Aumasson and Bernstein, 2012) over whole 64-bit words, so that nobody outside can choose
 * packets that collide in a table or guess a sequence number. A hash of n words equals SipHash of
 * those 8n bytes in little-endian order.
 *
 * <p>{@code table} is SipHash-1-3 for lookups; {@code strong} is SipHash-2-4 for numbers that
 * others see (RFC 6528, RFC 6056).
 */
final class SipHash {
    private static final int SECRET_BYTES = 32;

    private final long k0;
    private final long k1;

    SipHash(long k0, long k1) {
        this.k0 = k0;
        this.k1 = k1;
    }

    /**
     * A function of its own for each purpose, so that one's output tells nothing about another's.
     */
    static SipHash derive(byte[] secret, int purpose) {
        if (secret.length != SECRET_BYTES) {
            throw new IllegalArgumentException(
                    "secret has " + secret.length + " bytes, not " + SECRET_BYTES);
        }
        long[] words = new long[4];
        for (int i = 0; i < SECRET_BYTES; i++) {
            words[i >>> 3] |= (secret[i] & 0xffL) << (8 * (i & 7));
        }
        SipHash root = new SipHash(words[0], words[1]);
        long a = root.hash(2, 4, words[2], words[3], purpose, 0, 0, 3);
        long b = root.hash(2, 4, words[2], words[3], purpose, 1, 0, 4);
        Arrays.fill(words, 0);
        return new SipHash(a, b);
    }

    long table(long a, long b, long c) {
        return hash(1, 3, a, b, c, 0, 0, 3);
    }

    long table(long a, long b, long c, long d, long e) {
        return hash(1, 3, a, b, c, d, e, 5);
    }

    long strong(long a, long b, long c) {
        return hash(2, 4, a, b, c, 0, 0, 3);
    }

    long strong(long a, long b, long c, long d, long e) {
        return hash(2, 4, a, b, c, d, e, 5);
    }

    long hash(int compress, int finish, long a, long b, long c, long d, long e, int words) {
        long v0 = k0 ^ 0x736f6d6570736575L;
        long v1 = k1 ^ 0x646f72616e646f6dL;
        long v2 = k0 ^ 0x6c7967656e657261L;
        long v3 = k1 ^ 0x7465646279746573L;
        // One turn for each word, one for the length, one to finish.
        for (int turn = 0; turn <= words + 1; turn++) {
            long m = 0;
            int rounds = compress;
            if (turn < words) {
                m = word(turn, a, b, c, d, e);
            } else if (turn == words) {
                m = (long) words << 59;
            } else {
                v2 ^= 0xff;
                rounds = finish;
            }
            v3 ^= m;
            for (int i = 0; i < rounds; i++) {
                v0 += v1;
                v2 += v3;
                v1 = Long.rotateLeft(v1, 13) ^ v0;
                v3 = Long.rotateLeft(v3, 16) ^ v2;
                v0 = Long.rotateLeft(v0, 32);
                v2 += v1;
                v0 += v3;
                v1 = Long.rotateLeft(v1, 17) ^ v2;
                v3 = Long.rotateLeft(v3, 21) ^ v0;
                v2 = Long.rotateLeft(v2, 32);
            }
            v0 ^= m;
        }
        return v0 ^ v1 ^ v2 ^ v3;
    }

    private static long word(int index, long a, long b, long c, long d, long e) {
        return switch (index) {
            case 0 -> a;
            case 1 -> b;
            case 2 -> c;
            case 3 -> d;
            default -> e;
        };
    }
}
