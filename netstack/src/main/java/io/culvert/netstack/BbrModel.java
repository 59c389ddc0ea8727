package io.culvert.netstack;

/**
 * What BBR knows of the path: bandwidth, round-trip time, the volume it takes, and what its losses
 * mean (draft-ietf-ccwg-bbr, 5.5). Bytes, bytes per second, nanoseconds.
 */
final class BbrModel {
    private final BbrParameters parameters;
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
        bandwidth.onSample(s);
        if (rounds.started()) {
            learn(state);
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
    private void learn(BbrState state) {
        long rtt = minRtt.get();
        long seen = rounds.lastMinRtt();
        if (rtt == BbrMinRtt.UNKNOWN || seen == Long.MAX_VALUE) {
            return;
        }
        boolean steady =
                state == BbrState.PROBE_BW_CRUISE
                        || (state == BbrState.STARTUP
                                && rounds.lastGrew(parameters.startupGrowth()));
        if (rtt < BbrParameters.DISPROVED * learnedAtRtt) {
            loss.forgetFloor(); // what seemed to be the path without a queue was one with a queue
        }
        learnedAtRtt = rtt;
        if (parameters.floorCap() > 0 && steady && isFreeOfQueue(seen)) {
            loss.learn(rounds.lastLost(), rounds.lastDelivered(), smss);
        }
        boolean queue = seen > BbrParameters.DROP_QUEUE * rtt + BbrParameters.DROP_QUEUE_SLACK;
        boolean slow =
                parameters.dropsAtOnce()
                        && state.isProbeBw()
                        && !rounds.lastAppLimited()
                        && rounds.lastBest() > 0
                        && rounds.lastBest() < BbrParameters.DROPPED * bandwidth.max()
                        && queue;
        if (slow && slowRound) {
            bandwidth.replace(rounds.lastBest());
        }
        slowRound = slow && !slowRound;
    }

    /** D3: whether loss in start-up comes with growth, which congestion does not. */
    boolean isStillGrowing() {
        return rounds.grew(parameters.startupGrowth());
    }

    /** D3: whether start-up lost it where no queue was seen, and less than an unseen one loses. */
    boolean isLossOfThePath(RateSample s) {
        return parameters.unseenQueueLoss() * s.txInFlight > s.lost
                && isFreeOfQueue(Math.min(rounds.minRtt(), rounds.lastMinRtt()));
    }

    /** Whether a round-trip time shows no queue. */
    boolean isFreeOfQueue(long rtt) {
        double most = BbrParameters.QUEUE_FREE * minRtt.get() + BbrParameters.QUEUE_FREE_SLACK;
        return rtt <= most;
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
