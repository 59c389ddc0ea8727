package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.netstack.CongestionControl.RecoveryEvent;
import java.util.ArrayDeque;
import java.util.Deque;

/** A CUBIC flow by hand-made samples; windows in segments of 1000 bytes. */
abstract class CubicFlow {
    static final int MSS = 1000;
    static final long MILLI = 1_000_000;
    static final long RTT = 100 * MILLI;

    final Cubic cubic = new Cubic();
    final RateSample sample = new RateSample();
    long now = 1_000_000 * MILLI;
    private long delivered;

    /** What was delivered when each segment in flight was sent. */
    private final Deque<Long> flight = new ArrayDeque<>();

    void establish() {
        cubic.onEstablished(now, MSS, 10L * MSS, RTT, true);
    }

    void ack(int segments, long rtt) {
        sample.clear();
        while (flight.size() < cubic.cwnd() / MSS) {
            flight.add(delivered);
        }
        for (int i = 0; i < segments; i++) {
            sample.priorDelivered = flight.remove();
        }
        delivered += (long) segments * MSS;
        sample.deliveredTotal = delivered;
        sample.newlyAcked = (long) segments * MSS;
        sample.unaAdvanced = sample.newlyAcked;
        sample.rtt = rtt;
        sample.srtt = RTT;
        sample.cwndLimited = true;
        cubic.onAck(now, sample);
    }

    void lose() {
        long cwnd = cubic.cwnd();
        cubic.onRecovery(now, RecoveryEvent.ENTER_FAST, cwnd - MSS, cwnd, 0, 0, 0);
        cubic.onRecovery(now, RecoveryEvent.EXIT, cwnd / 2, 0, 0, 0, cwnd);
    }

    /** Nothing of the flight arrives, and recovery is over at once. */
    void timeOut() {
        cubic.onRecovery(now, RecoveryEvent.ENTER_RTO, 0, cubic.cwnd(), 0, 0, 0);
        cubic.onRecovery(now, RecoveryEvent.EXIT, 0, 0, 0, 0, 0);
        flight.clear();
    }

    double segments() {
        return cubic.cwnd() / (double) MSS;
    }

    /** To 100 segments in slow start, then a loss: 70 segments, W_max 100. */
    void afterLossAt100() {
        afterLossAt(100);
    }

    void afterLossAt(int window) {
        slowStartTo(window);
        assertThat(segments()).isEqualTo(window);
        lose();
    }

    void slowStartTo(int window) {
        establish();
        while (cubic.cwnd() < (long) window * MSS) {
            ack(1, RTT);
        }
    }
}
