package io.culvert.netstack;

/**
 * When a flow may send next. Time lost by a late turn is made up, once, within a credit that
 * follows the lateness really seen; without that a coarse timer would starve a model that measures
 * its own delivery rate.
 */
final class Pacer {
    private static final long LEAST_CREDIT = 2_000_000;
    private static final long MOST_CREDIT = 12_000_000;

    private long nextSend;
    private boolean limiting;
    private long latePeak;
    private long base;

    /** Whether a packet may leave now. */
    boolean allows(long rate, long now) {
        return rate == CongestionControl.UNPACED || now >= nextSend;
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
        if (limiting) {
            latePeak = Math.max(now - nextSend, latePeak - latePeak / 100);
            double grant = quantum * 1e9 / rate;
            long credit = Math.clamp((long) grant, LEAST_CREDIT, MOST_CREDIT);
            credit = Math.clamp(latePeak, credit, MOST_CREDIT);
            base = Math.max(nextSend, now - credit);
        } else {
            base = now;
        }
        nextSend = base + (long) (bytes * 1e9 / rate);
        limiting = true;
    }
}
