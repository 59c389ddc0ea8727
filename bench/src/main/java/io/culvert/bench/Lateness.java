package io.culvert.bench;

import java.util.Arrays;

/** A distribution of short times, to the microsecond up to {@link #LIMIT_MICROS}. */
final class Lateness {
    private static final int LIMIT_MICROS = 50_000;

    private final long[] counts = new long[LIMIT_MICROS + 1];
    private long count;
    private long maxNanos;

    void add(long nanos, int times) {
        counts[(int) Math.min(LIMIT_MICROS, nanos / 1000)] += times;
        count += times;
        maxNanos = Math.max(maxNanos, nanos);
    }

    /** The time that this part of all stayed within, in microseconds; 0 without any. */
    double micros(double part) {
        long rank = (long) Math.ceil(part * count);
        long seen = 0;
        for (int i = 0; i < counts.length; i++) {
            seen += counts[i];
            if (seen >= rank) {
                return i;
            }
        }
        return LIMIT_MICROS;
    }

    double maxMicros() {
        return maxNanos / 1e3;
    }

    void clear() {
        Arrays.fill(counts, 0);
        count = 0;
        maxNanos = 0;
    }
}
