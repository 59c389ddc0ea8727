package io.culvert.wireguard;

/** SipHash-2-4 of one long (Aumasson, Bernstein 2012): a table key that strangers can't aim at. */
final class SipHash {
    private final long key0;
    private final long key1;

    SipHash(Entropy entropy) {
        byte[] key = new byte[2 * Long.BYTES];
        entropy.fill(key, 0, key.length);
        key0 = Wire.longBe(key, 0);
        key1 = Wire.longBe(key, Long.BYTES);
    }

    SipHash(long key0, long key1) {
        this.key0 = key0;
        this.key1 = key1;
    }

    long hash(long message) {
        long v0 = key0 ^ 0x736f6d6570736575L;
        long v1 = key1 ^ 0x646f72616e646f6dL;
        long v2 = key0 ^ 0x6c7967656e657261L;
        long v3 = key1 ^ 0x7465646279746573L;
        long block = message;
        // two rounds for the message, two for its length, four to finish
        for (int round = 0; round < 8; round++) {
            if (round == 0 || round == 2) {
                v3 ^= block;
            } else if (round == 4) {
                v2 ^= 0xff;
            }
            v0 += v1;
            v1 = Long.rotateLeft(v1, 13) ^ v0;
            v0 = Long.rotateLeft(v0, 32);
            v2 += v3;
            v3 = Long.rotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = Long.rotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = Long.rotateLeft(v1, 17) ^ v2;
            v2 = Long.rotateLeft(v2, 32);
            if (round == 1 || round == 3) {
                v0 ^= block;
                block = (long) Long.BYTES << 56;
            }
        }
        return v0 ^ v1 ^ v2 ^ v3;
    }
}
