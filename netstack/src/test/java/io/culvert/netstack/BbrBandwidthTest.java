package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BbrBandwidthTest {
    private static final double KNOWN = 1_000_000;

    private final BbrBandwidth bandwidth = new BbrBandwidth();
    private final RateSample sample = new RateSample();

    @BeforeEach
    void know() {
        see(KNOWN, KNOWN);
        bandwidth.reached(true);
    }

    private void see(double rate, double before) {
        sample.rate = rate;
        bandwidth.onSample(sample, before);
    }

    @Test
    void aLittleMoreThatOneRoundSawAloneIsNoise() {
        see(1.04 * KNOWN, KNOWN);
        assertThat(bandwidth.max()).isEqualTo(KNOWN);
    }

    @Test
    void aLittleMoreThatTwoRoundsSawCounts() {
        see(1.04 * KNOWN, 1.03 * KNOWN);
        assertThat(bandwidth.max()).isEqualTo(1.03 * KNOWN);
    }

    @Test
    void muchMoreCountsAtOnce() {
        see(1.2 * KNOWN, KNOWN);
        assertThat(bandwidth.max()).isEqualTo(1.2 * KNOWN);
    }

    @Test
    void whatNoRoundCameBeforeCounts() {
        see(1.04 * KNOWN, 0);
        assertThat(bandwidth.max()).isEqualTo(1.04 * KNOWN);
    }

    @Test
    void inStartupEverythingCounts() {
        bandwidth.reached(false);
        see(1.04 * KNOWN, KNOWN);
        assertThat(bandwidth.max()).isEqualTo(1.04 * KNOWN);
    }

    @Test
    void lessThatAnApplicationLimitedIsForgottenWithItsCycle() {
        bandwidth.advance();
        sample.appLimited = true;
        see(0.5 * KNOWN, KNOWN);
        assertThat(bandwidth.max()).isEqualTo(KNOWN);
        bandwidth.advance();
        assertThat(bandwidth.max()).isEqualTo(KNOWN);
    }

    @Test
    void aMaximumIsKnownForTwoCycles() {
        bandwidth.advance();
        see(0.7 * KNOWN, KNOWN);
        assertThat(bandwidth.max()).isEqualTo(KNOWN);
        bandwidth.advance();
        assertThat(bandwidth.max()).isEqualTo(0.7 * KNOWN);
    }

    @Test
    void aCycleThatSawNothingIsNone() {
        bandwidth.advance();
        bandwidth.advance();
        bandwidth.advance();
        assertThat(bandwidth.max()).isEqualTo(KNOWN);
    }

    @Test
    void anApplicationLimitedRateCountsWhenItIsTheMaximumAtLeast() {
        sample.appLimited = true;
        see(0.99 * KNOWN, KNOWN);
        bandwidth.advance();
        see(KNOWN, KNOWN);
        sample.appLimited = false;
        see(0.5 * KNOWN, KNOWN);
        bandwidth.advance();
        assertThat(bandwidth.max()).as("seen again in the second cycle").isEqualTo(KNOWN);
        see(0.5 * KNOWN, KNOWN);
        bandwidth.advance();
        assertThat(bandwidth.max()).isEqualTo(0.5 * KNOWN);
    }

    @Test
    void fivePerCentMoreAreMuch() {
        see(BbrParameters.NOISE * KNOWN, KNOWN);
        assertThat(bandwidth.max()).isEqualTo(1.05 * KNOWN);
    }

    @Test
    void aPathThatBecameSlowerIsKnownAtOnce() {
        bandwidth.replace(0.1 * KNOWN);
        assertThat(bandwidth.max()).isEqualTo(0.1 * KNOWN);
        bandwidth.advance();
        assertThat(bandwidth.max()).isEqualTo(0.1 * KNOWN);
        see(0.05 * KNOWN, KNOWN);
        bandwidth.advance();
        assertThat(bandwidth.max()).isEqualTo(0.05 * KNOWN);
    }

    /** 5.3.1.2: three rounds that grow by less than a quarter. */
    @Test
    void thePipeIsFullAfterThreeRoundsWithoutGrowth() {
        bandwidth.reached(false);
        bandwidth.checkFull(100);
        bandwidth.checkFull(124);
        bandwidth.checkFull(124);
        assertThat(bandwidth.isPlateau()).isFalse();
        assertThat(bandwidth.isReached()).isFalse();
        bandwidth.checkFull(100);
        assertThat(bandwidth.isPlateau()).isTrue();
        assertThat(bandwidth.isReached()).isTrue();
    }

    @Test
    void aQuarterMoreIsGrowthOverTheBaseline() {
        bandwidth.restartCheck(100);
        for (double rate : new double[] {124, 124, 125, 156, 156}) {
            bandwidth.checkFull(rate);
            assertThat(bandwidth.isPlateau()).isFalse();
        }
        bandwidth.checkFull(156);
        assertThat(bandwidth.isPlateau()).as("125 was the new baseline").isTrue();
    }

    @Test
    void aPlateauStaysUntilTheCheckIsRestarted() {
        bandwidth.restartCheck(100);
        for (int i = 0; i < 3; i++) {
            bandwidth.checkFull(100);
        }
        bandwidth.checkFull(1000);
        assertThat(bandwidth.isPlateau()).isTrue();
        bandwidth.restartCheck(100);
        assertThat(bandwidth.isPlateau()).isFalse();
        bandwidth.checkFull(100);
        bandwidth.checkFull(100);
        assertThat(bandwidth.isPlateau()).as("counts from none again").isFalse();
        assertThat(bandwidth.isReached()).as("the pipe was full once").isTrue();
    }
}
