package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Rounds of hand-made samples (RFC 9406, 4.2). */
class HyStartTest {
    private static final int MSS = 1000;
    private static final long MILLI = 1_000_000;
    private static final int SAMPLES = 8;

    private final HyStart hyStart = new HyStart();
    private final RateSample sample = new RateSample();
    private long delivered = 1;
    private long roundEnd;

    /** A whole round of ACKs for one segment each; true when slow start ended in it. */
    private boolean round(int acks, long rtt) {
        long sentBefore = delivered;
        boolean ended = false;
        for (int i = 0; i < acks; i++) {
            ended |= ack(i == 0 ? sentBefore : roundEnd - 1, rtt, MSS);
            if (i == 0) {
                roundEnd = delivered;
            }
        }
        return ended;
    }

    private boolean ack(long priorDelivered, long rtt, int acked) {
        delivered += acked;
        sample.clear();
        sample.priorDelivered = priorDelivered;
        sample.deliveredTotal = delivered;
        sample.newlyAcked = acked;
        sample.rtt = rtt;
        return hyStart.onAck(sample, MSS);
    }

    private void assertThreshold(long rtt, long threshold) {
        for (long added : new long[] {threshold - 1, threshold}) {
            HyStartTest other = new HyStartTest();
            other.round(SAMPLES, rtt);
            other.round(SAMPLES, rtt + added);
            assertThat(other.hyStart.isConservative()).isEqualTo(added == threshold);
        }
    }

    @Test
    void wantsAnEighthOfTheRoundTripBetween4And16Milliseconds() {
        assertThreshold(MILLI, 4 * MILLI);
        assertThreshold(20 * MILLI, 4 * MILLI);
        assertThreshold(80 * MILLI, 10 * MILLI);
        assertThreshold(300 * MILLI, 16 * MILLI);
    }

    @Test
    void judgesARoundByItsLowestOfEightSamples() {
        round(SAMPLES, 20 * MILLI);
        round(SAMPLES - 1, 50 * MILLI);
        assertThat(hyStart.isConservative()).isFalse();
        ack(roundEnd - 1, 20 * MILLI, MSS);
        assertThat(hyStart.isConservative()).isFalse();
        round(SAMPLES - 1, 50 * MILLI);
        assertThat(hyStart.isConservative()).isFalse();
        ack(roundEnd - 1, 50 * MILLI, MSS);
        assertThat(hyStart.isConservative()).isTrue();
    }

    @Test
    void aShortRoundIsComparedWithAllTheSame() {
        round(SAMPLES, 20 * MILLI);
        round(SAMPLES - 1, 20 * MILLI);
        round(SAMPLES, 30 * MILLI);
        assertThat(hyStart.isConservative()).isTrue();
    }

    /** What was sent when just that was delivered is the first of the next round. */
    @Test
    void aRoundEndsWithWhatWasSentAfterItBegan() {
        round(SAMPLES, 20 * MILLI);
        ack(roundEnd, 50 * MILLI, MSS);
        for (int i = 1; i < SAMPLES; i++) {
            assertThat(hyStart.isConservative()).isFalse();
            ack(0, 50 * MILLI, MSS);
        }
        assertThat(hyStart.isConservative()).isTrue();
    }

    @Test
    void aMergedAckStandsForOneForEverySecondSegment() {
        for (int segments : new int[] {15, 16}) {
            HyStartTest other = new HyStartTest();
            other.round(SAMPLES, 20 * MILLI);
            other.ack(other.delivered, 50 * MILLI, segments * MSS);
            assertThat(other.hyStart.isConservative()).isEqualTo(segments == 16);
        }
    }

    @Test
    void anAckWithoutASampleCountsForTheRoundOnly() {
        round(SAMPLES, 20 * MILLI);
        round(SAMPLES - 1, 50 * MILLI);
        assertThat(ack(roundEnd - 1, -1, MSS)).isFalse();
        assertThat(hyStart.isConservative()).isFalse();
        ack(roundEnd - 1, 50 * MILLI, MSS);
        assertThat(hyStart.isConservative()).isTrue();
    }

    @Test
    void growsByAQuarterWhileItIsConservative() {
        assertThat(hyStart.growth(1000)).isEqualTo(1000);
        alarm();
        assertThat(hyStart.growth(1000)).isEqualTo(250);
    }

    @Test
    void endsSlowStartAfterFiveConservativeRounds() {
        alarm();
        for (int i = 0; i < 5; i++) {
            assertThat(round(SAMPLES, 40 * MILLI)).isFalse();
            assertThat(hyStart.isConservative()).isTrue();
        }
        assertThat(round(1, 40 * MILLI)).isTrue();
        assertThat(hyStart.isConservative()).isFalse();
        assertThat(hyStart.growth(1000)).isEqualTo(1000);
        assertThat(round(SAMPLES, 20 * MILLI)).isFalse();
        assertThat(round(SAMPLES, 90 * MILLI)).isFalse();
        assertThat(hyStart.isConservative()).isFalse();
    }

    @Test
    void forgivesWhenTheRoundTripFallsBelowThatOfTheAlarm() {
        alarm();
        round(SAMPLES, 40 * MILLI);
        assertThat(hyStart.isConservative()).isTrue();
        round(SAMPLES, 40 * MILLI - 1);
        assertThat(hyStart.isConservative()).isFalse();
        // and counts five rounds again at the next
        round(SAMPLES, 60 * MILLI);
        assertThat(hyStart.isConservative()).isTrue();
        for (int i = 0; i < 5; i++) {
            assertThat(round(SAMPLES, 60 * MILLI)).isFalse();
        }
        assertThat(round(1, 60 * MILLI)).isTrue();
    }

    @Test
    void isOverWithTheFirstLoss() {
        alarm();
        hyStart.stop();
        assertThat(hyStart.isConservative()).isFalse();
        for (int i = 0; i < 10; i++) {
            assertThat(round(SAMPLES, 40 * MILLI)).isFalse();
        }
    }

    private void alarm() {
        round(SAMPLES, 20 * MILLI);
        round(SAMPLES, 40 * MILLI);
        assertThat(hyStart.isConservative()).isTrue();
    }
}
