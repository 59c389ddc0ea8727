package io.culvert.tunnel;

/**
 * Counts what a socket fails to read, without a datagram in between: after ten errors in a row its
 * reader rests, longer each time, up to a second. Not thread-safe.
 */
final class ReadFailures {
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
