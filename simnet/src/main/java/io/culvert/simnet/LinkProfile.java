package io.culvert.simnet;

/**
 * What one direction of a path does to the UDP datagrams on it. A value, made from another one, in
 * the end from {@link #PERFECT}, through {@link #but}. A profile may be exchanged while the link is
 * in use.
 *
 * @param loss probability that a datagram is lost, independent of all others
 * @param burst loss in bursts, on top
 * @param delayNanos time on the way, in nanoseconds
 * @param jitterNanos further time, uniform from 0 to this; datagrams keep their order, as in a
 *     queue
 * @param reorder probability that a datagram is held back so that later ones overtake it
 * @param reorderNanos how long it is held back at most, in nanoseconds
 * @param duplicate probability that a datagram arrives twice
 * @param corrupt probability that bits of a datagram are flipped
 * @param corruptBits how many bits at most; 1 is what every Internet checksum notices
 * @param truncate probability that the end of a datagram is cut off
 * @param bytesPerMilli bottleneck rate in bytes of IP packet per millisecond, 0 for none
 * @param queueBytes what the queue before the bottleneck holds; a datagram that doesn't fit is
 *     dropped
 * @param mtu largest IP packet; larger datagrams are dropped without a word, as behind a broken
 *     path-MTU discovery
 */
public record LinkProfile(
        double loss,
        BurstLoss burst,
        long delayNanos,
        long jitterNanos,
        double reorder,
        long reorderNanos,
        double duplicate,
        double corrupt,
        int corruptBits,
        double truncate,
        long bytesPerMilli,
        long queueBytes,
        int mtu) {

    /** Instant, faultless, without limits. */
    public static final LinkProfile PERFECT =
            new LinkProfile(0, BurstLoss.NONE, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 65_535);

    /** Nothing arrives. */
    public static final LinkProfile BROKEN = PERFECT.but().loss(1).build();

    public LinkProfile {
        requireProbability("loss", loss);
        requireProbability("reorder", reorder);
        requireProbability("duplicate", duplicate);
        requireProbability("corrupt", corrupt);
        requireProbability("truncate", truncate);
        requireNotNegative("delayNanos", delayNanos);
        requireNotNegative("jitterNanos", jitterNanos);
        requireNotNegative("reorderNanos", reorderNanos);
        requireNotNegative("bytesPerMilli", bytesPerMilli);
        requireNotNegative("queueBytes", queueBytes);
        if (corruptBits < 1) {
            throw new IllegalArgumentException("corruptBits " + corruptBits);
        }
        if (mtu < 68 || mtu > 65_535) {
            throw new IllegalArgumentException("mtu " + mtu);
        }
    }

    /** A builder that begins with this profile's values. */
    public Builder but() {
        return new Builder(this);
    }

    /** Collects the values of a profile; see {@link LinkProfile} for their meaning. */
    public static final class Builder {
        private double loss;
        private BurstLoss burst;
        private long delayNanos;
        private long jitterNanos;
        private double reorder;
        private long reorderNanos;
        private double duplicate;
        private double corrupt;
        private int corruptBits;
        private double truncate;
        private long bytesPerMilli;
        private long queueBytes;
        private int mtu;

        private Builder(LinkProfile from) {
            loss = from.loss;
            burst = from.burst;
            delayNanos = from.delayNanos;
            jitterNanos = from.jitterNanos;
            reorder = from.reorder;
            reorderNanos = from.reorderNanos;
            duplicate = from.duplicate;
            corrupt = from.corrupt;
            corruptBits = from.corruptBits;
            truncate = from.truncate;
            bytesPerMilli = from.bytesPerMilli;
            queueBytes = from.queueBytes;
            mtu = from.mtu;
        }

        public Builder loss(double probability) {
            loss = probability;
            return this;
        }

        public Builder burst(BurstLoss bursts) {
            burst = bursts;
            return this;
        }

        public Builder delay(long nanos, long jitter) {
            delayNanos = nanos;
            jitterNanos = jitter;
            return this;
        }

        public Builder reorder(double probability, long heldBackNanos) {
            reorder = probability;
            reorderNanos = heldBackNanos;
            return this;
        }

        public Builder duplicate(double probability) {
            duplicate = probability;
            return this;
        }

        public Builder corrupt(double probability, int bits) {
            corrupt = probability;
            corruptBits = bits;
            return this;
        }

        public Builder truncate(double probability) {
            truncate = probability;
            return this;
        }

        public Builder rate(long bytesEachMilli, long queue) {
            bytesPerMilli = bytesEachMilli;
            queueBytes = queue;
            return this;
        }

        public Builder mtu(int largestPacket) {
            mtu = largestPacket;
            return this;
        }

        public LinkProfile build() {
            return new LinkProfile(
                    loss,
                    burst,
                    delayNanos,
                    jitterNanos,
                    reorder,
                    reorderNanos,
                    duplicate,
                    corrupt,
                    corruptBits,
                    truncate,
                    bytesPerMilli,
                    queueBytes,
                    mtu);
        }
    }

    static void requireProbability(String name, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException(name + " " + value + " is no probability");
        }
    }

    private static void requireNotNegative(String name, long value) {
        if (value < 0) {
            throw new IllegalArgumentException(name + " " + value);
        }
    }
}
