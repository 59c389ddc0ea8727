package io.culvert.wireguard;

/**
 * Uniform delays that keep two peers from acting in step. Not secret, so one seed is enough and the
 * data path doesn't wait for the device's entropy (splitmix64).
 */
final class Jitter {
    private static final long GAMMA = 0x9e3779b97f4a7c15L;

    private long state;

    Jitter(Entropy entropy) {
        byte[] seed = new byte[Long.BYTES];
        entropy.fill(seed, 0, seed.length);
        state = Wire.longBe(seed, 0);
    }

    /** A fresh delay in nanoseconds, 0 to {@link Constants#REKEY_TIMEOUT_JITTER_MAX}. */
    long next() {
        state += GAMMA;
        long z = state;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        z ^= z >>> 31;
        return Math.unsignedMultiplyHigh(z, Constants.REKEY_TIMEOUT_JITTER_MAX + 1);
    }
}
