package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** 1 MB/s and 100 ms where nothing else is said: a product of 100 segments of 1000 bytes. */
class BbrModelTest {
    private static final int MSS = BbrSamples.MSS;
    private static final long MILLI = BbrSamples.MILLI;

    private BbrSamples path = new BbrSamples(BbrParameters.PROFILE);
    private BbrModel model = path.model;

    private void use(BbrParameters parameters) {
        path = new BbrSamples(parameters);
        model = path.model;
    }

    private void rounds(int count, double rate) {
        for (int i = 0; i < count; i++) {
            path.round(100, rate);
        }
    }

    @Test
    void aSampleWithoutARateOrWithoutDataBeginsNoRound() {
        rounds(1, 1e6);
        assertThat(model.rounds.started()).isTrue();
        assertThat(model.loss.roundStarted()).isTrue();
        for (double rate : new double[] {-1, 0}) {
            rounds(1, 1e6);
            assertThat(path.see(path.delivered, MSS, rate)).isFalse();
            assertThat(model.rounds.started()).isFalse();
            assertThat(model.loss.roundStarted()).isFalse();
            assertThat(model.delivered()).as("but it counts").isEqualTo(path.delivered);
        }
        rounds(1, 1e6);
        assertThat(path.see(path.delivered, 0, 2e6)).isFalse();
        assertThat(model.rounds.started()).isFalse();
        assertThat(model.loss.roundStarted()).isFalse();
        assertThat(model.bandwidth.max()).isEqualTo(1e6);
        assertThat(path.see(path.delivered, 1, 2e6)).isTrue();
        assertThat(model.bandwidth.max()).isEqualTo(2e6);
    }

    @Test
    void theProductIsTheInitialWindowUntilBothFactorsAreKnown() {
        assertThat(model.bdp(0, 2)).isEqualTo(10 * MSS);
        assertThat(model.bdp(1e6, 1)).isEqualTo(100 * MSS);
        assertThat(model.bdp(1e6, 2.25)).isEqualTo(225 * MSS);
        BbrModel other = new BbrModel(BbrParameters.PROFILE);
        other.open(MSS, 7 * MSS, 0, 0);
        assertThat(other.bdp(1e6, 2)).isEqualTo(7 * MSS);
        assertThat(other.initialWindow()).isEqualTo(7 * MSS);
    }

    @Test
    void fourSegmentsAreTheLeast() {
        assertThat(model.smss()).isEqualTo(MSS);
        assertThat(model.least()).isEqualTo(4000);
        model.smss(1200);
        assertThat(model.smss()).isEqualTo(1200);
        assertThat(model.least()).isEqualTo(4800);
    }

    @Test
    void theBandwidthIsTheMaximumWithinWhatLossBounds() {
        use(BbrParameters.DRAFT);
        rounds(2, 1e6);
        assertThat(model.bw()).isEqualTo(1e6);
        path.state = BbrState.PROBE_BW_CRUISE;
        rounds(1, 0.1e6);
        model.loss.onLost(path.delivered, true);
        rounds(1, 0.1e6);
        assertThat(model.bw()).isEqualTo(0.7e6);
        model.bandwidth.replace(0.3e6);
        assertThat(model.bw()).isEqualTo(0.3e6);
    }

    @ParameterizedTest
    @EnumSource(BbrState.class)
    void lossIsAnsweredByBoundsOnlyWhereNoneIsExpected(BbrState state) {
        use(BbrParameters.DRAFT);
        path.state = state;
        rounds(2, 1e6);
        model.loss.onLost(path.delivered, true);
        rounds(1, 1e6);
        assertThat(model.loss.inflightShortterm())
                .isEqualTo(state.isProbing() ? BbrLoss.NO_BOUND : 140 * MSS);
    }

    /** 1.08 minima and half a millisecond. */
    @Test
    void aRoundTripLittleAboveTheMinimumShowsNoQueue() {
        assertThat(model.isFreeOfQueue(108 * MILLI + MILLI / 2 - 1)).isTrue();
        assertThat(model.isFreeOfQueue(108 * MILLI + MILLI / 2 + 1)).isFalse();
    }

    /** What stood all through the last round: its lowest RTT counts. */
    @Test
    void knowsWhatOfItsOwnStandsInTheQueue() {
        assertThat(model.standingQueue()).isZero();
        rounds(2, 1e6);
        assertThat(model.standingQueue()).isZero();
        path.rtt = 130 * MILLI;
        rounds(1, 1e6);
        assertThat(model.standingQueue()).as("of a round that is not over").isZero();
        path.rtt = 150 * MILLI;
        path.see(0, MSS, 1e6);
        rounds(1, 1e6);
        assertThat(model.standingQueue()).isEqualTo(30 * MSS);
        path.rtt = -1;
        rounds(2, 1e6);
        assertThat(model.standingQueue()).as("of a round without an RTT").isZero();
    }

    /** D4: the best of this round and the last, if no application limited it. */
    @Test
    void theFreshBandwidthIsWhatWasDeliveredOfLate() {
        assertThat(model.freshBw()).isInfinite();
        rounds(1, 1e6);
        assertThat(model.freshBw()).isEqualTo(1e6);
        rounds(1, 0.5e6);
        assertThat(model.freshBw()).isEqualTo(1e6);
        rounds(1, 0.6e6);
        assertThat(model.freshBw()).isEqualTo(0.6e6);
        path.appLimited = true;
        rounds(2, 2e6);
        assertThat(model.freshBw()).isInfinite();
        use(BbrParameters.DRAFT);
        rounds(2, 1e6);
        assertThat(model.freshBw()).as("the draft knows none").isInfinite();
    }

    @Test
    void aQuarterOfAFlightLostIsAnOverflow() {
        path.sample.txInFlight = 100 * MSS;
        path.sample.lost = 25 * MSS;
        assertThat(model.isOverflow(path.sample)).isFalse();
        path.sample.lost++;
        assertThat(model.isOverflow(path.sample)).isTrue();
    }

    @Test
    void moreThanTwoPerCentAreTooMuch() {
        assertThat(model.isTooHigh(2 * MSS, 100 * MSS)).isFalse();
        assertThat(model.isTooHigh(2 * MSS + 1, 100 * MSS)).isTrue();
    }

    private boolean isStartupLoss(long lostOfHundredThousand) {
        path.sample.txInFlight = 100 * MSS;
        path.sample.lost = lostOfHundredThousand;
        return model.isStartupLoss(path.sample);
    }

    /** D3: with a queue more than two per cent, without one more than fifteen. */
    @Test
    void lossEndsStartupWhereAQueueShowsOrMuchIsLost() {
        rounds(3, 1e6);
        assertThat(isStartupLoss(2001)).isFalse();
        assertThat(isStartupLoss(14_999)).isFalse();
        assertThat(isStartupLoss(15_001)).isTrue();
        path.rtt = 120 * MILLI;
        rounds(1, 1e6);
        assertThat(isStartupLoss(2001)).as("the round before saw none").isFalse();
        rounds(1, 1e6);
        assertThat(isStartupLoss(2000)).isFalse();
        assertThat(isStartupLoss(2001)).isTrue();
        path.rtt = 100 * MILLI;
        path.see(0, MSS, 1e6);
        assertThat(isStartupLoss(14_999)).isFalse();
        assertThat(isStartupLoss(20_000)).as("the loss round goes on").isFalse();
        rounds(1, 1e6);
        assertThat(isStartupLoss(20_000)).isTrue();
    }

    /** D3: a round that still grows by a fifth is not ended. */
    @Test
    void lossWithGrowthDoesNotEndStartup() {
        path.rtt = 150 * MILLI;
        rounds(2, 1e6);
        rounds(1, 1.21e6);
        assertThat(isStartupLoss(20_000)).isFalse();
        rounds(1, 1.21e6);
        assertThat(isStartupLoss(20_000)).as("the last round grew").isFalse();
        rounds(1, 1.21e6);
        assertThat(isStartupLoss(20_000)).isTrue();
        rounds(1, 1.4e6);
        assertThat(isStartupLoss(20_000)).as("less than a fifth").isTrue();
        use(BbrParameters.DRAFT);
        rounds(1, 1e6);
        rounds(1, 9e6);
        assertThat(isStartupLoss(2001)).as("to the draft any loss does").isTrue();
    }

    /** 5.5.9: the maximum of two times five rounds, or of two single ones in start-up. */
    @ParameterizedTest
    @CsvSource({"false, 2", "true, 10"})
    void extraAcksAreForgottenSoonerInStartup(boolean reached, int rounds) {
        path.round(1, 1e6);
        model.bandwidth.reached(reached);
        path.round(50, 1e6);
        path.round(1, 1e6);
        assertThat(model.extraAcked.get()).isEqualTo(50 * MSS);
        int more = 0;
        while (model.extraAcked.get() == 50 * MSS) {
            model.bandwidth.restartCheck(0); // it stays in start-up
            path.round(1, 1e6);
            more++;
        }
        assertThat(more).isBetween(rounds / 2, rounds);
    }

    /** 5.3.1.2: rounds that an application limited don't count. */
    @Test
    void thePipeIsFullAfterThreeRoundsThatNothingElseLimits() {
        rounds(3, 1e6);
        path.appLimited = true;
        rounds(5, 1e6);
        assertThat(model.bandwidth.isReached()).isFalse();
        path.appLimited = false;
        path.see(0, MSS, 1e6);
        path.see(0, MSS, 1e6);
        assertThat(model.bandwidth.isReached()).as("of whole rounds").isFalse();
        rounds(1, 1e6);
        assertThat(model.bandwidth.isReached()).isTrue();
    }

    @Test
    void aRoundCountsWithItsBest() {
        rounds(3, 1e6); // two without growth
        path.see(0, MSS, 1.3e6);
        rounds(1, 1e6);
        assertThat(model.bandwidth.isReached()).as("1.3 was a quarter more").isFalse();
        rounds(2, 1e6);
        assertThat(model.bandwidth.isReached()).isFalse();
        rounds(1, 1e6);
        assertThat(model.bandwidth.isReached()).isTrue();
    }

    private void lossyRound(int lost) {
        path.lost += (long) lost * MSS;
        path.round(980, 1e6);
    }

    private void expectFloor(double floor) {
        assertThat(model.loss.threshold(MSS)).isCloseTo(0.02 + floor, within(1e-9));
    }

    /** D2: what is lost in a cruising round without a queue, if the one before was one as well. */
    @Test
    void learnsThePathsLossWhileCruising() {
        path.state = BbrState.PROBE_BW_DOWN;
        rounds(2, 1e6);
        path.state = BbrState.PROBE_BW_CRUISE;
        lossyRound(20);
        expectFloor(0); // sent before
        lossyRound(20);
        expectFloor(0.02);
        path.state = BbrState.PROBE_BW_DOWN;
        lossyRound(0);
        path.state = BbrState.PROBE_BW_CRUISE;
        lossyRound(0);
        expectFloor(0.02);
        lossyRound(0);
        expectFloor(20 / 1980.0);
    }

    @Test
    void learnsNothingFromARoundWithAQueue() {
        path.state = BbrState.PROBE_BW_CRUISE;
        rounds(3, 1e6);
        path.rtt = 109 * MILLI;
        lossyRound(0);
        double before = model.loss.threshold(MSS);
        lossyRound(20);
        path.rtt = 100 * MILLI;
        lossyRound(20);
        lossyRound(20); // the first free round after the queue
        assertThat(model.loss.threshold(MSS)).isEqualTo(before);
        lossyRound(20);
        assertThat(model.loss.threshold(MSS)).isGreaterThan(before);
    }

    @ParameterizedTest
    @EnumSource(value = BbrState.class, names = "PROBE_BW_CRUISE", mode = EnumSource.Mode.EXCLUDE)
    void learnsNothingFromOtherStatesWithoutGrowth(BbrState state) {
        path.state = state;
        for (int i = 0; i < 5; i++) {
            lossyRound(20);
        }
        expectFloor(0);
    }

    /** D2: of start-up, a round later, if that one shows as well that it filled no queue. */
    @Test
    void learnsThePathsLossWhileStartupGrows() {
        path.round(100, 1e6);
        path.round(200, 2e6);
        path.lost += 20 * MSS;
        path.round(980, 4e6);
        expectFloor(0);
        path.lost += 900 * MSS;
        path.round(1000, 4e6);
        expectFloor(0.02);
        path.round(1000, 4e6);
        expectFloor(0.02);
    }

    @Test
    void growthWithAQueueTeachesNothing() {
        path.round(100, 1e6);
        path.round(200, 2e6);
        path.lost += 20 * MSS;
        path.rtt = 120 * MILLI;
        path.round(980, 4e6);
        path.round(1000, 8e6);
        path.round(1000, 16e6);
        expectFloor(0);
    }

    @Test
    void theDraftLearnsNothing() {
        use(BbrParameters.DRAFT);
        path.state = BbrState.PROBE_BW_CRUISE;
        for (int i = 0; i < 5; i++) {
            lossyRound(20);
        }
        expectFloor(0);
    }

    /** Below 95 % of the minimum the old one had a queue in it, and what it taught was wrong. */
    @ParameterizedTest
    @CsvSource({"95, 0.01", "94, 0"})
    void forgetsWhatALowerMinimumDisproves(long millis, double floor) {
        path.state = BbrState.PROBE_BW_CRUISE;
        rounds(2, 1e6);
        lossyRound(20);
        path.state = BbrState.PROBE_BW_DOWN;
        path.rtt = millis * MILLI;
        lossyRound(0);
        lossyRound(0);
        lossyRound(0);
        assertThat(model.minRtt.get()).isEqualTo(millis * MILLI);
        if (floor == 0) {
            expectFloor(0);
        } else {
            assertThat(model.loss.threshold(MSS)).isGreaterThan(0.03);
        }
    }

    /** Two rounds at such a rate, and one that shows what the second was. */
    private void slow(double rate) {
        rounds(3, rate);
    }

    private void knowWithQueue(BbrState state, double rttMillis) {
        rounds(2, 1e6);
        path.state = state;
        path.rtt = (long) (rttMillis * MILLI);
    }

    /** D5: below 85 %, with a queue, two rounds on end. */
    @Test
    void aBandwidthThatFellIsKnownAfterTwoRounds() {
        knowWithQueue(BbrState.PROBE_BW_CRUISE, 127);
        rounds(2, 0.7e6);
        assertThat(model.bandwidth.max()).as("one is over").isEqualTo(1e6);
        rounds(1, 0.7e6);
        assertThat(model.bandwidth.max()).isEqualTo(0.7e6);
    }

    @Test
    void theTwoRoundsAreConsecutive() {
        knowWithQueue(BbrState.PROBE_BW_CRUISE, 127);
        for (int i = 0; i < 5; i++) {
            rounds(1, 0.7e6);
            rounds(1, 0.95e6);
        }
        assertThat(model.bandwidth.max()).isEqualTo(1e6);
    }

    @ParameterizedTest
    @CsvSource({
        "PROBE_BW_CRUISE, 127, 850000, 1000000",
        "PROBE_BW_CRUISE, 127, 849999, 849999",
        "PROBE_BW_CRUISE, 126, 700000, 1000000",
        "PROBE_BW_CRUISE, 126.001, 700000, 700000",
        "STARTUP, 127, 700000, 1000000",
        "DRAIN, 127, 700000, 1000000",
        "PROBE_RTT, 127, 700000, 1000000",
        "PROBE_BW_DOWN, 127, 700000, 700000",
        "PROBE_BW_UP, 127, 700000, 700000"
    })
    void itFellOnlyWhileProbingForBandwidthWithAQueueAndByFifteenPerCent(
            BbrState state, double rttMillis, double rate, double max) {
        knowWithQueue(state, rttMillis);
        slow(rate);
        assertThat(model.bandwidth.max()).isEqualTo(max);
    }

    @Test
    void whatAnApplicationLimitsShowsNoFall() {
        knowWithQueue(BbrState.PROBE_BW_CRUISE, 127);
        for (int i = 0; i < 4; i++) {
            rounds(1, 0.7e6);
            path.appLimited = true;
            path.see(0, MSS, 0.1e6);
            path.appLimited = false;
        }
        assertThat(model.bandwidth.max()).isEqualTo(1e6);
    }

    @Test
    void theDraftWaitsForTheCycle() {
        use(BbrParameters.DRAFT);
        knowWithQueue(BbrState.PROBE_BW_CRUISE, 127);
        slow(0.7e6);
        assertThat(model.bandwidth.max()).isEqualTo(1e6);
    }

    /** Else a flow that fills the queue beside us would take all, a little at a time. */
    @Test
    void fallsOnceBetweenTwoProbes() {
        knowWithQueue(BbrState.PROBE_BW_CRUISE, 127);
        slow(0.7e6);
        slow(0.5e6);
        slow(0.5e6);
        assertThat(model.bandwidth.max()).isEqualTo(0.7e6);
        path.state = BbrState.PROBE_BW_UP;
        rounds(1, 0.7e6);
        path.state = BbrState.PROBE_BW_DOWN;
        slow(0.5e6);
        assertThat(model.bandwidth.max()).isEqualTo(0.5e6);
    }

    /** ProbeRTT's window was for four times the rate: it kept the queue standing. */
    @ParameterizedTest
    @CsvSource({"249999, true", "250000, false"})
    void looksForTheRttAgainWhenTheWindowForItWasFarTooLarge(double rate, boolean again) {
        rounds(2, 1e6);
        model.probedRtt(path.now);
        path.state = BbrState.PROBE_BW_CRUISE;
        path.rtt = 127 * MILLI;
        slow(rate);
        assertThat(model.bandwidth.max()).isEqualTo(rate);
        rounds(1, rate);
        assertThat(model.minRtt.isExpired()).isEqualTo(again);
        path.state = BbrState.PROBE_BW_UP;
        rounds(1, rate);
        path.state = BbrState.PROBE_BW_CRUISE;
        slow(0.3 * rate);
        rounds(1, 0.3 * rate);
        assertThat(model.bandwidth.max()).isEqualTo(0.3 * rate);
        assertThat(model.minRtt.isExpired())
                .as("of a quarter of what it was when it was last looked for")
                .isEqualTo(!again);
    }

    @Test
    void whatWasProbedIsNotLookedForSoon() {
        rounds(49, 1e6); // 4.9 s
        model.probedRtt(path.now);
        path.rtt = 101 * MILLI;
        rounds(50, 1e6);
        assertThat(model.minRtt.isExpired()).isFalse();
        rounds(1, 1e6);
        assertThat(model.minRtt.isExpired()).isTrue();
    }
}
