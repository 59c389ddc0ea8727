package io.culvert.netstack;

/**
 * The highest delivery rate of this cycle of probing and the one before (draft-ietf-ccwg-bbr,
 * 5.5.4), and whether it has stopped growing (5.3.1.2). Bytes per second.
 */
final class BbrBandwidth {
    private double current;
    private double previous;

    private double full;
    private int fullCount;
    private boolean plateau;
    private boolean reached;

    double max() {
        return Math.max(current, previous);
    }

    /**
     * An application-limited rate is a lower bound. Once the bandwidth is known, a little more of
     * it counts as far as the round before saw as much: ACKs that a stall on their way pressed
     * together show a rate that isn't there, and a maximum remembers it for seconds.
     *
     * @param before best rate of the round before; 0 when unknown
     */
    void onSample(RateSample s, double before) {
        if (s.appLimited && s.rate < max()) {
            return;
        }
        boolean little = reached && before > 0 && s.rate < BbrParameters.NOISE * max();
        current = Math.max(current, little ? Math.min(s.rate, before) : s.rate);
    }

    /** A cycle is over: what was seen in the one before the last is forgotten. */
    void advance() {
        if (current > 0) {
            previous = current;
            current = 0;
        }
    }

    /** The path became slower. */
    void replace(double rate) {
        current = rate;
        previous = rate;
    }

    /**
     * Looks whether the rate still grows.
     *
     * @param rate best of the round that ended and the sample that ended it
     */
    void checkFull(double rate) {
        if (plateau) {
            return;
        }
        if (rate >= full * BbrParameters.FULL_BW_GROWTH) {
            restartCheck(rate);
            return;
        }
        if (++fullCount >= BbrParameters.FULL_BW_ROUNDS) {
            plateau = true;
            reached = true;
        }
    }

    void restartCheck(double baseline) {
        full = baseline;
        fullCount = 0;
        plateau = false;
    }

    /** Whether the rate stopped growing since {@link #restartCheck}. */
    boolean isPlateau() {
        return plateau;
    }

    /** Whether the pipe was full once. */
    boolean isReached() {
        return reached;
    }

    /** Loss says that it is, or an undo that it isn't. */
    void reached(boolean is) {
        reached = is;
    }
}
