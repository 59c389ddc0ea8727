package io.culvert.tunnel;

/**
 * When the reader of a socket rests: after ten errors in a row without a datagram in between,
 * longer each time, up to a second; and for a moment when it is flooded. Not thread-safe.
 */
final class ReadFailures {
    /**
     * Nanoseconds for which the next batch is collected when the last held nothing but rubbish and
     * the socket was empty: a wake-up costs more than to refuse ten datagrams. At a rate at which
     * this would overflow the socket it is never read empty.
     */
    static final long FLOOD_PAUSE = 1_000_000;

    private static final int IN_A_ROW = 10;
    private static final long SHORTEST_PAUSE = 10;
    private static final long LONGEST_PAUSE = 1000;

    private int failures;
    private long pauseMillis = SHORTEST_PAUSE;

    /** A read failed. Returns true when it is time to rest. */
    boolean failed() {
        return ++failures >= IN_A_ROW;
    }

    /** A datagram came. */
    void succeeded() {
        failures = 0;
        pauseMillis = SHORTEST_PAUSE;
    }

    /** How long to rest, in milliseconds; then the count begins anew. */
    long rest() {
        failures = 0;
        long now = pauseMillis;
        pauseMillis = Math.min(2 * now, LONGEST_PAUSE);
        return now;
    }
}
