package io.culvert.netstack;

/**
 * BBR as it was first (draft-cardwell-iccrg-bbr-congestion-control-00, Linux's tcp_bbr), to compare
 * with: loss is no input, the bandwidth is the maximum of ten rounds, one round in eight probes.
 * Without its long-term mode for policers, which needs a fifth of all packets lost.
 */
final class BbrV1 implements CongestionControl {
    private static final double HIGH_GAIN = 2 / Math.log(2);
    private static final double[] CYCLE = {1.25, 0.75, 1, 1, 1, 1, 1, 1};
    private static final int BW_ROUNDS = 10;
    private static final int EXTRA_ROUNDS = 10;
    private static final long MIN_RTT_LIFE = 10_000_000_000L;
    private static final long PROBE_RTT_TIME = 200_000_000;
    private static final double MARGIN = 0.99;
    private static final long NONE = -1;

    private enum State {
        STARTUP,
        DRAIN,
        PROBE_BW,
        PROBE_RTT
    }

    private State state = State.STARTUP;
    private int smss = 536;
    private long cwnd;
    private long initialWindow;
    private double rate;
    private boolean rttSeen;

    private final double[] bwOfRound = new double[BW_ROUNDS];
    private final double[] extraOfRound = new double[EXTRA_ROUNDS];
    private long round;
    private long nextRoundDelivered;
    private boolean roundStart;

    private double fullBw;
    private int fullBwCount;
    private boolean fullPipe;

    private long minRtt = Long.MAX_VALUE;
    private long minRttAt;
    private long probeRttDone = NONE;
    private boolean probeRttRoundDone;
    private boolean idleRestart;

    private int phase;
    private long phaseStart;

    private boolean recovering;
    private boolean conserving;
    private long priorCwnd;

    private long epochStart;
    private double epochAcked;

    @Override
    public void onEstablished(
            long now, int segmentSize, long window, long handshakeRtt, boolean sack) {
        smss = segmentSize;
        initialWindow = window;
        cwnd = window;
        rttSeen = handshakeRtt > 0;
        rate = HIGH_GAIN * window * 1e9 / (rttSeen ? handshakeRtt : 1_000_000);
        minRttAt = now;
        epochStart = now;
    }

    @Override
    public void onRestart(long now, boolean appLimited) {
        idleRestart = true;
        epochStart = now;
        epochAcked = 0;
        if (state == State.PROBE_BW) {
            rate = MARGIN * bw();
        }
    }

    @Override
    public void onSend(long now, long bytes, long inflight, boolean limited, boolean again) {}

    @Override
    public void onLost(
            long now,
            long bytes,
            long txInFlight,
            long lostAtSend,
            boolean appLimited,
            long lostTotal,
            boolean newRange) {}

    @Override
    public void onTlpRepaired(long now, boolean appLimited) {}

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
                conserving = true;
                nextRoundDelivered = delivered; // begins a round
                cwnd = inflight + Math.max(newlyAcked + newlySacked, smss);
            }
            case ENTER_RTO -> {
                saveCwnd();
                recovering = true;
                conserving = false;
                fullBw = 0;
                roundStart = true;
                cwnd = inflight + smss;
            }
            case EXIT, SPURIOUS -> {
                recovering = false;
                conserving = false;
                cwnd = Math.max(cwnd, priorCwnd);
            }
        }
    }

    private long delivered;

    private void saveCwnd() {
        if (!recovering && state != State.PROBE_RTT) {
            priorCwnd = cwnd;
        } else {
            priorCwnd = Math.max(priorCwnd, cwnd);
        }
    }

    private double bw() {
        double max = 0;
        for (double b : bwOfRound) {
            max = Math.max(max, b);
        }
        return max;
    }

    private double extra() {
        double max = 0;
        for (double e : extraOfRound) {
            max = Math.max(max, e);
        }
        return Math.min(max, bw() * 0.1);
    }

    private double target(double gain) {
        if (minRtt == Long.MAX_VALUE) {
            return initialWindow;
        }
        double bdp = gain * bw() * minRtt / 1e9 + 3.0 * sendQuantum();
        return state == State.PROBE_BW && phase == 0 ? bdp + 2.0 * smss : bdp;
    }

    @Override
    public void onAck(long now, RateSample s) {
        delivered = s.deliveredTotal;
        updateModel(now, s);
        double gain =
                switch (state) {
                    case STARTUP -> HIGH_GAIN;
                    case DRAIN -> 1 / HIGH_GAIN;
                    case PROBE_BW -> CYCLE[phase];
                    case PROBE_RTT -> 1;
                };
        if (!rttSeen && s.srtt > 0) {
            rttSeen = true;
            rate = HIGH_GAIN * cwnd * 1e9 / s.srtt;
        }
        double wanted = MARGIN * gain * bw();
        if (wanted > 0 && (fullPipe || wanted > rate)) {
            rate = wanted;
        }
        setCwnd(s, state == State.STARTUP || state == State.DRAIN ? HIGH_GAIN : 2);
    }

    private void updateModel(long now, RateSample s) {
        roundStart = false;
        if (s.rate >= 0) {
            if (s.priorDelivered >= nextRoundDelivered) {
                nextRoundDelivered = s.deliveredTotal;
                round++;
                roundStart = true;
                conserving = false;
                bwOfRound[(int) (round % BW_ROUNDS)] = 0;
                extraOfRound[(int) (round % EXTRA_ROUNDS)] = 0;
            }
            if (!s.appLimited || s.rate >= bw()) {
                int i = (int) (round % BW_ROUNDS);
                bwOfRound[i] = Math.max(bwOfRound[i], s.rate);
            }
        }
        updateExtra(now, s);
        updatePhase(now, s);
        checkFullPipe(s);
        if (state == State.STARTUP && fullPipe) {
            state = State.DRAIN;
        }
        if (state == State.DRAIN && s.inflight <= target(1)) {
            enterProbeBw(now);
        }
        updateMinRtt(now, s);
    }

    private void updateExtra(long now, RateSample s) {
        double expected = bw() * (now - epochStart) / 1e9;
        if (epochAcked <= expected) {
            epochStart = now;
            epochAcked = 0;
            expected = 0;
        }
        epochAcked += s.newlyAcked;
        int i = (int) (round % EXTRA_ROUNDS);
        extraOfRound[i] = Math.max(extraOfRound[i], Math.min(epochAcked - expected, (double) cwnd));
    }

    private void updatePhase(long now, RateSample s) {
        if (state != State.PROBE_BW) {
            return;
        }
        boolean over = now - phaseStart > minRtt;
        boolean advance =
                switch (phase) {
                    case 0 -> over && (s.newlyLost > 0 || s.priorInflight >= target(1.25));
                    case 1 -> over || s.priorInflight <= target(1);
                    default -> over;
                };
        if (advance) {
            phase = (phase + 1) % CYCLE.length;
            phaseStart = now;
        }
    }

    private void checkFullPipe(RateSample s) {
        if (fullPipe || !roundStart || s.appLimited) {
            return;
        }
        if (bw() >= 1.25 * fullBw) {
            fullBw = bw();
            fullBwCount = 0;
        } else if (++fullBwCount >= 3) {
            fullPipe = true;
        }
    }

    private void enterProbeBw(long now) {
        state = State.PROBE_BW;
        phase = 2 + (int) (delivered / smss % 6); // any but 0.75, by chance
        phaseStart = now;
    }

    private void updateMinRtt(long now, RateSample s) {
        boolean expired = now - minRttAt > MIN_RTT_LIFE;
        if (s.rtt >= 0 && (s.rtt <= minRtt || (expired && !s.rttMayBeDelayed))) {
            minRtt = s.rtt;
            minRttAt = now;
        }
        if (expired && !idleRestart && state != State.PROBE_RTT) {
            saveCwnd();
            state = State.PROBE_RTT;
            probeRttDone = NONE;
        }
        if (state == State.PROBE_RTT) {
            probeRtt(now, s);
        }
        if (s.newlyAcked > 0) {
            idleRestart = false;
        }
    }

    private void probeRtt(long now, RateSample s) {
        if (probeRttDone == NONE) {
            if (s.inflight <= 4L * smss) {
                probeRttDone = now + PROBE_RTT_TIME;
                probeRttRoundDone = false;
                nextRoundDelivered = s.deliveredTotal;
            }
            return;
        }
        probeRttRoundDone |= roundStart;
        if (probeRttRoundDone && now > probeRttDone) {
            minRttAt = now;
            cwnd = Math.max(cwnd, priorCwnd);
            if (fullPipe) {
                enterProbeBw(now);
            } else {
                state = State.STARTUP;
            }
        }
    }

    private void setCwnd(RateSample s, double gain) {
        if (s.newlyLost > 0 && recovering) {
            cwnd = Math.max(cwnd - s.newlyLost, smss);
        }
        if (conserving) {
            cwnd = Math.max(cwnd, s.inflight + s.newlyAcked);
        } else {
            double most = target(gain) + extra();
            if (fullPipe) {
                cwnd = (long) Math.min((double) (cwnd + s.newlyAcked), most);
            } else if (cwnd < most || s.deliveredTotal < initialWindow) {
                cwnd += s.newlyAcked;
            }
        }
        cwnd = Math.max(cwnd, 4L * smss);
        if (state == State.PROBE_RTT) {
            cwnd = Math.min(cwnd, 4L * smss);
        }
    }

    @Override
    public void onSmssChanged(int segmentSize) {
        smss = segmentSize;
    }

    @Override
    public long cwnd() {
        return cwnd;
    }

    @Override
    public long pacingRate() {
        return Math.max(1, (long) rate);
    }

    @Override
    public long sendQuantum() {
        return Math.clamp((long) (rate / 1000), 2L * smss, 64L * 1024);
    }

    @Override
    public long ssthresh() {
        return 0;
    }

    @Override
    public String state() {
        return "bbr1 " + state;
    }
}
