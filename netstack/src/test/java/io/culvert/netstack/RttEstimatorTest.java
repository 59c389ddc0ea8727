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
}
