package io.culvert.netstack;

/**
 * What loss says about the path: the short-term bounds on rate and volume that a lossy round leaves
 * behind (draft-ietf-ccwg-bbr, 5.5.10.3), and how much loss is too much.
 *
 * <p>The profile tells loss by congestion from loss by the path: what is lost while there is no
 * queue isn't congestion, and raises the threshold ({@link BbrParameters}).
 */
final class BbrLoss {
    static final long NO_BOUND = Long.MAX_VALUE / 4;

    private final BbrParameters parameters;

    /** Best of the present loss round. */
    private double bwLatest;

    private long inflightLatest;
    private long roundEnd;
    private boolean roundStarted;
    private boolean inRound;
    private int events;
    private long lostBefore;
    private long deliveredBefore;

    private double bwShortterm = Double.POSITIVE_INFINITY;
    private long inflightShortterm = NO_BOUND;

    /** Bytes lost and delivered in rounds without a queue. */
    private double floorLost;

    private double floorDelivered;

    BbrLoss(BbrParameters parameters) {
        this.parameters = parameters;
    }

    /** Before anything else is made of a sample. */
    void onSample(RateSample s) {
        bwLatest = Math.max(bwLatest, s.rate);
        inflightLatest = Math.max(inflightLatest, s.delivered);
        roundStarted = s.priorDelivered >= roundEnd;
        if (roundStarted) {
            roundEnd = s.deliveredTotal;
        }
    }

    /** A packet was marked lost. True: the first of this loss round. */
    boolean onLost(long delivered, boolean newRange) {
        if (newRange) {
            events++;
        }
        if (inRound) {
            return false;
        }
        inRound = true;
        roundEnd = delivered; // what is sent from now on shows the path after the loss
        return true;
    }

    /**
     * At the end of a loss round: shortens the bounds if it was lossy.
     *
     * @param probing loss is expected, and answered by the long-term bound
     */
    void adapt(boolean probing, double maxBw, long cwnd, int smss, RateSample s) {
        if (!roundStarted) {
            return;
        }
        if (inRound && !probing && isCongested(s, smss)) {
            double bw = Double.isInfinite(bwShortterm) ? maxBw : bwShortterm;
            long inflight = inflightShortterm == NO_BOUND ? cwnd : inflightShortterm;
            bwShortterm = Math.max(bwLatest, BbrParameters.BETA * bw);
            inflightShortterm = Math.max(inflightLatest, (long) (BbrParameters.BETA * inflight));
        }
        inRound = false;
    }

    private boolean isCongested(RateSample s, int smss) {
        if (!parameters.lossGate()) {
            return true;
        }
        long lost = s.lostTotal - lostBefore;
        return exceeds(lost, lost + s.deliveredTotal - deliveredBefore, smss);
    }

    /** After everything was made of a sample: begins the next loss round if one ended. */
    void endSample(RateSample s) {
        if (roundStarted) {
            bwLatest = s.rate;
            inflightLatest = s.delivered;
            lostBefore = s.lostTotal;
            deliveredBefore = s.deliveredTotal;
            events = 0;
        }
    }

    /** A round in which there was no queue: what it lost is the path's. */
    void learn(long lost, long delivered, int smss) {
        floorLost += lost;
        floorDelivered += delivered;
        double total = floorLost + floorDelivered;
        if (total > (double) BbrParameters.FLOOR_MOST_PACKETS * smss) {
            floorLost /= 2;
            floorDelivered /= 2;
        }
    }

    /** What was learned of the path's own loss was congestion's. */
    void forgetFloor() {
        floorLost = 0;
        floorDelivered = 0;
    }

    /** Share of packets that the path itself loses. */
    private double floor(int smss) {
        double total = floorLost + floorDelivered;
        if (total < (double) BbrParameters.FLOOR_LEAST_PACKETS * smss) {
            return 0;
        }
        return Math.min(parameters.floorCap(), floorLost / total);
    }

    /** Share of loss that is too much. */
    double threshold(int smss) {
        return BbrParameters.LOSS_THRESHOLD + floor(smss);
    }

    /**
     * Whether {@code lost} bytes of {@code of} are more than the path's loss and chance explain.
     */
    boolean exceeds(long lost, long of, int smss) {
        double floor = floor(smss);
        double allowed = (BbrParameters.LOSS_THRESHOLD + floor) * of;
        if (parameters.slack() && floor >= BbrParameters.SLACK_FLOOR) {
            allowed += BbrParameters.CHANCE * Math.sqrt(allowed / smss) * smss;
        }
        return lost > allowed;
    }

    /**
     * What was in flight when the loss crossed the threshold (5.5.10.2), as a packet of {@code
     * bytes} is marked lost.
     */
    long inflightAtThreshold(long txInFlight, long lost, long bytes, int smss) {
        double threshold = threshold(smss);
        double before = (double) txInFlight - bytes;
        double lostBeforeIt = (double) lost - bytes;
        double prefix = (threshold * before - lostBeforeIt) / (1 - threshold);
        return (long) (before + Math.max(prefix, 0));
    }

    boolean roundStarted() {
        return roundStarted;
    }

    /** Separate losses in this loss round. */
    int events() {
        return events;
    }

    long inflightLatest() {
        return inflightLatest;
    }

    double bwShortterm() {
        return bwShortterm;
    }

    long inflightShortterm() {
        return inflightShortterm;
    }

    void boundShortterm(long inflight) {
        inflightShortterm = inflight;
    }

    /** A bound, if there is one, is not above this. */
    void tightenShortterm(long most) {
        if (inflightShortterm != NO_BOUND) {
            inflightShortterm = Math.min(inflightShortterm, most);
        }
    }

    /** Takes back what a loss that wasn't one did. */
    void raise(double bw, long inflight) {
        inRound = false;
        bwShortterm = Math.max(bwShortterm, bw);
        inflightShortterm = Math.max(inflightShortterm, inflight);
    }

    /** The path is probed anew. */
    void forgetShortterm() {
        bwShortterm = Double.POSITIVE_INFINITY;
        inflightShortterm = NO_BOUND;
    }

    /** Signals of what was sent before don't count for what comes. */
    void resetSignals() {
        inRound = false;
        bwLatest = 0;
        inflightLatest = 0;
    }

    void noSample() {
        roundStarted = false;
    }
}
