package io.culvert.netstack;

/**
 * What BBR knows of the path: bandwidth, round-trip time, the volume it takes, and what its losses
 * mean (draft-ietf-ccwg-bbr, 5.5). Bytes, bytes per second, nanoseconds.
 */
final class BbrModel {
    final BbrParameters parameters;
    final BbrBandwidth bandwidth = new BbrBandwidth();
    final BbrRounds rounds = new BbrRounds();
    final BbrMinRtt minRtt = new BbrMinRtt();
    final BbrVolume volume = new BbrVolume();
    final BbrExtraAcked extraAcked = new BbrExtraAcked();
    final BbrLoss loss;

    private int smss = 536;
    private long initialWindow = 536;
    private long delivered;
    private boolean slowRound;

    /**
     * Whether it was probed for more since the bandwidth was last taken for fallen: else a flow
     * that fills the queue beside us would take all, a little at a time.
     */
    private boolean mayDrop = true;

    /** What ProbeRTT's window was made for, bytes per second. */
    private double rateWhenProbed;

    /** What the last round was, without a queue, and what it lost if it was one of start-up. */
    private boolean cruised;

    private boolean grew;
    private long grownLost;
    private long grownDelivered;

    /** The minimum of the round-trip time at which rounds counted as free of a queue. */
    private long learnedAtRtt;

    BbrModel(BbrParameters parameters) {
        this.parameters = parameters;
        loss = new BbrLoss(parameters);
    }

    void open(int segmentSize, long window, long handshakeRtt, long now) {
        smss = segmentSize;
        initialWindow = window;
        minRtt.open(handshakeRtt, now);
        extraAcked.restart(now);
    }

    void smss(int segmentSize) {
        smss = segmentSize;
    }

    int smss() {
        return smss;
    }

    /** Bytes delivered in the life of the connection. */
    long delivered() {
        return delivered;
    }

    /** Takes what a batch of ACKs told. False: it says nothing about the rate. */
    boolean onSample(RateSample s, BbrState state, long cwnd, long now) {
        delivered = s.deliveredTotal;
        if (s.rate <= 0 || s.newlyAcked <= 0) {
            loss.noSample();
            rounds.noSample();
            return false;
        }
        loss.onSample(s);
        rounds.onSample(s);
        bandwidth.onSample(s, rounds.lastBest());
        if (rounds.started()) {
            learn(state, now);
        }
        loss.adapt(state.isProbing(), bandwidth.max(), cwnd, smss, s);
        int window = bandwidth.isReached() ? BbrParameters.EXTRA_ACKED_ROUNDS : 1;
        extraAcked.onAck(s.newlyAcked, bw(), cwnd, rounds.count(), window, now);
        if (rounds.started() && !s.appLimited) {
            bandwidth.checkFull(Math.max(s.rate, rounds.lastBest()));
        }
        return true;
    }

    /** D2 and D5 of the profile, from the round that ended. */
    private void learn(BbrState state, long now) {
        long rtt = minRtt.get();
        long seen = rounds.lastMinRtt();
        if (rtt == BbrMinRtt.UNKNOWN || seen == Long.MAX_VALUE) {
            return;
        }
        if (rtt < BbrParameters.DISPROVED * learnedAtRtt) {
            loss.forgetFloor(); // what seemed to be the path without a queue was one with a queue
        }
        learnedAtRtt = rtt;
        learnFloor(state, isFreeOfQueue(seen));
        boolean queue = seen > BbrParameters.DROP_QUEUE * rtt + BbrParameters.DROP_QUEUE_SLACK;
        boolean slow =
                parameters.dropsAtOnce()
                        && state.isProbeBw()
                        && !rounds.lastAppLimited()
                        && rounds.lastBest() > 0
                        && rounds.lastBest() < BbrParameters.DROPPED * bandwidth.max()
                        && queue;
        mayDrop |= state == BbrState.PROBE_BW_UP;
        if (slow && slowRound && mayDrop) {
            mayDrop = false;
            if (rounds.lastBest() < BbrParameters.PROBED_IN_VAIN * rateWhenProbed) {
                rateWhenProbed = rounds.lastBest();
                minRtt.probeAgain(now);
            }
            bandwidth.replace(rounds.lastBest());
        }
        slowRound = slow && !slowRound;
    }

    /**
     * What is lost is known a round later: of what was sent before cruising nothing is learned, and
     * of a round of start-up only when the next one shows as well that it filled no queue.
     */
    private void learnFloor(BbrState state, boolean free) {
        boolean cruises = state == BbrState.PROBE_BW_CRUISE && free;
        boolean grows =
                state == BbrState.STARTUP && rounds.lastGrew(parameters.startupGrowth()) && free;
        if (parameters.floorCap() > 0) {
            if (cruises && cruised) {
                loss.learn(rounds.lastLost(), rounds.lastDelivered(), smss);
            } else if (grows && grew) {
                loss.learn(grownLost, grownDelivered, smss);
            }
        }
        cruised = cruises;
        grew = grows;
        grownLost = rounds.lastLost();
        grownDelivered = rounds.lastDelivered();
    }

    /** ProbeRTT ended. */
    void probedRtt(long now) {
        minRtt.probed(now);
        rateWhenProbed = bandwidth.max();
    }

    /** Whether so much is lost at once that no path does it without its queue being full. */
    boolean isOverflow(RateSample s) {
        return s.lost > BbrParameters.OVERFLOW * s.txInFlight;
    }

    /** Whether the loss of a round of start-up is congestion's, which comes without growth (D3). */
    boolean isStartupLoss(RateSample s) {
        return loss.roundStarted()
                && isTooHigh(s.lost, s.txInFlight)
                && !rounds.grew(parameters.startupGrowth())
                && !isLossOfThePath(s);
    }

    /** D3: whether start-up lost it where no queue was seen, and less than an unseen one loses. */
    private boolean isLossOfThePath(RateSample s) {
        return parameters.unseenQueueLoss() * s.txInFlight > s.lost
                && isFreeOfQueue(Math.min(rounds.minRtt(), rounds.lastMinRtt()));
    }

    /** Whether a round-trip time shows no queue. */
    boolean isFreeOfQueue(long rtt) {
        double most = BbrParameters.QUEUE_FREE * minRtt.get() + BbrParameters.QUEUE_FREE_SLACK;
        return rtt <= most;
    }

    /** Bytes of ours that stood in the path's queue all through the last round; 0: it was free. */
    long standingQueue() {
        long seen = rounds.lastMinRtt();
        if (seen == Long.MAX_VALUE || isFreeOfQueue(seen)) {
            return 0;
        }
        return (long) (bw() * (seen - minRtt.get()) / 1e9);
    }

    /** Whether a sample lost more than the path and chance explain. */
    boolean isTooHigh(long lost, long txInFlight) {
        return loss.exceeds(lost, txInFlight, smss);
    }

    /** The bandwidth to use now. */
    double bw() {
        return Math.min(bandwidth.max(), loss.bwShortterm());
    }

    /** D4: the bandwidth for ProbeRTT's window; one that is long gone keeps the queue standing. */
    double freshBw() {
        double recent = Math.max(rounds.best(), rounds.lastBest());
        return parameters.freshProbeRtt() && recent > 0 ? recent : Double.POSITIVE_INFINITY;
    }

    /** A multiple of the bandwidth-delay product, or the initial window before there is one. */
    long bdp(double rate, double gain) {
        long rtt = minRtt.get();
        return rtt == BbrMinRtt.UNKNOWN || rate <= 0
                ? initialWindow
                : (long) (gain * rate * rtt / 1e9);
    }

    long initialWindow() {
        return initialWindow;
    }

    /** The least that may be in flight. */
    long least() {
        return (long) BbrParameters.LEAST_CWND * smss;
    }
}
