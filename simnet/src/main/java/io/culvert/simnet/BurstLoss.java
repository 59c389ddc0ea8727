package io.culvert.simnet;

/**
 * Loss in bursts after Gilbert and Elliott: a link is in a good or a bad state and changes between
 * them from datagram to datagram.
 *
 * @param toBad probability that a good link turns bad before a datagram
 * @param toGood probability that a bad link turns good before a datagram; its inverse is the mean
 *     length of a burst
 * @param lossWhenBad probability that a datagram is lost while the link is bad
 */
public record BurstLoss(double toBad, double toGood, double lossWhenBad) {
    /** Never bad. */
    public static final BurstLoss NONE = new BurstLoss(0, 1, 0);

    public BurstLoss {
        LinkProfile.requireProbability("toBad", toBad);
        LinkProfile.requireProbability("toGood", toGood);
        LinkProfile.requireProbability("lossWhenBad", lossWhenBad);
        if (toBad > 0 && toGood == 0) {
            throw new IllegalArgumentException(
                    "toGood is 0: a link once bad would stay so for ever");
        }
    }

    /**
     * Bursts of {@code length} datagrams on average, which together lose {@code rate} of all
     * datagrams.
     */
    public static BurstLoss of(double rate, double length) {
        double toGood = 1 / length;
        return new BurstLoss(rate * toGood / (1 - rate), toGood, 1);
    }
}
