package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.culvert.netstack.CongestionControl.RecoveryEvent;
import org.junit.jupiter.api.Test;

/** CUBIC at its limits: other segment sizes, episodes within episodes, the steepest growth. */
class CubicEdgeTest extends CubicFlow {
    private void enter(RecoveryEvent event) {
        long cwnd = cubic.cwnd();
        cubic.onRecovery(now, event, cwnd - MSS, cwnd, 0, 0, 0);
    }

    /** So many milliseconds of full windows. */
    private void avoid(int millis) {
        for (long end = now + millis * MILLI; now < end; now += RTT) {
            int window = (int) segments();
            for (int i = 0; i < window; i++) {
                ack(1, RTT);
            }
        }
    }

    /** W_cubic for a maximum of 100 segments, so long after a loss there. */
    private static double curve(double seconds) {
        return 0.4 * Math.pow(seconds - Math.cbrt(30 / 0.4), 3) + 100;
    }

    @Test
    void anotherSegmentSizeRaisesWhatWouldBeLessThanItsLeast() {
        establish();
        enter(RecoveryEvent.ENTER_RTO);
        cubic.onSmssChanged(1400);
        assertThat(cubic.cwnd()).as("one segment").isEqualTo(1400);
        assertThat(cubic.ssthresh()).isEqualTo(7 * MSS);
        cubic.onSmssChanged(4000);
        assertThat(cubic.ssthresh()).as("two segments").isEqualTo(8000);
        cubic.onSmssChanged(500);
        assertThat(cubic.cwnd()).isEqualTo(4000);
        assertThat(cubic.ssthresh()).isEqualTo(8000);
    }

    /** Small segments may have been in use, for a black hole, when the loss came. */
    @Test
    void whatIsTakenBackIsTwoOfThePresentSegmentsAtLeast() {
        afterLossAt100();
        assertThat(cubic.ssthresh()).isEqualTo(70 * MSS);
        enter(RecoveryEvent.ENTER_FAST);
        cubic.onSmssChanged(40 * MSS);
        enter(RecoveryEvent.SPURIOUS);
        assertThat(cubic.ssthresh()).isEqualTo(80 * MSS);
    }

    @Test
    void aTimeoutWithinARecoveryCutsNoFurtherAndIsTakenBackWithIt() {
        slowStartTo(100);
        enter(RecoveryEvent.ENTER_FAST);
        assertThat(cubic.ssthresh()).isEqualTo(70 * MSS);
        enter(RecoveryEvent.ENTER_RTO);
        assertThat(cubic.state()).isEqualTo("cubic timeout");
        assertThat(segments()).isEqualTo(1);
        assertThat(cubic.ssthresh()).isEqualTo(70 * MSS);
        enter(RecoveryEvent.SPURIOUS);
        assertThat(segments()).isEqualTo(100);
        assertThat(cubic.ssthresh()).as("as before any loss").isZero();
    }

    @Test
    void goesOnWithTheOldCurveWhenACutIsTakenBack() {
        afterLossAt100();
        avoid(2000);
        double before = segments();
        assertThat(before).isCloseTo(curve(2), within(2.5));
        enter(RecoveryEvent.ENTER_FAST);
        assertThat(cubic.ssthresh()).isLessThan((long) (0.71 * before * MSS));
        enter(RecoveryEvent.SPURIOUS);
        assertThat(segments()).isEqualTo(before);
        assertThat(cubic.ssthresh()).isEqualTo(70 * MSS);
        avoid(1500);
        assertThat(segments()).isCloseTo(curve(3.5), within(2.5));
    }

    @Test
    void aCutThatIsTakenBackTooLateLeavesALargerWindowAlone() {
        afterLossAt(20);
        enter(RecoveryEvent.ENTER_FAST);
        enter(RecoveryEvent.EXIT);
        avoid(10_000);
        double grown = segments();
        assertThat(grown).isGreaterThan(20);
        enter(RecoveryEvent.SPURIOUS);
        assertThat(segments()).isEqualTo(grown);
    }

    /** RFC 9438, 4.2: the target is at most half as much again. */
    @Test
    void growsByHalfAtMostForEachWindow() {
        afterLossAt(20);
        for (int i = 0; i < 200; i++) {
            now += 150 * MILLI; // always used, but hardly acknowledged: the curve runs away
            ack(1, RTT);
        }
        double before = segments();
        ack(1, RTT);
        assertThat(segments() - before).isCloseTo(0.5, within(0.002));
    }

    /** RFC 9438, 4.8: what the time-out took is not the maximum to return to. */
    @Test
    void beginsANewCurveWhereSlowStartEndsAfterATimeout() {
        slowStartTo(100);
        enter(RecoveryEvent.ENTER_RTO);
        enter(RecoveryEvent.EXIT);
        while (segments() < 70) {
            ack(1, RTT);
        }
        avoid(3000);
        assertThat(segments()).as("neither 100 again nor still 70").isBetween(80.0, 90.0);
    }
}
