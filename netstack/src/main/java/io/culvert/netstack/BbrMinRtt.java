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

    /** When everything in flight was acknowledged last. */
    private long emptyAt;

    /** What comes back next was sent after a silence as long as ProbeRTT. */
    private boolean rested;

    private long restedAt;

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

    /** Something is sent after a silence, which serves as well as ProbeRTT if it was as long. */
    void onRestart(long now) {
        rested = now >= emptyAt + BbrParameters.PROBE_RTT_DURATION;
        restedAt = now;
    }

    /**
     * An RTT that the receiver may have delayed is no new minimum for the sole reason that the old
     * one is stale.
     */
    void onSample(RateSample s, long now) {
        expired = now > probeAt + BbrParameters.PROBE_RTT_INTERVAL;
        boolean anew = expired || rested;
        if (s.rtt > 0 && (s.rtt < probe || (anew && !s.rttMayBeDelayed))) {
            probe = s.rtt;
            probeAt = now;
        }
        rested &=
                s.rtt <= 0
                        || (s.rttMayBeDelayed && now < restedAt + BbrParameters.PROBE_RTT_DURATION);
        if (s.inflight == 0) {
            emptyAt = now;
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

    /**
     * What was seen when it was looked for last doesn't count; until it is seen it stays as it is.
     */
    void probeAgain(long now) {
        probeAt = now - BbrParameters.PROBE_RTT_INTERVAL;
        minRttAt = now;
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
