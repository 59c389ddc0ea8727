package io.culvert.simnet;

/**
 * The habits of a host: its clocks, how it batches input, and how soon its socket is full.
 *
 * @param clockBase what its monotonic clock shows when virtual time begins, in nanoseconds; as with
 *     {@link System#nanoTime}, any value, also a negative one
 * @param wallBase what its wall clock shows then, in nanoseconds since 1970
 * @param wakeNanos how long after the first datagram of a batch its turn comes at most
 * @param timerSlackNanos how late a timer may fire
 * @param trains whether datagrams of one size from one source are handed over together, as by
 *     {@code UDP_GRO}
 * @param sendBurst datagrams that its socket takes in one turn, 0 for any number
 * @param sendPauseNanos how long a full socket stays full
 * @param receiveBuffer bytes that its socket holds for it; what arrives beyond is dropped
 */
public record HostProfile(
        long clockBase,
        long wallBase,
        long wakeNanos,
        long timerSlackNanos,
        boolean trains,
        int sendBurst,
        long sendPauseNanos,
        int receiveBuffer) {
    private static final long YEAR = 365L * 24 * 3600 * 1_000_000_000L;

    /** Some day in 2026. */
    private static final long SOME_DAY = 56 * YEAR + 200L * 24 * 3600 * 1_000_000_000L;

    private static final int SEVERAL_MEGABYTES = 4 << 20;

    /** Reacts at once and to each datagram alone. */
    public static final HostProfile PROMPT =
            new HostProfile(0, SOME_DAY, 0, 0, false, 0, 0, SEVERAL_MEGABYTES);

    /**
     * Takes trains and wakes up to 50 microseconds after the first datagram, as a live tunnel does.
     */
    public static final HostProfile BATCHING =
            new HostProfile(
                    1_000_000_000L, SOME_DAY, 50_000, 100_000, true, 0, 0, SEVERAL_MEGABYTES);

    /** Habits drawn at random. */
    public static HostProfile random(SeededRandom random) {
        return new HostProfile(
                random.between(-YEAR, YEAR),
                SOME_DAY + random.between(-YEAR, YEAR),
                random.chance(0.3) ? 0 : random.logBetween(1000, 2_000_000),
                random.chance(0.3) ? 0 : random.logBetween(1000, 2_000_000),
                random.chance(0.7),
                random.chance(0.5) ? 0 : random.between(1, 64),
                random.logBetween(1000, 500_000),
                (int) random.logBetween(200_000, SEVERAL_MEGABYTES));
    }
}
