package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RttEstimatorTest {
    private static final long MILLI = 1_000_000;

    private final RttEstimator rtt = new RttEstimator();

    @Test
    void beginsWithOneSecond() {
        assertThat(rtt.rto()).isEqualTo(1_000 * MILLI);
        assertThat(rtt.hasSample()).isFalse();
        assertThat(rtt.srtt()).isEqualTo(-1);
    }

    @Test
    void smoothsAsRfc6298Says() {
        rtt.sample(100 * MILLI, 0);
        assertThat(rtt.srtt()).isEqualTo(100 * MILLI);
        assertThat(rtt.rttvar()).isEqualTo(50 * MILLI);
        assertThat(rtt.rto()).isEqualTo(300 * MILLI);
        rtt.sample(180 * MILLI, 0);
        assertThat(rtt.rttvar()).isEqualTo((50 * 3 + 80) * MILLI / 4);
        assertThat(rtt.srtt()).isEqualTo(110 * MILLI);
        assertThat(rtt.rto()).isEqualTo(110 * MILLI + 4 * rtt.rttvar());
    }

    @Test
    void forgetsAHandshakeThatADialHasDelayed() {
        rtt.handshakeSample(2_000 * MILLI, 0);
        assertThat(rtt.rto()).isEqualTo(6_000 * MILLI);
        rtt.sample(20 * MILLI, 0);
        assertThat(rtt.srtt()).isEqualTo(20 * MILLI);
        assertThat(rtt.rto()).isEqualTo(220 * MILLI);
        rtt.sample(10 * MILLI, 0);
        assertThat(rtt.srtt()).as("smoothed from here on").isBetween(18 * MILLI, 20 * MILLI);
    }

    @Test
    void smoothsWhatTakesLongerThanTheHandshake() {
        rtt.handshakeSample(100 * MILLI, 0);
        rtt.sample(180 * MILLI, 0);
        assertThat(rtt.srtt()).isEqualTo(110 * MILLI);
        rtt.sample(20 * MILLI, 0);
        assertThat(rtt.srtt()).isGreaterThan(90 * MILLI);
    }

    @Test
    void leavesAMarginOf200MillisecondsOnASteadyPath() {
        for (int i = 0; i < 100; i++) {
            rtt.sample(10 * MILLI, 0);
        }
        assertThat(rtt.rto()).isBetween(209 * MILLI, 211 * MILLI);
    }

    @Test
    void doublesUpToTwoMinutesAndStartsAgainWithASample() {
        rtt.sample(100 * MILLI, 0);
        long first = rtt.rto();
        rtt.backOff();
        assertThat(rtt.rto()).isEqualTo(2 * first);
        for (int i = 0; i < 40; i++) {
            rtt.backOff();
        }
        assertThat(rtt.rto()).isEqualTo(120_000 * MILLI);
        rtt.sample(100 * MILLI, 0);
        assertThat(rtt.rto()).isLessThan(400 * MILLI);
    }

    @Test
    void remembersTheMinimumForFiveMinutes() {
        rtt.minimumSample(50 * MILLI, 0);
        rtt.minimumSample(80 * MILLI, 299_000 * MILLI);
        assertThat(rtt.minimum()).isEqualTo(50 * MILLI);
        rtt.minimumSample(90 * MILLI, 301_000 * MILLI);
        assertThat(rtt.minimum()).isEqualTo(90 * MILLI);
    }

    @Test
    void aLostSynMakesItThreeSecondsUntilTheFirstSample() {
        rtt.backOff();
        rtt.synLost();
        assertThat(rtt.rto()).isEqualTo(3_000 * MILLI);
        assertThat(rtt.backoff()).isZero();
        rtt.sample(100 * MILLI, 0);
        rtt.backOff();
        rtt.synLost();
        assertThat(rtt.rto()).isEqualTo(300 * MILLI);
    }

    @Test
    void backsOffSixteenTimesAtMostAndForgetsIt() {
        for (int i = 1; i <= 20; i++) {
            rtt.backOff();
            assertThat(rtt.backoff()).isEqualTo(Math.min(i, 16));
        }
        rtt.resetBackoff();
        assertThat(rtt.backoff()).isZero();
        assertThat(rtt.rto()).isEqualTo(1_000 * MILLI);
    }

    @Test
    void neverExceedsTwoMinutesAndTakesNothingForANanosecond() {
        rtt.sample(3600_000 * MILLI, 0);
        assertThat(rtt.rto()).isEqualTo(120_000 * MILLI);
        RttEstimator fresh = new RttEstimator();
        fresh.sample(0, 0);
        assertThat(fresh.srtt()).isOne();
        assertThat(fresh.hasSample()).isTrue();
    }

    @Test
    void shrinksAsItGrew() {
        rtt.sample(180 * MILLI, 0);
        rtt.sample(100 * MILLI, 0);
        assertThat(rtt.srtt()).isEqualTo(170 * MILLI);
        assertThat(rtt.rttvar()).isEqualTo((90 * 3 + 80) * MILLI / 4);
    }

    @Test
    void anEqualMinimumIsANewerOne() {
        assertThat(rtt.minimum()).isEqualTo(Long.MAX_VALUE);
        rtt.minimumSample(0, 0);
        assertThat(rtt.minimum()).isOne();
        RttEstimator fresh = new RttEstimator();
        fresh.minimumSample(50 * MILLI, 0);
        fresh.minimumSample(50 * MILLI, 200_000 * MILLI);
        fresh.minimumSample(80 * MILLI, 400_000 * MILLI);
        assertThat(fresh.minimum()).isEqualTo(50 * MILLI);
        fresh.minimumSample(90 * MILLI, 500_000 * MILLI);
        assertThat(fresh.minimum()).as("five minutes old, not older").isEqualTo(50 * MILLI);
        fresh.minimumSample(90 * MILLI, 500_000 * MILLI + 1);
        assertThat(fresh.minimum()).isEqualTo(90 * MILLI);
    }
}
