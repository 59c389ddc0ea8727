package io.culvert.simnet;

import io.culvert.wireguard.Entropy;

/**
 * The randomness of one device of a {@link LifeWorld}. Four bytes are what a device draws for a
 * session index; these never repeat in the whole world, so that an onlooker can tell all sessions
 * apart.
 */
final class LifeEntropy implements Entropy {
    private final SeededEntropy bytes;
    private final Indices indices;

    LifeEntropy(SeededRandom random, Indices indices) {
        bytes = new SeededEntropy(random);
        this.indices = indices;
    }

    /** The indices of a world: a permutation of the numbers from 1 on. */
    static final class Indices {
        private int drawn;

        int next() {
            // finalizer of MurmurHash3, a bijection of 32 bits
            int z = ++drawn;
            z = (z ^ (z >>> 16)) * 0x85ebca6b;
            z = (z ^ (z >>> 13)) * 0xc2b2ae35;
            return z ^ (z >>> 16);
        }
    }

    @Override
    public void fill(byte[] out, int offset, int length) {
        if (length != Integer.BYTES) {
            bytes.fill(out, offset, length);
            return;
        }
        LifeMessage.intLe(out, offset, indices.next());
    }
}
