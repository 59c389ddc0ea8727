package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is made of loss, by hand-made samples; segments of 1000 bytes, a rate of 1 MB/s. */
class BbrLossFiguresTest {
    private static final int MSS = 1000;
    private static final double MAX_BW = 1e6;
    private static final long CWND = 200 * MSS;

    private final RateSample sample = new RateSample();
    private BbrLoss loss = new BbrLoss(BbrParameters.PROFILE);

    /** Bytes delivered and lost in the life of the connection. */
    private long delivered;

    private long lost;

    @BeforeEach
    void clear() {
        sample.clear();
    }

    private void use(BbrParameters parameters) {
        loss = new BbrLoss(parameters);
    }

    /** A sample of a packet sent when so much was delivered. */
    private void see(long priorDelivered, double rate, long sampleDelivered) {
        sample.priorDelivered = priorDelivered;
        sample.rate = rate;
        sample.delivered = sampleDelivered;
        sample.deliveredTotal = delivered;
        sample.lostTotal = lost;
        loss.onSample(sample);
    }

    private void adapt(boolean probing) {
        loss.adapt(probing, MAX_BW, CWND, MSS, sample);
        loss.endSample(sample);
    }

    /** A loss round of so many segments, the first of them lost before anything else happens. */
    private void round(int deliveredSegments, int lostSegments, double rate, long inflight) {
        if (lostSegments > 0) {
            loss.onLost(delivered, true);
        }
        long start = delivered;
        delivered += (long) deliveredSegments * MSS;
        lost += (long) lostSegments * MSS;
        see(start, rate, inflight);
        adapt(false);
    }

    private void assertUnbounded() {
        assertThat(loss.bwShortterm()).isInfinite();
        assertThat(loss.inflightShortterm()).isEqualTo(BbrLoss.NO_BOUND);
    }

    @Test
    void aRoundEndsWithWhatWasSentAfterItBegan() {
        delivered = 5000;
        see(0, 1, 1);
        assertThat(loss.roundStarted()).isTrue();
        delivered = 9000;
        see(4999, 1, 1);
        assertThat(loss.roundStarted()).isFalse();
        see(5000, 1, 1);
        assertThat(loss.roundStarted()).isTrue();
        loss.noSample();
        assertThat(loss.roundStarted()).isFalse();
        see(8999, 1, 1);
        assertThat(loss.roundStarted()).as("9000 were delivered when it began").isFalse();
    }

    /** What is sent from now on shows the path after the loss. */
    @Test
    void theFirstLossOfARoundBeginsAnother() {
        delivered = 5000;
        see(0, 1, 1);
        assertThat(loss.onLost(7000, true)).isTrue();
        assertThat(loss.onLost(8000, true)).as("the second").isFalse();
        see(6999, 1, 1);
        assertThat(loss.roundStarted()).isFalse();
        delivered = 9000;
        see(7000, 1, 1);
        assertThat(loss.roundStarted()).isTrue();
        adapt(false);
        assertThat(loss.onLost(9000, true)).as("of the next round").isTrue();
    }

    @Test
    void separateLossesOfARoundAreCounted() {
        loss.onLost(0, true);
        loss.onLost(0, false);
        loss.onLost(0, true);
        assertThat(loss.events()).isEqualTo(2);
        see(-1, 1, 1);
        adapt(false);
        assertThat(loss.events()).as("the round goes on").isEqualTo(2);
        see(0, 1, 1);
        adapt(false);
        assertThat(loss.events()).isZero();
    }

    /** 5.5.10.3: to the best of the round, but to 70 % at least. */
    @Test
    void aLossyRoundLeavesBoundsToTheDraft() {
        use(BbrParameters.DRAFT);
        round(100, 1, 0.6e6, 100 * MSS);
        assertThat(loss.bwShortterm()).isEqualTo(0.7 * MAX_BW);
        assertThat(loss.inflightShortterm()).isEqualTo(140 * MSS);
        round(100, 1, 0.6e6, 100 * MSS);
        assertThat(loss.bwShortterm()).as("more than 0.49 was seen").isEqualTo(0.6e6);
        assertThat(loss.inflightShortterm()).as("more than 98 were").isEqualTo(100 * MSS);
        round(100, 0, 0.1e6, 10 * MSS);
        assertThat(loss.bwShortterm()).as("nothing was lost").isEqualTo(0.6e6);
        round(100, 1, 0.1e6, 10 * MSS);
        assertThat(loss.bwShortterm()).isEqualTo(0.42e6);
        assertThat(loss.inflightShortterm()).isEqualTo(70 * MSS);
    }

    @Test
    void theBestOfTheWholeRoundCounts() {
        use(BbrParameters.DRAFT);
        round(1, 0, 0.1e6, 10 * MSS);
        loss.onLost(delivered, true);
        see(0, 0.9e6, 160 * MSS);
        adapt(false);
        see(0, 0.8e6, 150 * MSS);
        adapt(false);
        assertUnbounded();
        see(delivered, 0.2e6, 20 * MSS);
        adapt(false);
        assertThat(loss.bwShortterm()).isEqualTo(0.9e6);
        assertThat(loss.inflightShortterm()).isEqualTo(160 * MSS);
        assertThat(loss.inflightLatest()).as("the next begins").isEqualTo(20 * MSS);
        round(1, 1, 0.3e6, 30 * MSS);
        assertThat(loss.bwShortterm()).as("what the round before saw is gone").isEqualTo(0.63e6);
        assertThat(loss.inflightShortterm()).isEqualTo(112 * MSS);
    }

    @Test
    void whatWasSentBeforeDoesNotCountAfterAReset() {
        use(BbrParameters.DRAFT);
        loss.onLost(0, true);
        see(-1, 0.9e6, 160 * MSS);
        assertThat(loss.inflightLatest()).isEqualTo(160 * MSS);
        loss.resetSignals();
        assertThat(loss.inflightLatest()).isZero();
        see(0, 0.1e6, 10 * MSS);
        adapt(false);
        assertUnbounded();
        loss.onLost(0, true);
        see(-1, 0.9e6, 160 * MSS);
        loss.resetSignals();
        round(1, 1, 0.1e6, 10 * MSS);
        assertThat(loss.bwShortterm()).isEqualTo(0.7 * MAX_BW);
    }

    @Test
    void whatAProbeLosesIsNotAnsweredThisWay() {
        use(BbrParameters.DRAFT);
        loss.onLost(0, true);
        see(0, 0.1e6, 10 * MSS);
        adapt(true);
        assertUnbounded();
        see(0, 0.1e6, 10 * MSS);
        adapt(false);
        assertThat(loss.bwShortterm()).as("nor later").isInfinite();
    }

    /** D1: more than two per cent of what was lost and delivered since the round before. */
    @Test
    void theProfileBearsTwoPerCent() {
        round(980, 20, 0.1e6, MSS);
        assertUnbounded();
        round(980, 20, 0.1e6, MSS);
        assertUnbounded();
        round(979, 20, 0.1e6, MSS);
        assertThat(loss.bwShortterm()).isEqualTo(0.7 * MAX_BW);
        assertThat(loss.inflightShortterm()).isEqualTo(140 * MSS);
    }

    private void learn(long lostSegments, long deliveredSegments) {
        loss.learn(lostSegments * MSS, deliveredSegments * MSS, MSS);
    }

    /** D2: of 150 segments at least, and three per cent at most. */
    @ParameterizedTest
    @CsvSource({
        "1, 148, 0",
        "3, 147, 0.02",
        "1, 149, 0.00666666667",
        "20, 980, 0.02",
        "30, 970, 0.03",
        "50, 950, 0.03"
    })
    void whatIsLostWithoutAQueueRaisesTheThreshold(int lost, int delivered, double floor) {
        assertThat(loss.threshold(MSS)).isEqualTo(0.02);
        learn(lost, delivered);
        assertThat(loss.threshold(MSS)).isCloseTo(0.02 + floor, within(1e-9));
        loss.forgetFloor();
        assertThat(loss.threshold(MSS)).isEqualTo(0.02);
        learn(0, 150);
        assertThat(loss.threshold(MSS)).as("lost and delivered are forgotten").isEqualTo(0.02);
    }

    /** Of more than 6000 segments the past counts half. */
    @Test
    void thePastFades() {
        learn(60, 5940);
        learn(0, 3000);
        assertThat(loss.threshold(MSS)).isCloseTo(0.02 + 60 / 9000.0, within(1e-9));
        // 30 of 4500 are left
        learn(30, 0);
        assertThat(loss.threshold(MSS)).isCloseTo(0.02 + 60 / 4530.0, within(1e-9));
        BbrLossFiguresTest other = new BbrLossFiguresTest();
        other.learn(60, 5940);
        other.learn(30, 0);
        assertThat(other.loss.threshold(MSS))
                .as("6000 are not more")
                .isCloseTo(0.02 + 90 / 6030.0, within(1e-9));
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 1000, 100_000})
    void withoutAFloorTwoPerCentAreTooMuchByOne(int segments) {
        long of = (long) segments * MSS;
        assertThat(loss.exceeds(of / 50, of, MSS)).isFalse();
        assertThat(loss.exceeds(of / 50 + 1, of, MSS)).isTrue();
    }

    /** D6: one and a half standard deviations on top, in packets: 1.5 √(0.04 · 10000) are 30. */
    @Test
    void chanceIsAllowedForOnceThePathIsKnownToLose() {
        learn(20, 980);
        assertThat(loss.exceeds(400 * MSS, 10_000 * MSS, MSS)).isFalse();
        assertThat(loss.exceeds(429_999, 10_000 * MSS, MSS)).isFalse();
        assertThat(loss.exceeds(430_001, 10_000 * MSS, MSS)).isTrue();
        use(new BbrParameters(true, 0.03, 1.2, 0.15, true, true, false, 2, 0));
        learn(20, 980);
        assertThat(loss.exceeds(399_999, 10_000 * MSS, MSS)).isFalse();
        assertThat(loss.exceeds(400_001, 10_000 * MSS, MSS)).as("without slack").isTrue();
    }

    /** The least floor with slack is 0.1 %: of 10000 packets 210 and 21.7. */
    @Test
    void chanceIsAllowedForFromATenthOfAPerCent() {
        learn(1, 999);
        assertThat(loss.exceeds(231_000, 10_000 * MSS, MSS)).isFalse();
        assertThat(loss.exceeds(232_000, 10_000 * MSS, MSS)).isTrue();
        loss.forgetFloor();
        learn(1, 1000);
        assertThat(loss.exceeds(211_000, 10_000 * MSS, MSS)).isTrue();
    }

    /** 5.5.10.2: before the packet, and as much more as would have held the threshold. */
    @Test
    void knowsWhatWasInFlightWhenTheLossCrossedTheThreshold() {
        // 99 before it; 1.98 - 0 of them more, over 0.98
        assertThat(loss.inflightAtThreshold(100 * MSS, 1000, 1000, MSS)).isEqualTo(99_000 + 2020);
        assertThat(loss.inflightAtThreshold(100 * MSS, 2000, 1000, MSS))
                .as("0.98 left")
                .isEqualTo(100_000);
        assertThat(loss.inflightAtThreshold(100 * MSS, 5000, 1000, MSS))
                .as("it had been crossed already")
                .isEqualTo(99_000);
        learn(20, 980);
        assertThat(loss.inflightAtThreshold(100 * MSS, 4000, 1000, MSS))
                .as("of four per cent: 0.96 left, over 0.96")
                .isEqualTo(100_000);
    }

    @Test
    void aTighterBoundIsOneOnlyWhereThereWasOne() {
        loss.tightenShortterm(50_000);
        assertThat(loss.inflightShortterm()).isEqualTo(BbrLoss.NO_BOUND);
        loss.boundShortterm(60_000);
        loss.tightenShortterm(70_000);
        assertThat(loss.inflightShortterm()).isEqualTo(60_000);
        loss.tightenShortterm(50_000);
        assertThat(loss.inflightShortterm()).isEqualTo(50_000);
        loss.forgetShortterm();
        assertUnbounded();
    }

    @Test
    void whatALossThatWasNoneDidIsTakenBack() {
        use(BbrParameters.DRAFT);
        round(1, 1, 0.1e6, 10 * MSS);
        loss.raise(0.5e6, 130 * MSS);
        assertThat(loss.bwShortterm()).as("nothing is lowered").isEqualTo(0.7e6);
        assertThat(loss.inflightShortterm()).isEqualTo(140 * MSS);
        loss.onLost(delivered, true);
        loss.raise(0.8e6, 150 * MSS);
        assertThat(loss.bwShortterm()).isEqualTo(0.8e6);
        assertThat(loss.inflightShortterm()).isEqualTo(150 * MSS);
        see(delivered, 0.1e6, 10 * MSS);
        adapt(false);
        assertThat(loss.bwShortterm()).as("nothing was lost in this round").isEqualTo(0.8e6);
    }

    @Test
    void aBoundOnTheVolumeAloneLeavesTheMaximumAsBaseOfTheRate() {
        use(BbrParameters.DRAFT);
        loss.boundShortterm(50 * MSS);
        round(1, 1, 0.1e6, 10 * MSS);
        assertThat(loss.bwShortterm()).isEqualTo(0.7e6);
        assertThat(loss.inflightShortterm()).isEqualTo(35 * MSS);
    }
}
