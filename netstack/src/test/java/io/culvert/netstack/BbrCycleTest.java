package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BbrCycleTest {
    private static final long SECOND = 1_000_000_000;
    private static final long NOW = -5 * SECOND;
    private static final long FAT = 1000;

    private final BbrCycle cycle = new BbrCycle(1);

    /** {@link SplittableRandom} is SplitMix64 as well. */
    @Test
    void waitsTwoToThreeSecondsAtRandom() {
        for (long seed = 0; seed < 50; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            BbrCycle other = new BbrCycle(seed);
            for (int i = 0; i < 3; i++) {
                other.down(7, NOW);
                random.nextDouble();
                long wait = 2 * SECOND + (long) (random.nextDouble() * SECOND);
                assertThat(other.isTimeToProbe(7, FAT, NOW + wait)).isFalse();
                assertThat(other.isTimeToProbe(7, FAT, NOW + wait + 1)).isTrue();
            }
        }
    }

    /** Round 0 or 1 of them begins, at random. */
    @Test
    void waitsNoLongerThanSixtyThreeRounds() {
        int early = 0;
        for (long seed = 0; seed < 50; seed++) {
            int first = new SplittableRandom(seed).nextDouble() < 0.5 ? 1 : 0;
            early += first;
            BbrCycle other = new BbrCycle(seed);
            other.down(7, NOW);
            assertThat(other.isTimeToProbe(7 + 62 - first, FAT, NOW)).isFalse();
            assertThat(other.isTimeToProbe(7 + 63 - first, FAT, NOW)).isTrue();
        }
        assertThat(early).isBetween(10, 40);
    }

    /** As a Reno flow would have grown by what is in flight. */
    @Test
    void waitsNoMoreRoundsThanSegmentsAreInFlight() {
        int first = new SplittableRandom(1).nextDouble() < 0.5 ? 1 : 0;
        cycle.down(7, NOW);
        assertThat(cycle.isTimeToProbe(7 + 19 - first, 20, NOW)).isFalse();
        assertThat(cycle.isTimeToProbe(7 + 20 - first, 20, NOW)).isTrue();
        assertThat(cycle.isTimeToProbe(7 + 62 - first, 63, NOW)).isFalse();
        assertThat(cycle.isTimeToProbe(7 + 62 - first, 62, NOW)).isTrue();
    }

    /** From the end of refilling until a round after the probe ended. */
    @Test
    void samplesCountUntilARoundAfterTheProbe() {
        assertThat(cycle.samplesCount()).isFalse();
        cycle.refill();
        assertThat(cycle.samplesCount()).isFalse();
        assertThat(cycle.feedbackEnds(true)).isFalse();
        cycle.up(10, 1000, true);
        assertThat(cycle.samplesCount()).isTrue();
        assertThat(cycle.feedbackEnds(false)).isFalse();
        assertThat(cycle.feedbackEnds(true)).isFalse();
        assertThat(cycle.feedbackEnds(true)).as("goes on").isFalse();
        assertThat(cycle.samplesCount()).isTrue();
        cycle.down(13, NOW);
        assertThat(cycle.feedbackEnds(false)).isFalse();
        assertThat(cycle.samplesCount()).isTrue();
        assertThat(cycle.feedbackEnds(true)).isTrue();
        assertThat(cycle.samplesCount()).isFalse();
        assertThat(cycle.feedbackEnds(true)).as("once").isFalse();
    }

    @Test
    void aProbeThatEndsInItsFirstRoundHasFeedbackAsWell() {
        cycle.up(10, 1000, true);
        cycle.stop();
        assertThat(cycle.feedbackEnds(true)).isTrue();
        assertThat(cycle.samplesCount()).isFalse();
    }

    @Test
    void refillingEndsTheFeedback() {
        cycle.up(10, 1000, true);
        cycle.stop();
        cycle.refill();
        assertThat(cycle.feedbackEnds(true)).isFalse();
    }

    @Test
    void onlyTheFirstExcessOfAProbeCounts() {
        cycle.up(10, 1000, true);
        cycle.tooHigh();
        assertThat(cycle.samplesCount()).isFalse();
        cycle.up(20, 1000, true);
        assertThat(cycle.samplesCount()).as("of the next again").isTrue();
    }

    @Test
    void isCautiousAfterAProbeThatLostTooMuch() {
        assertThat(cycle.isCautious()).isFalse();
        cycle.tooHigh();
        assertThat(cycle.isCautious()).isTrue();
        cycle.refill();
        assertThat(cycle.isCautious()).isTrue();
        cycle.completed();
        assertThat(cycle.isCautious()).isFalse();
        cycle.tooHigh();
        cycle.stoppedCautiously();
        assertThat(cycle.isCautious()).isFalse();
    }

    @Test
    void goesOnAtOnceAfterACautiousProbeThatLostNothing() {
        assertThat(cycle.wasCautiousAndClean()).isFalse();
        cycle.tooHigh();
        cycle.stoppedCautiously();
        assertThat(cycle.wasCautiousAndClean()).isTrue();
        cycle.tooHigh();
        assertThat(cycle.wasCautiousAndClean()).as("its feedback was bad").isFalse();
        cycle.stoppedCautiously();
        cycle.refill();
        assertThat(cycle.wasCautiousAndClean()).as("the next began").isFalse();
    }

    /** Two rounds without five per cent more. */
    @Test
    void aProbeIsInVainWhenWhatIsSentFasterIsNotDeliveredFaster() {
        cycle.up(10, 1000, true);
        assertThat(cycle.isInVain(11, 0)).as("too early").isFalse();
        assertThat(cycle.isInVain(12, 1049)).isTrue();
        assertThat(cycle.isInVain(12, 1050)).isFalse();
        assertThat(cycle.isInVain(13, 1049)).isTrue();
    }

    @Test
    void aQueueThatWasThereBeforeSaysNothingOfTheProbe() {
        cycle.up(10, 1000, false);
        assertThat(cycle.isInVain(12, 0)).isFalse();
    }
}
