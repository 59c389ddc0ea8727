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
}
