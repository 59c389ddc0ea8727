package io.culvert.netstack;

/**
 * CUBIC (RFC 9438) with HyStart++ (RFC 9406) in slow start and Proportional Rate Reduction (RFC
 * 9937) in fast recovery. The window is kept in bytes.
 */
final class Cubic implements CongestionControl {
    /** RFC 9438, 4.6. */
    private static final double BETA = 0.7;

    /** RFC 9438, 5.1: segments per second cubed. */
    private static final double C = 0.4;

    /** RFC 9438, 4.3. */
    private static final double ALPHA = 3 * (1 - BETA) / (1 + BETA);

    private static final double SECOND = 1e9;

    private enum Mode {
        OPEN,
        FAST_RECOVERY,
        TIMEOUT
    }

    private final HyStart hyStart = new HyStart();
    private final Prr prr = new Prr();

    private Mode mode = Mode.OPEN;
    private int smss = 536;
    private double cwnd = 536;
    private long initialWindow = 536;
    private double ssthresh = Double.MAX_VALUE;

    private boolean epochOpen;
    private long epochStart;
    private double cwndPrior;
    private double windowMax;
    private double k;
    private double windowEstimate;
    private boolean lossSeen;

    private long lastSent = Long.MIN_VALUE;
    private long lastLimited;
    private long srtt = 100_000_000;

    private double undoCwnd;
    private double undoSsthresh;
    private double undoWindowMax;
    private double undoCwndPrior;
    private double undoK;
    private double undoEstimate;
    private long undoEpochStart;
    private boolean undoEpochOpen;

    @Override
    public void onEstablished(
            long now, int segmentSize, long window, long handshakeRtt, boolean sack) {
        smss = segmentSize;
        initialWindow = Math.max(window, segmentSize);
        cwnd = initialWindow;
        if (handshakeRtt > 0) {
            srtt = handshakeRtt;
        }
    }

    /**
     * Congestion window validation after idle time (RFC 2861, Linux tcp_slow_start_after_idle):
     * half the window for each time-out that passed, not below the restart window.
     */
    @Override
    public void onRestart(long now, boolean appLimited) {
        if (lastSent == Long.MIN_VALUE || mode != Mode.OPEN) {
            return;
        }
        long idle = now - lastSent;
        long rto = srtt + RttEstimator.MINIMUM_RTO;
        if (idle < rto) {
            return;
        }
        double floor = Math.min((double) initialWindow, cwnd);
        if (cwnd > floor) {
            ssthresh = Math.max(ssthresh, 0.75 * cwnd);
            for (long t = rto; t <= idle && cwnd > floor; t += rto) {
                cwnd /= 2;
            }
            cwnd = Math.max(cwnd, floor);
            epochOpen = false;
        }
    }

    @Override
    public void onSend(
            long now, long bytes, long inflightAfter, boolean cwndLimited, boolean retransmission) {
        lastSent = now;
        if (mode == Mode.FAST_RECOVERY) {
            prr.onSend(bytes);
        }
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
        // CUBIC answers once per recovery, not per lost packet.
    }

    @Override
    public void onTlpRepaired(long now, boolean appLimited) {
        saveForUndo();
        reduce();
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
                saveForUndo();
                reduce();
                mode = Mode.FAST_RECOVERY;
                long flightSize = outstanding - sacked + newlySacked + newlyAcked;
                prr.begin(flightSize, (long) ssthresh, inflight, smss);
            }
            case ENTER_RTO -> {
                if (mode != Mode.TIMEOUT) {
                    if (mode == Mode.OPEN) {
                        saveForUndo();
                        reduce();
                    }
                    mode = Mode.TIMEOUT;
                    k = 0;
                    windowMax = 0; // set where avoidance begins
                }
                cwnd = smss;
                epochOpen = false;
            }
            case EXIT -> {
                mode = Mode.OPEN;
                epochOpen = false;
            }
            case SPURIOUS -> {
                mode = Mode.OPEN;
                undo();
            }
        }
    }

    private void reduce() {
        hyStart.stop();
        lossSeen = true;
        cwndPrior = cwnd;
        windowMax = cwnd < windowMax ? cwnd * (1 + BETA) / 2 : cwnd;
        ssthresh = Math.max(BETA * cwnd, 2.0 * smss);
        cwnd = ssthresh;
        epochOpen = false;
    }

    private void saveForUndo() {
        undoCwnd = cwnd;
        undoSsthresh = ssthresh;
        undoWindowMax = windowMax;
        undoCwndPrior = cwndPrior;
        undoK = k;
        undoEstimate = windowEstimate;
        undoEpochStart = epochStart;
        undoEpochOpen = epochOpen;
    }

    private void undo() {
        if (cwnd >= undoCwnd) {
            return;
        }
        cwnd = undoCwnd;
        ssthresh = Math.max(undoSsthresh, 2.0 * smss); // segments may have grown since
        windowMax = undoWindowMax;
        cwndPrior = undoCwndPrior;
        k = undoK;
        windowEstimate = undoEstimate;
        epochStart = undoEpochStart;
        epochOpen = undoEpochOpen;
    }

    @Override
    public void onAck(long now, RateSample sample) {
        if (sample.srtt > 0) {
            srtt = sample.srtt;
        }
        if (mode == Mode.FAST_RECOVERY) {
            boolean safe = sample.unaAdvanced > 0 && sample.newlyLost == 0;
            prr.onAck(sample.newlyAcked, safe, sample.inflight, smss);
            return;
        }
        boolean slowStart = cwnd < ssthresh;
        boolean leave = slowStart && hyStart.onAck(sample, smss);
        if (!sample.cwndLimited || sample.unaAdvanced == 0) {
            // Unused window proves nothing (RFC 7661, RFC 9438 5.8), nor does an open hole (Linux).
            return;
        }
        excludeUnlimitedTime(now);
        if (leave) {
            ssthresh = cwnd;
        } else if (slowStart) {
            cwnd = Math.min(cwnd + hyStart.growth(sample.newlyAcked), ssthresh);
        } else {
            avoidCongestion(now, sample.newlyAcked);
        }
    }

    /** RFC 9438, 5.8: time in which the window was not used does not count. */
    private void excludeUnlimitedTime(long now) {
        long gap = now - lastLimited;
        if (epochOpen && gap > 2 * srtt) {
            epochStart = Math.min(now, epochStart + gap);
        }
        lastLimited = now;
    }

    private void avoidCongestion(long now, long acked) {
        if (!epochOpen) {
            beginEpoch(now);
        }
        double target = Math.clamp(cubicWindow(now - epochStart + srtt), cwnd, 1.5 * cwnd);
        double alpha = windowEstimate >= cwndPrior ? 1 : ALPHA;
        windowEstimate += alpha * acked / cwnd * smss;
        if (cubicWindow(now - epochStart) < windowEstimate) {
            cwnd = Math.max(cwnd, windowEstimate);
        } else {
            cwnd += (target - cwnd) / cwnd * acked;
        }
    }

    private void beginEpoch(long now) {
        epochOpen = true;
        epochStart = now;
        windowEstimate = cwnd;
        if (!lossSeen || windowMax <= cwnd) {
            windowMax = cwnd;
            cwndPrior = Math.max(cwndPrior, cwnd);
            k = 0;
        } else {
            k = Math.cbrt((windowMax - cwnd) / smss / C);
        }
    }

    /** W_cubic, in bytes, {@code elapsed} nanoseconds into the epoch (RFC 9438, 4.2). */
    private double cubicWindow(long elapsed) {
        double t = elapsed / SECOND - k;
        return C * t * t * t * smss + windowMax;
    }

    @Override
    public void onSmssChanged(int segmentSize) {
        smss = segmentSize;
        cwnd = Math.max(cwnd, segmentSize);
        ssthresh = Math.max(ssthresh, 2.0 * segmentSize);
    }

    @Override
    public long cwnd() {
        long window = mode == Mode.FAST_RECOVERY ? prr.cwnd() : (long) cwnd;
        return Math.max(window, smss);
    }

    @Override
    public long pacingRate() {
        return UNPACED;
    }

    @Override
    public long sendQuantum() {
        return 64L * 1024;
    }

    @Override
    public long ssthresh() {
        return ssthresh == Double.MAX_VALUE ? 0 : (long) ssthresh;
    }

    @Override
    public String state() {
        return switch (mode) {
            case FAST_RECOVERY -> "cubic recovery";
            case TIMEOUT -> "cubic timeout";
            case OPEN -> {
                if (cwnd >= ssthresh) {
                    yield "cubic avoidance";
                }
                yield hyStart.isConservative() ? "cubic conservative" : "cubic slow-start";
            }
        };
    }
}
