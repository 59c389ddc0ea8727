package io.culvert.netstack;

/**
 * ProbeRTT: the flow keeps little in flight for 200 ms and at least a round, so that the queue runs
 * empty and the true round-trip time shows (draft-ietf-ccwg-bbr, 5.3.4).
 */
final class BbrProbeRtt {
    private final BbrModel model;
    private double bw;
    private boolean low;
    private long doneAt;
    private boolean roundDone;

    BbrProbeRtt(BbrModel model) {
        this.model = model;
    }

    void begin() {
        bw = model.freshBw();
        low = false;
        model.rounds.restart(model.delivered());
    }

    /** True: it is over. */
    boolean onAck(long inflight, long now) {
        if (!low) {
            if (inflight <= cwnd()) {
                low = true;
                doneAt = now + BbrParameters.PROBE_RTT_DURATION;
                roundDone = false;
                model.rounds.restart(model.delivered());
            }
            return false;
        }
        roundDone |= model.rounds.started();
        return roundDone && isDone(now);
    }

    boolean isDone(long now) {
        return low && now > doneAt;
    }

    /** Bytes that may be in flight. */
    long cwnd() {
        double rate = Math.min(model.bw(), bw);
        return Math.max(model.bdp(rate, BbrParameters.PROBE_RTT_CWND_GAIN), model.least());
    }
}
