package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.culvert.netstack.CongestionControl.RecoveryEvent;
import org.junit.jupiter.api.Test;

/** What CUBIC does when nothing is sent, when something is lost, and what it takes for time. */
class CubicRecoveryTest extends CubicFlow {
    private void enterFast(long outstanding, long sacked, long newlySacked, long newlyAcked) {
        cubic.onRecovery(
                now,
                RecoveryEvent.ENTER_FAST,
                99L * MSS,
                outstanding,
                sacked,
                newlySacked,
                newlyAcked);
    }

    private void recoveryAck(long acked, long advanced, long lost, long inflight) {
        sample.clear();
        sample.newlyAcked = acked;
        sample.unaAdvanced = advanced;
        sample.newlyLost = lost;
        sample.inflight = inflight;
        cubic.onAck(now, sample);
    }

    @Test
    void halvesWithEachWholeTimeoutOfSilence() {
        for (int early = 0; early <= 1; early++) {
            CubicRecoveryTest other = new CubicRecoveryTest();
            other.slowStartTo(100);
            other.cubic.onSend(other.now, MSS, MSS, false, false);
            other.now += 2 * (RTT + 200 * MILLI) - early;
            other.cubic.onRestart(other.now, false);
            assertThat(other.segments()).isEqualTo(early == 1 ? 50 : 25);
            assertThat(other.cubic.ssthresh()).as("is still in slow start").isZero();
        }
    }

    @Test
    void remembersThreeQuartersOfAWindowThatSilenceTookAway() {
        afterLossAt100();
        for (int round = 0; round < 60; round++) {
            now += RTT;
            for (int i = (int) segments(); i > 0; i--) {
                ack(1, RTT);
            }
        }
        long before = cubic.cwnd();
        assertThat(before).isGreaterThan(100L * MSS);
        cubic.onSend(now, MSS, MSS, false, false);
        cubic.onRestart(now + RTT + 200 * MILLI, false);
        assertThat(cubic.cwnd()).isCloseTo(before / 2, within(1L));
        assertThat(cubic.ssthresh()).isCloseTo(before * 3 / 4, within(1L));
    }

    @Test
    void silenceLowersNoThresholdAndNoWindowOfTheStart() {
        establish();
        cubic.onSend(now, MSS, MSS, false, false);
        now += 3600_000 * MILLI;
        cubic.onRestart(now, false);
        assertThat(segments()).isEqualTo(10);
        assertThat(cubic.ssthresh()).isZero();
        CubicRecoveryTest other = new CubicRecoveryTest();
        other.afterLossAt100();
        other.cubic.onSend(other.now, MSS, MSS, false, false);
        other.now += RTT + 200 * MILLI;
        other.cubic.onRestart(other.now, false);
        assertThat(other.segments()).isEqualTo(35);
        assertThat(other.cubic.ssthresh()).isEqualTo(70L * MSS);
    }

    @Test
    void theHandshakeSaysHowLongATimeoutIsUntilAckedDataDoes() {
        for (long handshakeRtt : new long[] {0, 400 * MILLI}) {
            for (long measured : new long[] {0, 50 * MILLI}) {
                CubicRecoveryTest other = new CubicRecoveryTest();
                other.cubic.onEstablished(other.now, MSS, 10L * MSS, handshakeRtt, true);
                other.sample.clear();
                other.sample.newlyAcked = 10L * MSS;
                other.sample.unaAdvanced = 10L * MSS;
                other.sample.cwndLimited = true;
                other.sample.srtt = measured;
                other.cubic.onAck(other.now, other.sample);
                assertThat(other.segments()).isEqualTo(20);
                other.cubic.onSend(other.now, MSS, MSS, false, false);
                long srtt = measured > 0 ? measured : handshakeRtt > 0 ? handshakeRtt : RTT;
                other.cubic.onRestart(other.now + srtt + 200 * MILLI - 1, false);
                assertThat(other.segments()).isEqualTo(20);
                other.cubic.onRestart(other.now + srtt + 200 * MILLI, false);
                assertThat(other.segments()).isEqualTo(10);
            }
        }
    }

    @Test
    void aLossRepairedByAProbeCountsAndIsTakenBackLikeAnyOther() {
        slowStartTo(100);
        cubic.onTlpRepaired(now, false);
        assertThat(segments()).isEqualTo(70);
        cubic.onRecovery(now, RecoveryEvent.SPURIOUS, 0, 0, 0, 0, 0);
        assertThat(segments()).isEqualTo(100);
    }

    @Test
    void aTimeoutThatWasNotNeededIsTakenBack() {
        slowStartTo(100);
        cubic.onRecovery(now, RecoveryEvent.ENTER_RTO, 0, 100L * MSS, 0, 0, 0);
        assertThat(segments()).isEqualTo(1);
        assertThat(cubic.ssthresh()).isEqualTo(70L * MSS);
        cubic.onRecovery(now, RecoveryEvent.SPURIOUS, 0, 0, 0, 0, 0);
        assertThat(segments()).isEqualTo(100);
        assertThat(cubic.ssthresh()).isZero();
    }

    @Test
    void neverFallsBelowTwoSegmentsAtALoss() {
        cubic.onEstablished(now, MSS, 2L * MSS, RTT, true);
        lose();
        assertThat(segments()).isEqualTo(2);
    }

    @Test
    void theReductionCountsWhatTheEnteringAckDelivered() {
        slowStartTo(100);
        enterFast(100L * MSS, 20L * MSS, 12L * MSS, 8L * MSS);
        recoveryAck(10L * MSS, 0, 0, 90L * MSS);
        assertThat(segments()).as("70 of 100").isEqualTo(90 + 7);
    }

    @Test
    void refillsByASegmentMoreOnlyWhenNothingElseWasLost() {
        for (long advanced : new long[] {0, 2000}) {
            for (long lost : new long[] {0, 1000}) {
                CubicRecoveryTest other = new CubicRecoveryTest();
                other.slowStartTo(100);
                other.enterFast(100L * MSS, 0, 0, 0);
                other.cubic.onSend(other.now, MSS, 50L * MSS, false, true);
                other.recoveryAck(2L * MSS, advanced, lost, 50L * MSS);
                boolean safe = advanced > 0 && lost == 0;
                assertThat(other.segments()).isEqualTo(safe ? 53 : 52);
            }
        }
    }

    @Test
    void watchesRoundTripsInTheFirstSlowStartOnly() {
        afterLossAt100();
        timeOut();
        long rtt = 20 * MILLI;
        while (cubic.cwnd() < cubic.ssthresh()) {
            assertThat(cubic.state()).isEqualTo("cubic slow-start");
            for (int i = (int) segments(); i > 0; i--) {
                ack(1, rtt);
            }
            rtt += 20 * MILLI;
        }
    }

    @Test
    void anHourWithoutUseIsNoTimeOfTheCurve() {
        afterLossAt100();
        ack(1, RTT);
        now += 3600_000 * MILLI;
        for (int i = 0; i < 70; i++) {
            ack(1, RTT);
        }
        assertThat(segments()).as("the curve a round trip from its start").isBetween(70.5, 72.5);
    }

    @Test
    void risesSteeplyAtFirstWhenTheMaximumFell() {
        afterLossAt(1000);
        lose();
        double k = Math.cbrt((595 - 490) / 0.4);
        long start = now;
        while (now - start < k / 2 * 1e9) {
            int window = (int) segments();
            for (int i = 0; i < window; i++) {
                ack(1, RTT);
            }
            now += RTT;
        }
        double curve = 0.4 * Math.pow(-k / 2, 3) + 595;
        assertThat(segments()).isCloseTo(curve, within(6.0));
    }

    @Test
    void isNotPacedAndSendsWholeBuffers() {
        assertThat(cubic.pacingRate()).isEqualTo(CongestionControl.UNPACED);
        assertThat(cubic.sendQuantum()).isEqualTo(65_536);
        assertThat(cubic.trainWorthAwaiting()).isZero();
        assertThat(cubic.limitsSamples()).isFalse();
    }
}
