package io.culvert.simnet;

/**
 * Loss in bursts after Gilbert and Elliott, in continuous time: a link is good or bad, and changes
 * from one to the other after times that are exponentially distributed. Time and not datagrams
 * count, so that a burst ends also for a sender that has become slow.
 *
 * @param goodNanos mean time that a link stays good, in nanoseconds
 * @param badNanos mean time that it stays bad, in nanoseconds; 0 for never bad
 * @param lossWhenBad probability that a datagram is lost while the link is bad
 */
public record BurstLoss(double goodNanos, double badNanos, double lossWhenBad) {
    /** Never bad. */
    public static final BurstLoss NONE = new BurstLoss(1, 0, 0);

    public BurstLoss {
        if (!(goodNanos > 0) || !(badNanos >= 0)) {
            throw new IllegalArgumentException(
                    "good for " + goodNanos + " ns, bad for " + badNanos + " ns");
        }
        LinkProfile.requireProbability("lossWhenBad", lossWhenBad);
    }

    /**
     * A link that is bad for {@code badNanos} at a time on average, in all a share {@code rate} of
     * the time.
     */
    public static BurstLoss of(double rate, double badNanos) {
        return rate == 0 ? NONE : new BurstLoss(badNanos * (1 - rate) / rate, badNanos, 1);
    }

    /** Probability that a link is bad that was so, or wasn't, {@code elapsed} nanoseconds ago. */
    double badAfter(boolean wasBad, long elapsed) {
        if (badNanos == 0) {
            return 0;
        }
        double share = badNanos / (goodNanos + badNanos);
        double remembered = Math.exp(-elapsed * (1 / goodNanos + 1 / badNanos));
        return share + ((wasBad ? 1 : 0) - share) * remembered;
    }
}
