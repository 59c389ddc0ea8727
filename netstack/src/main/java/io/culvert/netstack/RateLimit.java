package io.culvert.netstack;

import java.util.Arrays;

/**
 * Token buckets, one for each of a few hundred classes of senders, as one time each (the generic
 * cell rate algorithm): a sender that floods uses up its own class only.
 */
final class RateLimit {
    private static final long SECOND = 1_000_000_000L;

    private final long interval;
    private final long tolerance;

    /** When each bucket will be full again. */
    private final long[] full;

    /**
     * @param perSecond tokens that come in a second; 0 = never allow
     * @param burst tokens that fit into a bucket
     * @param buckets a power of two
     */
    RateLimit(int perSecond, int burst, int buckets) {
        interval = perSecond == 0 || burst == 0 ? 0 : Math.max(1, SECOND / perSecond);
        tolerance = interval * (burst - 1L);
        full = new long[buckets];
        Arrays.fill(full, Long.MIN_VALUE);
    }

    /** Takes a token of the bucket that {@code hash} falls into, if there is one. */
    boolean allow(long hash, long now) {
        return allow(hash, 1, now);
    }

    /** The same; it takes {@code tokens}, 0 or more, when there is one. */
    boolean allow(long hash, int tokens, long now) {
        if (interval == 0) {
            return false;
        }
        int bucket = (int) hash & (full.length - 1);
        long start = Math.max(full[bucket], now);
        if (start - now > tolerance) {
            return false;
        }
        full[bucket] = start + tokens * interval;
        return true;
    }
}
