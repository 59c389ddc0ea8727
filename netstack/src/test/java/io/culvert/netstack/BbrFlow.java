package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

/** A BBR flow by hand-made samples at 1 MB/s; its window has ten segments at first. */
abstract class BbrFlow extends HandMadeSamples {
    static final double RATE = 1e6;

    final Bbr bbr = new Bbr(BbrParameters.PROFILE, 1);

    /** Of the samples to come: what is in flight after them and was when the packet left. */
    long inflight = 90 * MSS;

    long txInFlight = 90 * MSS;
    long lostSinceSent;
    boolean cwndLimited;
    boolean mayBeDelayed;

    /** Between rounds. */
    long step = RTT;

    BbrFlow() {
        super(-50_000 * MILLI);
    }

    void establish() {
        bbr.onEstablished(now, MSS, 10 * MSS, RTT, true);
    }

    void see(long priorDelivered, long acked, double rate) {
        fill(priorDelivered, acked, rate);
        sample.rttMayBeDelayed = mayBeDelayed;
        sample.inflight = inflight;
        sample.txInFlight = txInFlight;
        sample.lost = lostSinceSent;
        sample.cwndLimited = cwndLimited;
        bbr.onAck(now, sample);
    }

    /** A sample that begins a round. */
    void round(double rate) {
        now += step;
        see(delivered, 50 * MSS, rate);
    }

    void rounds(int count, double rate) {
        for (int i = 0; i < count; i++) {
            round(rate);
        }
    }

    /** A sample within the round. */
    void within(long acked, double rate) {
        see(0, acked, rate);
    }

    /** So many segments of the life of the connection are lost; the newest of them is told. */
    void lose(int segments, long inflightAtSend) {
        long before = lost;
        lost += (long) segments * MSS;
        bbr.onLost(now, MSS, inflightAtSend, before, false, lost, true);
    }

    void event(CongestionControl.RecoveryEvent event, long inflightNow) {
        bbr.onRecovery(now, event, inflightNow, 0, 0, 0, 0);
    }

    void expect(BbrState state) {
        assertThat(bbr.phase()).isEqualTo(state);
    }

    /**
     * Rounds of the same rate until it is in that state; returns how many. It doesn't look for the
     * RTT on the way.
     */
    int until(BbrState state) {
        int rounds = 0;
        for (; bbr.phase() != state; rounds++) {
            assertThat(rounds).as(bbr.state()).isLessThan(200);
            if (state != BbrState.PROBE_RTT) {
                bbr.model.minRtt.probed(now);
            }
            round(RATE);
        }
        return rounds;
    }

    long volume() {
        return bbr.model.volume.get();
    }
}
