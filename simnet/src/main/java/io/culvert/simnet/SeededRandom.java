package io.culvert.simnet;

import java.util.random.RandomGenerator;

/**
 * A splittable generator of reproducible numbers: xoshiro256++ (Blackman and Vigna), its state
 * filled by SplitMix64.
 *
 * <p>{@link #stream} derives a generator from the seed and a name alone. Every link, host and
 * application draws from its own stream, so that one more of them, or one more draw in one of them,
 * leaves the numbers of all others as they were.
 */
public final class SeededRandom implements RandomGenerator {
    /** SplitMix64's increment, 2^64 divided by the golden ratio. */
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private static final long FNV_OFFSET = 0xCBF29CE484222325L;
    private static final long FNV_PRIME = 0x100000001B3L;

    private final long seed;
    private long s0;
    private long s1;
    private long s2;
    private long s3;

    public SeededRandom(long seed) {
        this.seed = seed;
        long state = seed + GOLDEN_GAMMA;
        s0 = mix(state);
        state += GOLDEN_GAMMA;
        s1 = mix(state);
        state += GOLDEN_GAMMA;
        s2 = mix(state);
        state += GOLDEN_GAMMA;
        s3 = mix(state);
    }

    /** An independent generator, always the same for the same seed and name. */
    public SeededRandom stream(String name) {
        long hash = FNV_OFFSET;
        for (int i = 0; i < name.length(); i++) {
            hash = (hash ^ name.charAt(i)) * FNV_PRIME;
        }
        return new SeededRandom(mix(seed ^ mix(hash)));
    }

    @Override
    public long nextLong() {
        long result = Long.rotateLeft(s0 + s3, 23) + s0;
        long t = s1 << 17;
        s2 ^= s0;
        s3 ^= s1;
        s1 ^= s2;
        s0 ^= s3;
        s2 ^= t;
        s3 = Long.rotateLeft(s3, 45);
        return result;
    }

    /** True with the given probability, 0 to 1. No number is drawn for 0 and 1. */
    public boolean chance(double probability) {
        if (probability <= 0) {
            return false;
        }
        return probability >= 1 || nextDouble() < probability;
    }

    /** A number from {@code low} to {@code high}, both included. */
    public long between(long low, long high) {
        return low == high ? low : nextLong(low, high + 1);
    }

    /** A number from {@code low} to {@code high}, both included. */
    public int between(int low, int high) {
        return low == high ? low : nextInt(low, high + 1);
    }

    /**
     * A number from {@code low} to {@code high} whose logarithm is uniform: small ones as often as
     * large ones.
     */
    public long logBetween(long low, long high) {
        if (low == high) {
            return low;
        }
        double exponent = nextDouble(Math.log((double) low), Math.log((double) high));
        return Math.clamp(Math.round(Math.exp(exponent)), low, high);
    }

    /** One of the given values. */
    public int oneOf(int... values) {
        return values[nextInt(values.length)];
    }

    /** SplitMix64's finalizer: a bijection in which every input bit moves every output bit. */
    static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
