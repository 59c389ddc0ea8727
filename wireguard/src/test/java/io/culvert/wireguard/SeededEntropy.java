package io.culvert.wireguard;

import java.util.SplittableRandom;

/** Reproducible bytes. */
final class SeededEntropy implements Entropy {
    private final SplittableRandom random;

    SeededEntropy(long seed) {
        random = new SplittableRandom(seed);
    }

    @Override
    public void fill(byte[] out, int offset, int length) {
        for (int i = 0; i < length; i++) {
            out[offset + i] = (byte) random.nextInt();
        }
    }
}
