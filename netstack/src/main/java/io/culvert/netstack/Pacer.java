package io.culvert.netstack;

/**
 * When a flow may send next. It is granted a quantum at a time, so that packets leave in trains.
 * Time lost by a late turn is made up, once, within a credit that follows the lateness really seen;
 * without that a coarse timer would starve a model that measures its own delivery rate.
 */
final class Pacer {
    private static final long LEAST_CREDIT = 2_000_000;
    private static final long MOST_CREDIT = 12_000_000;

    /** How early a flow may leave with others whose turn it is: larger trains, fewer turns. */
    static final long RIDE_ALONG = 500_000;

    /** Clocks may be negative: before the first grant, any time is late enough. */
    private long nextSend = Long.MIN_VALUE / 2;

    private boolean limiting;
    private long latePeak;

    /** Bytes left of the present grant. */
    private long granted;

    private long grantedAt = Long.MIN_VALUE;
    private long invitedAt = Long.MIN_VALUE;

    /** Whether a packet may leave now. */
    boolean allows(long rate, long now) {
        if (rate == CongestionControl.UNPACED || now >= nextSend) {
            return true;
        }
        return now == grantedAt ? granted > 0 : now == invitedAt && now >= nextSend - RIDE_ALONG;
    }

    /** Others leave now: so may this flow, if its turn comes within {@link #RIDE_ALONG}. */
    void invite(long now) {
        invitedAt = now;
    }

    long nextSend() {
        return nextSend;
    }

    /** The flow stopped for another reason than pacing. */
    void idle() {
        limiting = false;
    }

    void onSend(int bytes, long rate, long quantum, long now) {
        if (rate == CongestionControl.UNPACED) {
            return;
        }
        if (granted <= 0 || now != grantedAt) {
            grant(rate, quantum, now);
        }
        granted -= bytes;
        nextSend += (long) (bytes * 1e9 / rate);
    }

    private void grant(long rate, long quantum, long now) {
        granted = quantum;
        grantedAt = now;
        if (limiting) {
            latePeak = Math.max(now - nextSend, latePeak - latePeak / 100);
            double grant = quantum * 1e9 / rate;
            long credit = Math.clamp((long) grant, LEAST_CREDIT, MOST_CREDIT);
            credit = Math.clamp(latePeak, credit, MOST_CREDIT);
            nextSend = Math.max(nextSend, now - credit);
        } else {
            nextSend = Math.max(nextSend, now);
            limiting = true;
        }
    }
}
