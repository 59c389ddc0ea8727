package io.culvert.simnet;

import io.culvert.wireguard.Entropy;

/**
 * Reproducible "random" bytes for keys, indices and cookies. For simulations only: whoever knows
 * the seed knows all.
 */
public final class SeededEntropy implements Entropy {
    private final SeededRandom random;

    public SeededEntropy(SeededRandom random) {
        this.random = random;
    }

    @Override
    public void fill(byte[] out, int offset, int length) {
        long word = 0;
        for (int i = 0; i < length; i++) {
            if ((i & 7) == 0) {
                word = random.nextLong();
            }
            out[offset + i] = (byte) word;
            word >>>= 8;
        }
    }
}
