package io.culvert.netstack;

/**
 * The lowest round-trip time of the last ten seconds, and when it is time to let the queue run
 * empty to see it again (draft-ietf-ccwg-bbr, 5.3.4.3).
 */
final class BbrMinRtt {
    static final long UNKNOWN = Long.MAX_VALUE;

    private long minRtt = UNKNOWN;
    private long minRttAt;
    private long probe = UNKNOWN;
    private long probeAt;
    private boolean expired;

    /**
     * @param handshakeRtt 0 when unknown
     */
    void open(long handshakeRtt, long now) {
        minRttAt = now;
        probeAt = now;
        if (handshakeRtt > 0) {
            minRtt = handshakeRtt;
            probe = handshakeRtt;
        }
    }

    /**
     * @param rtt -1: none
     * @param mayBeDelayed the receiver may have held its ACK back: not to be believed as a new
     *     minimum only because the old one is stale
     */
    void onSample(long rtt, boolean mayBeDelayed, long now) {
        expired = now > probeAt + BbrParameters.PROBE_RTT_INTERVAL;
        if (rtt > 0 && (rtt < probe || (expired && !mayBeDelayed))) {
            probe = rtt;
            probeAt = now;
        }
        if (probe < minRtt || now > minRttAt + BbrParameters.MIN_RTT_WINDOW) {
            minRtt = probe;
            minRttAt = probeAt;
        }
    }

    /** Whether the minimum was not seen for so long that it is to be looked for. */
    boolean isExpired() {
        return expired;
    }

    /** It was looked for. */
    void probed(long now) {
        probeAt = now;
    }

    /** Nanoseconds, or {@link #UNKNOWN}. */
    long get() {
        return minRtt;
    }
}
