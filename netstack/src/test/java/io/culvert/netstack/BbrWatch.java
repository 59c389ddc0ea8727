package io.culvert.netstack;

import java.util.ArrayList;
import java.util.List;

/** Looks at a flow after every event: when its state changes, and what must always hold. */
final class BbrWatch {
    private static final long SECOND = Dumbbell.SECOND;

    /**
     * A change of state.
     *
     * @param at nanoseconds since the watch began
     * @param round of the flow
     */
    record Step(long at, BbrState state, long round) {}

    private final Dumbbell net;
    private final BulkApp app;
    private final long start;
    final List<Step> steps = new ArrayList<>();

    BbrWatch(Dumbbell net, BulkApp app) {
        this.net = net;
        this.app = app;
        start = net.now;
        Runnable others = net.inspector;
        net.inspector =
                () -> {
                    others.run();
                    if (app.isConnected()) {
                        look();
                    }
                };
    }

    /** The flow's congestion control. */
    Bbr bbr() {
        return (Bbr) app.sender().congestion;
    }

    private void look() {
        TcpSender sender = app.sender();
        Bbr bbr = (Bbr) sender.congestion;
        if (steps.isEmpty() || steps.getLast().state() != bbr.phase()) {
            steps.add(new Step(net.now - start, bbr.phase(), bbr.model.rounds.count()));
        }
        int smss = sender.smss;
        require(bbr.cwnd() >= smss, "cwnd");
        require(bbr.pacingRate() > 0, "pacing rate");
        require(sender.recovery.inflight() >= 0, "inflight");
        require(bbr.model.volume.get() >= BbrParameters.LEAST_CWND * (long) smss, "longterm");
        require(bbr.model.bw() <= bbr.model.bandwidth.max(), "bw");
        long ahead = Math.max(SECOND, bbr.sendQuantum() * SECOND / bbr.pacingRate());
        require(sender.pacer.nextSend() <= net.now + ahead, "next send");
    }

    private void require(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what + " of " + this);
        }
    }

    /** When the state was entered first; it must have been. */
    Step first(BbrState state) {
        return steps.stream()
                .filter(s -> s.state() == state)
                .findFirst()
                .orElseThrow(() -> new AssertionError("never in " + state + ": " + this));
    }

    /** What came after the first time in a state. */
    Step after(BbrState state) {
        return steps.get(steps.indexOf(first(state)) + 1);
    }

    boolean saw(BbrState state) {
        return steps.stream().anyMatch(s -> s.state() == state);
    }

    /** Mb/s of payload that the flow believes in. */
    double maxBw() {
        return bbr().model.bandwidth.max() * 8e-6;
    }

    double minRttMillis() {
        return bbr().model.minRtt.get() / 1e6;
    }

    @Override
    public String toString() {
        Bbr b = bbr();
        TcpSender s = app.sender();
        return String.format(
                "%.3f s %s bw %.1f max %.1f st %.1f Mb/s rtt %.2f cwnd %d lt %d st %d"
                        + " inflight %d pacing %.1f floor %.4f",
                (net.now - start) / 1e9,
                b.phase(),
                b.model.bw() * 8e-6,
                b.model.bandwidth.max() * 8e-6,
                b.model.loss.bwShortterm() * 8e-6,
                minRttMillis(),
                b.cwnd(),
                b.model.volume.get(),
                b.model.loss.inflightShortterm(),
                s.recovery.inflight(),
                b.pacingRate() * 8e-6,
                b.model.loss.threshold(s.smss));
    }
}
