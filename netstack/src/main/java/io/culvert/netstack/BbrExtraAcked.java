package io.culvert.netstack;

/**
 * How much more than the bandwidth explains is acknowledged at once, because ACKs are held back and
 * released together (draft-ietf-ccwg-bbr, 5.5.9): the window must cover it, or the flow would stall
 * between two releases. The maximum of the last five to ten rounds.
 */
final class BbrExtraAcked {
    private long epoch;
    private long acked;
    private double current;
    private double previous;
    private long turnedAt;

    void restart(long now) {
        epoch = now;
        acked = 0;
    }

    /**
     * @param bw bytes per second
     * @param rounds that each half of the window lasts
     */
    void onAck(long newlyAcked, double bw, long cwnd, long round, int rounds, long now) {
        double expected = bw * (now - epoch) / 1e9;
        if (acked <= expected) {
            restart(now);
            expected = 0;
        }
        acked += newlyAcked;
        if (round - turnedAt >= rounds) {
            turnedAt = round;
            previous = current;
            current = 0;
        }
        current = Math.max(current, Math.min(acked - expected, (double) cwnd));
    }

    /** Bytes. */
    long get() {
        return (long) Math.max(current, previous);
    }
}
