package io.culvert.netstack;

/**
 * What follows from the model: how fast to send and how much may be in flight (draft-ietf-ccwg-bbr,
 * 5.6).
 */
final class BbrControl {
    private final BbrModel model;
    private final BbrProbeRtt probeRtt;
    private long cwnd = 536;
    private long priorCwnd;
    private double pacingRate = 1;

    BbrControl(BbrModel model, BbrProbeRtt probeRtt) {
        this.model = model;
        this.probeRtt = probeRtt;
    }

    void open(long rtt) {
        cwnd = model.initialWindow();
        initialPacingRate(rtt);
    }

    /** 5.6.2: of a connection whose bandwidth isn't known. */
    void initialPacingRate(long rtt) {
        double rate = BbrParameters.STARTUP_PACING_GAIN * model.initialWindow() * 1e9 / rtt;
        pacingRate = Math.max(1, rate);
    }

    long cwnd() {
        return cwnd;
    }

    /** Bytes per second. */
    double pacingRate() {
        return pacingRate;
    }

    long quantum() {
        long quantum = (long) (pacingRate * BbrParameters.QUANTUM_SECONDS);
        boolean thin = pacingRate < BbrParameters.THIN;
        long least = (long) (thin ? 1 : BbrParameters.LEAST_QUANTUM) * model.smss();
        return Math.max(Math.min(quantum, BbrParameters.MOST_QUANTUM), least);
    }

    /** Bytes; half the queue that stands, so that it doesn't run empty meanwhile. */
    long trainWorthAwaiting() {
        long train = BbrParameters.AWAITED_QUANTA * quantum();
        return train < BbrParameters.LEAST_AWAITED
                ? 0
                : Math.min(train, Math.min(model.standingQueue() / 2, cwnd / 4));
    }

    /** The window is about to be reduced for a while. */
    void save(boolean isReducedAlready) {
        priorCwnd = isReducedAlready ? Math.max(priorCwnd, cwnd) : cwnd;
    }

    /** The largest window of late. */
    long saved() {
        return Math.max(cwnd, priorCwnd);
    }

    void restore() {
        cwnd = saved();
    }

    /** After a time-out: what is still in flight and one segment. */
    void collapse(long inflight) {
        cwnd = inflight + model.smss();
    }

    void atLeastMinimum() {
        cwnd = Math.max(cwnd, model.least());
    }

    /** The volume for a rate, with room for what hosts collect (5.6.4.2). */
    long inflightAt(double rate, double gain, BbrState state) {
        long collected = (long) (rate * model.parameters.hostTime() / 1e9);
        long budget = Math.max(BbrParameters.OFFLOAD_QUANTA * quantum(), collected);
        long inflight = Math.max(Math.max(model.bdp(rate, gain), budget), model.least());
        return state == BbrState.PROBE_BW_UP ? inflight + 2L * model.smss() : inflight;
    }

    void pace(double gain) {
        double rate = gain * model.bw() * (1 - BbrParameters.PACING_MARGIN);
        if (rate > 0 && (model.bandwidth.isReached() || rate > pacingRate)) {
            pacingRate = Math.max(rate, 1);
        }
    }

    /** After each batch of ACKs. */
    void update(RateSample s, BbrState state) {
        pace(state.pacingGain);
        long most =
                inflightAt(model.bw(), model.parameters.cwndGain(state), state)
                        + model.extraAcked.get();
        if (model.bandwidth.isReached()) {
            cwnd = Math.min(cwnd + s.newlyAcked, most);
        } else if (cwnd < most || s.deliveredTotal < 2 * model.initialWindow()) {
            cwnd += s.newlyAcked;
        }
        atLeastMinimum();
        bound(state);
    }

    /** 5.6.4.7: what the model says of the volume that the path takes. */
    void bound(BbrState state) {
        BbrVolume volume = model.volume;
        long cap = model.loss.inflightShortterm();
        if (state == BbrState.PROBE_RTT) {
            cap = Math.min(cap, probeRtt.cwnd());
        }
        if (state == BbrState.PROBE_RTT || state == BbrState.PROBE_BW_CRUISE) {
            cap = Math.min(cap, volume.withHeadroom(model.smss()));
        } else if (state.isProbeBw()) {
            cap = Math.min(cap, volume.get());
        }
        cwnd = Math.max(Math.min(cwnd, cap), model.least());
    }
}
