package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.culvert.netstack.CongestionControl.RecoveryEvent;
import org.junit.jupiter.api.Test;

/** CUBIC, HyStart++ and PRR by hand-made samples; windows in segments of 1000 bytes. */
class CubicTest extends CubicFlow {
    @Test
    void growsByWhatIsAcknowledgedInSlowStart() {
        establish();
        assertThat(segments()).isEqualTo(10);
        ack(2, RTT);
        assertThat(segments()).isEqualTo(12);
        assertThat(cubic.ssthresh()).isZero();
        assertThat(cubic.state()).isEqualTo("cubic slow-start");
    }

    @Test
    void fallsToSeventyPercentAtALoss() {
        afterLossAt100();
        assertThat(segments()).isEqualTo(70);
        assertThat(cubic.ssthresh()).isEqualTo(70L * MSS);
        assertThat(cubic.state()).isEqualTo("cubic avoidance");
    }

    @Test
    void followsTheCubicCurveBackToTheOldMaximum() {
        afterLossAt100();
        double k = Math.cbrt(30 / 0.4); // RFC 9438, 4.2
        assertThat(k).isCloseTo(4.217, within(0.001));
        long start = now;
        for (int round = 0; round < 60; round++) {
            now += RTT;
            int window = (int) segments();
            for (int i = 0; i < window; i++) {
                ack(1, RTT);
            }
            double t = (now - start) / 1e9 - 0.1;
            double curve = 0.4 * Math.pow(t + 0.1 - k, 3) + 100;
            assertThat(segments()).as("at %s s", t).isCloseTo(curve, within(2.5));
        }
        assertThat(segments()).isGreaterThan(101);
    }

    @Test
    void growsAtLeastAsRenoWouldWhereTheCurveIsFlat() {
        establish();
        while (cubic.cwnd() < 10L * MSS) {
            ack(1, RTT);
        }
        lose(); // 7 segments: Reno's region
        for (int round = 0; round < 10; round++) {
            now += 10 * MILLI;
            int window = (int) segments();
            for (int i = 0; i < window; i++) {
                ack(1, 10 * MILLI);
            }
        }
        double reno = 7;
        for (int round = 0; round < 10; round++) {
            reno += reno < 10 ? 3 * 0.3 / 1.7 : 1; // RFC 9438, 4.3
        }
        assertThat(segments()).isCloseTo(reno, within(1.0));
    }

    @Test
    void givesWayFastWhenTheMaximumFalls() {
        afterLossAt(1000);
        lose(); // at 700, below the last maximum: W_max becomes 700 * 1.7 / 2
        double k = Math.cbrt((595 - 490) / 0.4);
        long start = now;
        while (now - start < k * 1e9) {
            int window = (int) segments();
            for (int i = 0; i < window; i++) {
                ack(1, RTT);
            }
            now += RTT;
        }
        assertThat(segments()).isCloseTo(595, within(6.0));
    }

    @Test
    void doesNotGrowByAWindowThatWasNotUsed() {
        afterLossAt100();
        sample.clear();
        sample.newlyAcked = 50L * MSS;
        sample.unaAdvanced = 50L * MSS;
        sample.srtt = RTT;
        cubic.onAck(now, sample);
        assertThat(segments()).isEqualTo(70);
    }

    @Test
    void leavesOutTimeInWhichItWasNotLimited() {
        afterLossAt100();
        ack(1, RTT);
        now += 3600_000 * MILLI;
        ack(1, RTT);
        assertThat(segments()).as("an hour of silence is no epoch").isLessThan(72);
    }

    @Test
    void fallsToOneSegmentAtATimeoutAndStartsSlowly() {
        afterLossAt100();
        cubic.onRecovery(now, RecoveryEvent.ENTER_RTO, 0, 70L * MSS, 0, 0, 0);
        assertThat(segments()).isEqualTo(1);
        assertThat(cubic.ssthresh()).isEqualTo(49L * MSS);
        cubic.onRecovery(now, RecoveryEvent.ENTER_RTO, 0, 70L * MSS, 0, 0, 0);
        assertThat(cubic.ssthresh()).as("once for an episode").isEqualTo(49L * MSS);
        ack(1, RTT);
        assertThat(segments()).isEqualTo(2);
    }

    @Test
    void takesBackWhatProvedNeedless() {
        establish();
        while (cubic.cwnd() < 100L * MSS) {
            ack(1, RTT);
        }
        cubic.onRecovery(now, RecoveryEvent.ENTER_FAST, 99L * MSS, 100L * MSS, 0, 0, 0);
        assertThat(cubic.ssthresh()).isEqualTo(70L * MSS);
        cubic.onRecovery(now, RecoveryEvent.SPURIOUS, 99L * MSS, 100L * MSS, 0, 0, 0);
        assertThat(segments()).isEqualTo(100);
        assertThat(cubic.ssthresh()).isZero();
        cubic.onRecovery(now, RecoveryEvent.ENTER_RTO, 0, 100L * MSS, 0, 0, 0);
        cubic.onRecovery(now, RecoveryEvent.SPURIOUS, 0, 100L * MSS, 0, 0, 0);
        assertThat(segments()).isEqualTo(100);
    }

    @Test
    void reducesInProportionDuringRecovery() {
        establish();
        while (cubic.cwnd() < 100L * MSS) {
            ack(1, RTT);
        }
        long inflight = 99L * MSS;
        cubic.onRecovery(now, RecoveryEvent.ENTER_FAST, inflight, 100L * MSS, 0, 0, 0);
        int out = 0;
        for (int delivered = 1; delivered <= 99; delivered++) {
            sample.clear();
            sample.newlyAcked = MSS;
            inflight -= MSS;
            sample.inflight = inflight;
            cubic.onAck(now, sample);
            while (inflight + MSS <= cubic.cwnd()) {
                inflight += MSS;
                out++;
                cubic.onSend(now, MSS, inflight, false, false);
            }
            assertThat(out)
                    .as("sent after %s delivered", delivered)
                    .isBetween((int) (delivered * 0.7) - 1, (int) Math.ceil(delivered * 0.7) + 1);
        }
        assertThat(inflight / MSS).isBetween(69L, 71L);
    }

    @Test
    void leavesSlowStartWhenTheRoundTripsGrow() {
        establish();
        long rtt = 20 * MILLI;
        int rounds = 0;
        while (cubic.ssthresh() == 0 && rounds < 30) {
            int window = (int) segments();
            for (int i = 0; i < window; i++) {
                ack(1, rtt);
            }
            rtt += rounds > 2 ? 6 * MILLI : 0;
            rounds++;
        }
        assertThat(rounds).as("conservative for five rounds first").isBetween(9, 12);
        assertThat(cubic.ssthresh()).isPositive();
        assertThat(cubic.state()).isEqualTo("cubic avoidance");
    }

    @Test
    void forgivesAFalseAlarm() {
        establish();
        for (int round = 0; round < 3; round++) {
            int window = (int) segments();
            for (int i = 0; i < window; i++) {
                ack(1, 20 * MILLI);
            }
        }
        int window = (int) segments();
        for (int i = 0; i < window; i++) {
            ack(1, 30 * MILLI);
        }
        assertThat(cubic.state()).isEqualTo("cubic conservative");
        for (int round = 0; round < 2; round++) {
            window = (int) segments();
            for (int i = 0; i < window; i++) {
                ack(1, 20 * MILLI);
            }
        }
        assertThat(cubic.state()).isEqualTo("cubic slow-start");
    }

    @Test
    void halvesForEachTimeoutOfSilence() {
        establish();
        while (cubic.cwnd() < 100L * MSS) {
            ack(1, RTT);
        }
        cubic.onSend(now, MSS, MSS, false, false);
        now += RTT + 200 * MILLI;
        cubic.onRestart(now, false);
        assertThat(segments()).isEqualTo(50);
        cubic.onSend(now, MSS, MSS, false, false);
        now += 3600_000 * MILLI;
        cubic.onRestart(now, false);
        assertThat(segments()).as("not below the initial window").isEqualTo(10);
    }

    @Test
    void idleTimeEndsNoSlowStart() {
        establish();
        while (cubic.cwnd() < 100L * MSS) {
            ack(1, RTT);
        }
        cubic.onSend(now, MSS, MSS, false, false);
        now += RTT + 200 * MILLI;
        cubic.onRestart(now, false);
        assertThat(cubic.ssthresh()).as("none, as before (RFC 2861, 3.1)").isZero();
    }
}
