package io.culvert.netstack;

/**
 * Controlled delay (RFC 8289): tells a queue that only passes a burst on from one that stands. Once
 * everything that left in the course of an interval had waited longer than the target, the oldest
 * is dropped, and then again and again at shrinking distances until the wait is short. Whose sender
 * watches for losses slows down by it; who doesn't gets what is newer.
 */
final class CoDel {
    /** RFC 8289, TARGET: a wait that is no harm. */
    static final long TARGET = 5_000_000;

    /** RFC 8289, INTERVAL: what a sender needs to react, a large round-trip time. */
    static final long INTERVAL = 100_000_000;

    /** RFC 8289, 5.5: so soon after the last time, dropping goes on at the rate that helped. */
    private static final long MEMORY = 16 * INTERVAL;

    private static final long NEVER = Long.MIN_VALUE;

    /** When the wait will have been too long for an interval. */
    private long patientUntil = NEVER;

    private boolean dropping;
    private long nextDrop = NEVER;

    /** Drops since dropping began, and where that count began. */
    private int count;

    private int countBefore;

    /**
     * Whether the oldest is to be dropped instead of leaving now; asked again about the next until
     * the answer is no.
     *
     * @param waited how long it waited, nanoseconds
     * @param last it is the last one, or so little waits that the path takes it at once
     */
    boolean drops(long waited, boolean last, long now) {
        boolean late = isLate(waited, last, now);
        if (!late) {
            dropping = false;
            return false;
        }
        if (!dropping) {
            begin(now);
            return true;
        }
        if (now < nextDrop) {
            return false;
        }
        count++;
        nextDrop += distance();
        return true;
    }

    private boolean isLate(long waited, boolean last, long now) {
        if (waited < TARGET || last) {
            patientUntil = NEVER;
            return false;
        }
        if (patientUntil == NEVER) {
            patientUntil = now + INTERVAL;
            return false;
        }
        return now >= patientUntil;
    }

    private void begin(long now) {
        dropping = true;
        int since = count - countBefore;
        boolean lately = nextDrop != NEVER && now - nextDrop < MEMORY;
        count = since > 1 && lately ? since : 1;
        countBefore = count;
        nextDrop = now + distance();
    }

    private long distance() {
        return (long) (INTERVAL / Math.sqrt(count));
    }
}
