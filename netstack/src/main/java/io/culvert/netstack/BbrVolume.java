package io.culvert.netstack;

/**
 * The long-term bound on what may be in flight: learned when probing loses too much, raised with
 * growing steps while probing is clean (draft-ietf-ccwg-bbr, 5.3.3.6, 5.3.3.7).
 */
final class BbrVolume {
    static final long NO_BOUND = BbrLoss.NO_BOUND;

    private static final int MOST_UP_ROUNDS = 30;

    private long longterm = NO_BOUND;
    private int upRounds;
    private long upAcked;
    private long upCount = NO_BOUND;

    /** Bytes, or {@link #NO_BOUND}. */
    long get() {
        return longterm;
    }

    void bound(long inflight) {
        longterm = inflight;
    }

    /** As much was in flight, and no harm came of it. */
    void proved(long inflight) {
        if (longterm != NO_BOUND) {
            longterm = Math.max(longterm, inflight);
        }
    }

    void raiseTo(long inflight) {
        longterm = Math.max(longterm, inflight);
    }

    /** The bound less what is left for others. */
    long withHeadroom(int smss) {
        if (longterm == NO_BOUND) {
            return NO_BOUND;
        }
        long headroom = Math.max((long) (BbrParameters.HEADROOM * longterm), smss);
        return Math.max(longterm - headroom, (long) BbrParameters.LEAST_CWND * smss);
    }

    /** Before probing: the first round adds one segment, the next two, then four. */
    void resetSlope() {
        upRounds = 0;
        upAcked = 0;
    }

    void stopRaising() {
        upCount = NO_BOUND;
    }

    void steepen(long cwnd, int smss) {
        long growth = (long) smss << upRounds;
        upRounds = Math.min(upRounds + 1, MOST_UP_ROUNDS);
        upCount = Math.max(cwnd / growth, 1) * smss;
    }

    /** While probing is clean and uses all of the window. */
    void raise(long newlyAcked, boolean roundStarted, long cwnd, int smss) {
        upAcked += newlyAcked;
        if (upAcked >= upCount) {
            long steps = upAcked / upCount;
            upAcked -= steps * upCount;
            longterm += steps * smss;
        }
        if (roundStarted) {
            steepen(cwnd, smss);
        }
    }
}
