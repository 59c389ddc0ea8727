package io.culvert.bench;

import io.culvert.wireguard.Entropy;
import java.security.SecureRandom;

/** Randomness for the keys of a run's programs. */
final class SecureRandomEntropy implements Entropy {
    private final SecureRandom random = new SecureRandom();

    @Override
    public void fill(byte[] out, int offset, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        System.arraycopy(bytes, 0, out, offset, length);
    }
}
