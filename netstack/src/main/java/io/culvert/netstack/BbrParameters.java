package io.culvert.netstack;

/**
 * Constants of BBR version 3 (draft-ietf-ccwg-bbr, section numbers in brackets) and the deviations
 * of our profile from it, which make it carry random loss: the draft takes every lossy round for
 * congestion and collapses where 2 % of the packets are lost, whoever loses them.
 *
 * @param lossGate a lossy round shortens the short-term bounds only if more was lost than the loss
 *     threshold
 * @param floorCap how much loss that is seen without a queue the path may show and still be
 *     believed: added to the loss threshold; 0: none
 * @param startupGrowth a start-up round whose rate grew by this factor isn't ended by loss; {@link
 *     Double#POSITIVE_INFINITY}: any is
 * @param unseenQueueLoss share of loss up to which a start-up round without a queue isn't ended by
 *     loss; more may be lost at a queue too short to be seen
 * @param freshProbeRtt ProbeRTT's window follows what the last round really delivered
 * @param dropsAtOnce two rounds far below the maximum, with a queue, replace the maximum
 * @param slack thresholds are judged with an allowance for chance
 * @param upCwndGain what may be in flight while probing, in bandwidth-delay products
 * @param hostTime for how long hosts may collect what is under way, nanoseconds: so much of the
 *     bandwidth is in flight at least, however short the path is
 */
record BbrParameters(
        boolean lossGate,
        double floorCap,
        double startupGrowth,
        double unseenQueueLoss,
        boolean freshProbeRtt,
        boolean dropsAtOnce,
        boolean slack,
        double upCwndGain,
        long hostTime) {

    private static final long MILLISECOND = 1_000_000;
    private static final long SECOND = 1000 * MILLISECOND;

    /** The draft to the letter, for comparison. */
    static final BbrParameters DRAFT =
            new BbrParameters(false, 0, Double.POSITIVE_INFINITY, 0, false, false, false, 2.25, 0);

    /** What connections use (bbr.md 3.4, D1 to D6; decision 0016). */
    static final BbrParameters PROFILE =
            new BbrParameters(true, 0.03, 1.2, 0.15, true, true, true, 2.5, MILLISECOND);

    /** 4 ln 2: the least gain that doubles the rate each round (2.4). */
    static final double STARTUP_PACING_GAIN = 2.77;

    /** 1 / cwnd gain drains within a round (2.4). */
    static final double DRAIN_PACING_GAIN = 0.5;

    static final double DOWN_PACING_GAIN = 0.9;
    static final double UP_PACING_GAIN = 1.25;
    static final double CWND_GAIN = 2;

    /** Share of the bandwidth left unused, so that queues stay short (2.3). */
    static final double PACING_MARGIN = 0.01;

    /** Growth of the rate that shows that the pipe isn't full, and rounds without it (5.3.1.2). */
    static final double FULL_BW_GROWTH = 1.25;

    static final int FULL_BW_ROUNDS = 3;

    /** Separate losses in a round that may end start-up (5.3.1.3). */
    static final int STARTUP_FULL_LOSSES = 6;

    /** Share of a flight whose loss ends start-up at once: five times what a bad path loses. */
    static final double OVERFLOW = 0.25;

    /** Draining takes no longer (5.3.2). */
    static final int MOST_DRAIN_ROUNDS = 3;

    /** Loss within a round that is too much while probing (2.5). */
    static final double LOSS_THRESHOLD = 0.02;

    /** What loss leaves of a bound; no harsher than CUBIC (2.5). */
    static final double BETA = 0.7;

    /** Share of the long-term bound that is left to others (2.5). */
    static final double HEADROOM = 0.15;

    /** In segments, for receivers that acknowledge every other one (2.8). */
    static final int LEAST_CWND = 4;

    static final long MIN_RTT_WINDOW = 10 * SECOND;
    static final long PROBE_RTT_INTERVAL = 5 * SECOND;
    static final long PROBE_RTT_DURATION = 200 * MILLISECOND;
    static final double PROBE_RTT_CWND_GAIN = 0.5;

    /** Rounds of each of the two halves over which the maximum of extra_acked counts (Linux). */
    static final int EXTRA_ACKED_ROUNDS = 5;

    /** Between probes for bandwidth: 2 to 3 s (5.3.3.5.3). */
    static final long PROBE_WAIT = 2 * SECOND;

    static final long PROBE_WAIT_SPREAD = SECOND;

    /** Rounds after which one probes at the latest, beside a Reno flow of 25 Mb/s and 30 ms. */
    static final int MOST_ROUNDS_WITHOUT_PROBE = 63;

    /** Send quantum: what the pacing rate gives in a millisecond, not more than one GSO train. */
    static final double QUANTUM_SECONDS = 0.001;

    static final long MOST_QUANTUM = 64 * 1024;
    static final int LEAST_QUANTUM = 2;

    /** Send quanta that a full window waits for room for, if the path's queue covers the wait. */
    static final int AWAITED_QUANTA = 2;

    /** Bytes: less than 65 Mb/s are too few turns to save any. */
    static final int LEAST_AWAITED = 20 * 1024;

    /** Below 1.2 Mb/s, in bytes per second, segments leave one by one (BBR versions 1 and 2). */
    static final double THIN = 150_000;

    /** Send quanta that may be under way in hosts that merge segments: a floor of the window. */
    static final int OFFLOAD_QUANTA = 3;

    /** Nominal RTT of a connection that has none yet (5.6.2). */
    static final long NOMINAL_RTT = MILLISECOND;

    // What follows belongs to the profile.

    /** A round whose RTT stays below this multiple of the minimum, and 0.5 ms, saw no queue. */
    static final double QUEUE_FREE = 1.08;

    static final long QUEUE_FREE_SLACK = MILLISECOND / 2;

    /** Share of the minimum RTT below which a new one proves that the old one had a queue in it. */
    static final double DISPROVED = 0.95;

    /**
     * Rounds of probing after which it ends, should the rate not have grown by this factor and a
     * queue have begun where there was none.
     */
    static final int UP_ROUNDS = 2;

    static final double UP_GROWTH = 1.05;

    /** Packets without a queue after which their loss counts, and after which the past fades. */
    static final int FLOOR_LEAST_PACKETS = 150;

    static final int FLOOR_MOST_PACKETS = 6000;

    /** Standard deviations of chance that are allowed for, and the floor from which they are. */
    static final double CHANCE = 1.5;

    static final double SLACK_FLOOR = 0.001;

    /** What is less than this multiple of the bandwidth has to be seen in two rounds. */
    static final double NOISE = 1.05;

    /** Rates below this share of the maximum, with a queue, say that the bandwidth fell. */
    static final double DROPPED = 0.85;

    /**
     * A bandwidth below this share of what ProbeRTT's window was made for says that the window kept
     * the queue standing.
     */
    static final double PROBED_IN_VAIN = 0.25;

    static final double DROP_QUEUE = 1.25;
    static final long DROP_QUEUE_SLACK = MILLISECOND;

    /** What may be in flight, in bandwidth-delay products (5.6.1). */
    double cwndGain(BbrState state) {
        return switch (state) {
            case PROBE_BW_UP -> upCwndGain;
            case PROBE_RTT -> PROBE_RTT_CWND_GAIN;
            default -> CWND_GAIN;
        };
    }
}
