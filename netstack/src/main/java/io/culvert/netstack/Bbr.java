package io.culvert.netstack;

/**
 * BBR version 3 (draft-ietf-ccwg-bbr): sends at the rate that the path delivers, with as much in
 * flight as that takes, and probes now and then for more. With {@link BbrParameters#PROFILE} random
 * loss doesn't slow it down. What is acknowledged drives it; it has no timers.
 */
final class Bbr implements CongestionControl {
    final BbrModel model;
    private final BbrBandwidth bandwidth;
    private final BbrRounds rounds;
    private final BbrLoss loss;
    private final BbrVolume volume;
    private final BbrProbeRtt probeRtt;
    private final BbrControl control;
    private final BbrCycle cycle;
    private final BbrUndo undo = new BbrUndo();

    private BbrState state = BbrState.STARTUP;
    private boolean hasRtt;
    private boolean recovering;
    private boolean fastRecovering;
    private long recoveryRound;

    private boolean idleRestart;
    private long drainRound;

    /**
     * @param seed of the random waits between probes
     */
    Bbr(BbrParameters parameters, long seed) {
        model = new BbrModel(parameters);
        bandwidth = model.bandwidth;
        rounds = model.rounds;
        loss = model.loss;
        volume = model.volume;
        probeRtt = new BbrProbeRtt(model);
        control = new BbrControl(model, probeRtt);
        cycle = new BbrCycle(seed);
    }

    @Override
    public void onEstablished(
            long now, int smss, long window, long handshakeRtt, boolean selectiveAcks) {
        model.open(smss, Math.max(window, smss), handshakeRtt, now);
        hasRtt = handshakeRtt > 0;
        control.open(hasRtt ? handshakeRtt : BbrParameters.NOMINAL_RTT);
    }

    /** Restart from idle (5.4.1): at once at the known rate, with the known window. */
    @Override
    public void onRestart(long now, boolean appLimited) {
        if (!appLimited) {
            return;
        }
        idleRestart = true;
        model.minRtt.onRestart(now);
        model.extraAcked.restart(now);
        if (state.isProbeBw()) {
            control.pace(1);
        } else if (state == BbrState.PROBE_RTT && probeRtt.isDone(now)) {
            leaveProbeRtt(now);
        }
    }

    @Override
    public void onSend(
            long now, long bytes, long inflightAfter, boolean cwndLimited, boolean retransmission) {
        // Everything is learned from what comes back.
    }

    @Override
    public void onLost(
            long now,
            long bytes,
            long txInFlight,
            long lostAtSend,
            boolean appLimited,
            long lostTotal,
            boolean newRange) {
        if (loss.onLost(model.delivered(), newRange)) {
            undo.save(state, loss, volume);
        }
        long lost = lostTotal - lostAtSend;
        if (cycle.samplesCount() && model.isTooHigh(lost, txInFlight)) {
            long inflight = loss.inflightAtThreshold(txInFlight, lost, bytes, model.smss());
            probedTooHigh(inflight, appLimited, now);
        }
    }

    private void probedTooHigh(long inflight, boolean appLimited, long now) {
        cycle.tooHigh();
        if (!appLimited) {
            volume.bound(Math.max(inflight, (long) (BbrParameters.BETA * target())));
        }
        if (state == BbrState.PROBE_BW_UP) {
            probeDown(now);
        }
    }

    @Override
    public void onTlpRepaired(long now, boolean appLimited) {
        int smss = model.smss();
        onLost(now, smss, loss.inflightLatest() + smss, 0, appLimited, smss, true);
    }

    @Override
    public void onRecovery(
            long now,
            RecoveryEvent event,
            long inflight,
            long outstanding,
            long sacked,
            long newlySacked,
            long newlyAcked) {
        switch (event) {
            case ENTER_FAST -> {
                saveCwnd();
                recovering = true;
                fastRecovering = true;
                recoveryRound = rounds.count();
            }
            case ENTER_RTO -> {
                saveCwnd();
                recovering = true;
                fastRecovering = false;
                bandwidth.restartCheck(0);
                if (!state.isProbing() && loss.inflightShortterm() == BbrLoss.NO_BOUND) {
                    loss.boundShortterm(control.saved());
                }
                control.collapse(inflight);
            }
            case EXIT -> leaveRecovery();
            case SPURIOUS -> {
                leaveRecovery();
                undo();
            }
        }
    }

    private void saveCwnd() {
        control.save(recovering || state == BbrState.PROBE_RTT);
    }

    private void leaveRecovery() {
        recovering = false;
        fastRecovering = false;
        control.restore();
        control.bound(state);
    }

    /** Nothing was lost: what the loss did is taken back (5.5.10.4). */
    private void undo() {
        loss.raise(undo.bwShortterm(), undo.inflightShortterm());
        bandwidth.restartCheck(0);
        volume.raiseTo(undo.inflightLongterm());
        BbrState before = undo.state();
        if (state == BbrState.PROBE_RTT || state == before) {
            return;
        }
        if (before == BbrState.STARTUP) {
            bandwidth.reached(false);
            state = BbrState.STARTUP;
        } else if (before == BbrState.PROBE_BW_UP) {
            probeRefill();
        }
    }

    @Override
    public void onAck(long now, RateSample s) {
        if (s.rtt > 0 && !hasRtt) {
            hasRtt = true;
            control.initialPacingRate(s.rtt);
        }
        boolean valid = model.onSample(s, state, control.cwnd(), now);
        if (valid) {
            checkStartupAndDrain(s, now);
            updateProbeBw(s, now);
        }
        model.minRtt.onSample(s, now);
        checkProbeRtt(s, now);
        if (valid) {
            loss.endSample(s);
        }
        control.update(s, state);
    }

    private void checkStartupAndDrain(RateSample s, long now) {
        if (state == BbrState.STARTUP) {
            checkStartupLoss(s);
            if (bandwidth.isReached()) {
                state = BbrState.DRAIN;
                loss.resetSignals();
                drainRound = rounds.count();
            }
        }
        if (state == BbrState.DRAIN
                && (s.inflight <= control.inflightAt(model.bw(), 1, state)
                        || rounds.count() > drainRound + BbrParameters.MOST_DRAIN_ROUNDS)) {
            probeDown(now);
        }
    }

    /** 5.3.1.3: too much is lost over a whole round of recovery. */
    private void checkStartupLoss(RateSample s) {
        boolean wholeRound = fastRecovering && rounds.count() > recoveryRound;
        if (loss.events() >= BbrParameters.STARTUP_FULL_LOSSES
                && (model.isOverflow(s) || (wholeRound && model.isStartupLoss(s)))) {
            bandwidth.reached(true);
            volume.bound(Math.max(model.bdp(bandwidth.max(), 1), loss.inflightLatest()));
        }
    }

    private void updateProbeBw(RateSample s, long now) {
        if (!bandwidth.isReached() || adaptLongTerm(s, now)) {
            return;
        }
        switch (state) {
            case PROBE_BW_DOWN -> {
                if (!probesAgain(now) && mayCruise(s)) {
                    probeCruise();
                }
            }
            case PROBE_BW_CRUISE -> probesAgain(now);
            case PROBE_BW_REFILL -> {
                if (rounds.started()) {
                    probeUp(s);
                }
            }
            case PROBE_BW_UP -> checkUpDone(s, now);
            default -> {
                // no probing for bandwidth
            }
        }
    }

    /** True: it began to probe again. */
    private boolean adaptLongTerm(RateSample s, long now) {
        if (cycle.feedbackEnds(rounds.started())) {
            if (state.isProbeBw() && !s.appLimited) {
                bandwidth.advance();
            }
            if (state.isProbeBw() && cycle.wasCautiousAndClean()) {
                probeRefill();
                return true;
            }
        }
        if (model.isTooHigh(s.lost, s.txInFlight)) {
            if (cycle.samplesCount()) {
                probedTooHigh(s.txInFlight, s.appLimited, now);
            }
        } else if (volume.get() != BbrVolume.NO_BOUND) {
            volume.proved(s.txInFlight);
            if (state == BbrState.PROBE_BW_UP && s.cwndLimited && control.cwnd() >= volume.get()) {
                volume.raise(s.newlyAcked, rounds.started(), control.cwnd(), model.smss());
            }
        }
        return false;
    }

    private boolean probesAgain(long now) {
        long segments = target() / model.smss();
        if (!cycle.isTimeToProbe(rounds.count(), segments, now)) {
            return false;
        }
        probeRefill();
        return true;
    }

    private boolean mayCruise(RateSample s) {
        return s.inflight <= volume.withHeadroom(model.smss())
                && s.inflight <= control.inflightAt(bandwidth.max(), 1, state);
    }

    private void checkUpDone(RateSample s, long now) {
        if (cycle.isCautious() && s.inflight >= volume.get()) {
            cycle.stoppedCautiously();
            probeDown(now);
        } else if (s.cwndLimited && control.cwnd() >= volume.get()) {
            bandwidth.restartCheck(s.rate); // the bound limits, not the path
        } else if (bandwidth.isPlateau() || probeOnlyQueues(s)) {
            cycle.completed();
            probeDown(now);
        }
    }

    private boolean probeOnlyQueues(RateSample s) {
        return rounds.started()
                && !model.isFreeOfQueue(s.rtt)
                && cycle.isInVain(rounds.count(), rounds.lastBest());
    }

    /** What should be in flight when not probing. */
    private long target() {
        return Math.min(model.bdp(model.bw(), 1), control.cwnd());
    }

    private void probeDown(long now) {
        loss.resetSignals();
        volume.stopRaising();
        cycle.down(rounds.count(), now);
        rounds.restart(model.delivered());
        state = BbrState.PROBE_BW_DOWN;
    }

    private void probeCruise() {
        loss.tightenShortterm(volume.get());
        state = BbrState.PROBE_BW_CRUISE;
    }

    private void probeRefill() {
        loss.forgetShortterm();
        volume.resetSlope();
        cycle.refill();
        rounds.restart(model.delivered());
        state = BbrState.PROBE_BW_REFILL;
    }

    private void probeUp(RateSample s) {
        boolean noQueue = model.isFreeOfQueue(rounds.lastMinRtt());
        cycle.up(rounds.count(), Math.max(s.rate, rounds.lastBest()), noQueue);
        rounds.restart(model.delivered());
        bandwidth.restartCheck(s.rate);
        state = BbrState.PROBE_BW_UP;
        volume.steepen(control.cwnd(), model.smss());
    }

    private void checkProbeRtt(RateSample s, long now) {
        if (state != BbrState.PROBE_RTT && model.minRtt.isExpired() && !idleRestart) {
            saveCwnd();
            state = BbrState.PROBE_RTT;
            cycle.stop();
            probeRtt.begin();
        }
        if (state == BbrState.PROBE_RTT && probeRtt.onAck(s.inflight, now)) {
            leaveProbeRtt(now);
        }
        if (s.newlyAcked > 0) {
            idleRestart = false;
        }
    }

    private void leaveProbeRtt(long now) {
        model.probedRtt(now);
        control.restore();
        loss.forgetShortterm();
        if (bandwidth.isReached()) {
            probeDown(now);
            probeCruise();
        } else {
            state = BbrState.STARTUP;
        }
    }

    @Override
    public void onSmssChanged(int segmentSize) {
        model.smss(segmentSize);
        control.atLeastMinimum();
    }

    @Override
    public boolean limitsSamples() {
        return state == BbrState.PROBE_RTT;
    }

    @Override
    public long cwnd() {
        return control.cwnd();
    }

    @Override
    public long pacingRate() {
        return (long) control.pacingRate();
    }

    @Override
    public long sendQuantum() {
        return control.quantum();
    }

    @Override
    public long trainWorthAwaiting() {
        return control.trainWorthAwaiting();
    }

    @Override
    public long ssthresh() {
        return 0;
    }

    BbrState phase() {
        return state;
    }

    @Override
    public String state() {
        return state.text;
    }
}
