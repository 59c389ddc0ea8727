package io.culvert.cli;

import io.culvert.wireguard.Entropy;
import java.security.SecureRandom;

/** The operating system's random bytes. */
final class SystemEntropy implements Entropy {
    private final SecureRandom random = new SecureRandom();

    @Override
    public void fill(byte[] out, int offset, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        System.arraycopy(bytes, 0, out, offset, length);
    }
}
