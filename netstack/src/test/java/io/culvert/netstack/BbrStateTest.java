package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Gains and kinds of the states (draft-ietf-ccwg-bbr, 5.2 and 5.6). */
class BbrStateTest {
    @ParameterizedTest
    @CsvSource({
        "STARTUP, bbr startup, 2.77, 2, false, true",
        "DRAIN, bbr drain, 0.5, 2, false, false",
        "PROBE_BW_DOWN, bbr down, 0.9, 2, true, false",
        "PROBE_BW_CRUISE, bbr cruise, 1, 2, true, false",
        "PROBE_BW_REFILL, bbr refill, 1, 2, true, true",
        "PROBE_BW_UP, bbr up, 1.25, 2.25, true, true",
        "PROBE_RTT, bbr probe-rtt, 1, 0.5, false, false"
    })
    void hasItsGainsAndItsKind(
            BbrState state,
            String text,
            double pacingGain,
            double cwndGain,
            boolean probesBandwidth,
            boolean expectsLoss) {
        assertThat(state.text).isEqualTo(text);
        assertThat(state.pacingGain).isEqualTo(pacingGain);
        assertThat(BbrParameters.DRAFT.cwndGain(state)).isEqualTo(cwndGain);
        assertThat(state.isProbeBw()).isEqualTo(probesBandwidth);
        assertThat(state.isProbing()).isEqualTo(expectsLoss);
    }

    /** So that a probe gets through to others who keep a queue of two products standing. */
    @Test
    void theProfileHasMoreInFlightWhileProbing() {
        for (BbrState state : BbrState.values()) {
            assertThat(BbrParameters.PROFILE.cwndGain(state))
                    .isEqualTo(
                            state == BbrState.PROBE_BW_UP
                                    ? 2.5
                                    : BbrParameters.DRAFT.cwndGain(state));
        }
    }
}
