package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A BBR flow by hand-made samples: segments of 1000 bytes, ten of them at first, 1 MB/s and a
 * round-trip time of 100 ms, so that 100 segments are the product.
 */
abstract class BbrFlow {
    static final int MSS = BbrSamples.MSS;
    static final long MILLI = BbrSamples.MILLI;
    static final long RTT = BbrSamples.RTT;
    static final double RATE = 1e6;

    final Bbr bbr = new Bbr(BbrParameters.PROFILE, 1);
    final RateSample sample = new RateSample();
    long now = -50_000 * MILLI;
    long delivered;

    /** Bytes lost in the life of the connection. */
    long lost;

    /** Of the samples to come: RTT, what is in flight after them and was when the packet left. */
    long rtt = RTT;

    long inflight = 90 * MSS;
    long txInFlight = 90 * MSS;
    long lostSinceSent;
    boolean appLimited;
    boolean cwndLimited;
    boolean mayBeDelayed;

    /** Between rounds. */
    long step = RTT;

    void establish() {
        bbr.onEstablished(now, MSS, 10 * MSS, RTT, true);
    }

    void see(long priorDelivered, long acked, double rate) {
        delivered += acked;
        sample.clear();
        sample.priorDelivered = priorDelivered;
        sample.deliveredTotal = delivered;
        sample.delivered = delivered - priorDelivered;
        sample.lostTotal = lost;
        sample.newlyAcked = acked;
        sample.rate = rate;
        sample.rtt = rtt;
        sample.rttMayBeDelayed = mayBeDelayed;
        sample.inflight = inflight;
        sample.txInFlight = txInFlight;
        sample.lost = lostSinceSent;
        sample.appLimited = appLimited;
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
