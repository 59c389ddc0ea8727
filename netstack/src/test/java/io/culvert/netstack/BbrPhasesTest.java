package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.netstack.CongestionControl.RecoveryEvent;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From state to state (draft-ietf-ccwg-bbr, 5.3). */
class BbrPhasesTest extends BbrFlow {
    @BeforeEach
    void begin() {
        establish();
    }

    private void assertPacing(double rate) {
        assertThat((double) bbr.pacingRate())
                .isCloseTo(rate, org.assertj.core.data.Offset.offset(1.0));
    }

    @Test
    void beginsWithStartup() {
        expect(BbrState.STARTUP);
        assertThat(bbr.state()).isEqualTo("bbr startup");
        assertThat(bbr.cwnd()).isEqualTo(10 * MSS);
        assertThat(bbr.sendQuantum()).isEqualTo(2 * MSS);
        assertThat(bbr.ssthresh()).isZero();
        assertThat(bbr.limitsSamples()).isFalse();
        assertThat(bbr.trainWorthAwaiting()).isZero();
        assertPacing(277_000);
        rtt = RTT / 2;
        see(-1, MSS, -1);
        assertPacing(277_000);
    }

    @Test
    void pacesTheFirstFlightOverWhateverRttIsKnownFirst() {
        bbr.onEstablished(now, MSS, 10 * MSS, 0, true);
        assertPacing(27_700_000);
        rtt = 0;
        see(-1, MSS, -1);
        assertPacing(27_700_000);
        rtt = RTT;
        see(-1, MSS, -1);
        assertPacing(277_000);
        rtt = RTT / 2;
        see(-1, MSS, -1);
        assertPacing(277_000);
    }

    @Test
    void aWindowIsASegmentAtLeast() {
        bbr.onEstablished(now, MSS, 500, 0, true);
        assertThat(bbr.cwnd()).isEqualTo(MSS);
    }

    @Test
    void asksForRoomForATrainWhereAQueueStands() {
        rounds(6, 20e6);
        rtt = 3 * RTT;
        rounds(60, 20e6);
        assertThat(bbr.cwnd()).isGreaterThan(200 * MSS);
        assertThat(bbr.trainWorthAwaiting()).isBetween(20L * 1024, 50_000L);
    }

    /** A plateau of three rounds, then it drains at half the rate. */
    @Test
    void drainsWhenThePipeIsFull() {
        inflight = 100 * MSS + 1;
        rounds(3, RATE);
        expect(BbrState.STARTUP);
        assertPacing(2.77 * 0.99 * RATE);
        assertThat(bbr.model.loss.inflightLatest()).isPositive();
        round(RATE);
        expect(BbrState.DRAIN);
        assertPacing(0.5 * 0.99 * RATE);
        within(MSS, RATE);
        expect(BbrState.DRAIN);
        inflight = 100 * MSS;
        within(MSS, RATE);
        assertThat(bbr.phase()).isNotEqualTo(BbrState.DRAIN);
    }

    @Test
    void drainsForThreeRoundsAtMost() {
        inflight = 200 * MSS;
        until(BbrState.DRAIN);
        rounds(3, RATE);
        expect(BbrState.DRAIN);
        round(RATE);
        expect(BbrState.PROBE_BW_DOWN);
    }

    /** Whatever is in flight goes below the product, and leaves others 15 % of the bound. */
    @ParameterizedTest
    @CsvSource({"1000, 100000, 100001", "80, 68000, 68001"})
    void cruisesOnceTheQueueIsGone(int bound, long cruises, long not) {
        inflight = 200 * MSS;
        until(BbrState.PROBE_BW_DOWN);
        bbr.model.volume.bound((long) bound * MSS);
        txInFlight = MSS;
        inflight = not;
        within(MSS, RATE);
        expect(BbrState.PROBE_BW_DOWN);
        inflight = cruises;
        within(MSS, RATE);
        expect(BbrState.PROBE_BW_CRUISE);
    }

    @Test
    void cruisingHasNoShorterBoundThanTheLongOne() {
        inflight = 200 * MSS;
        until(BbrState.PROBE_BW_DOWN);
        bbr.model.volume.bound(80 * MSS);
        bbr.model.loss.boundShortterm(90 * MSS);
        txInFlight = MSS;
        inflight = 10 * MSS;
        within(MSS, RATE);
        expect(BbrState.PROBE_BW_CRUISE);
        assertThat(bbr.model.loss.inflightShortterm()).isEqualTo(80 * MSS);
    }

    /** Two to three seconds of rounds of 100 ms; down or cruising. */
    @ParameterizedTest
    @CsvSource({"90, PROBE_BW_CRUISE", "150, PROBE_BW_DOWN"})
    void probesAfterTwoToThreeSeconds(long segments, BbrState state) {
        inflight = segments * MSS;
        until(state);
        bbr.model.loss.boundShortterm(90 * MSS);
        assertThat(until(BbrState.PROBE_BW_REFILL)).isBetween(20, 31);
        assertThat(bbr.model.loss.inflightShortterm()).isEqualTo(BbrLoss.NO_BOUND);
        assertPacing(0.99 * RATE);
        round(RATE);
        expect(BbrState.PROBE_BW_UP);
        assertPacing(1.25 * 0.99 * RATE);
    }

    @Test
    void whenItIsTimeToProbeItDoesNotCruiseFirst() {
        inflight = 150 * MSS;
        until(BbrState.PROBE_BW_DOWN);
        now += 3001 * MILLI;
        inflight = 90 * MSS;
        within(MSS, RATE);
        expect(BbrState.PROBE_BW_REFILL);
    }

    /** Or after as many rounds as segments are the product; these are of 10 ms. */
    @Test
    void probesOfThinPathsSooner() {
        step = 10 * MILLI;
        until(BbrState.PROBE_BW_CRUISE);
        bbr.model.bandwidth.replace(0.2e6);
        int rounds = 0;
        for (; bbr.phase() != BbrState.PROBE_BW_REFILL; rounds++) {
            round(0.2e6);
        }
        assertThat(rounds).isBetween(19, 20);
    }

    @Test
    void refillsForAWholeRound() {
        until(BbrState.PROBE_BW_CRUISE);
        rounds(15, RATE);
        now += 3000 * MILLI;
        see(delivered - 1, MSS, RATE);
        long began = delivered;
        expect(BbrState.PROBE_BW_REFILL);
        see(began - 1, MSS, RATE);
        expect(BbrState.PROBE_BW_REFILL);
        see(began, MSS, RATE);
        expect(BbrState.PROBE_BW_UP);
    }

    @Test
    void probesUntilThreeRoundsShowNoMore() {
        until(BbrState.PROBE_BW_UP);
        rounds(2, RATE);
        expect(BbrState.PROBE_BW_UP);
        round(1.3 * RATE);
        rounds(2, 1.3 * RATE);
        expect(BbrState.PROBE_BW_UP);
        inflight = 200 * MSS;
        round(1.3 * RATE);
        expect(BbrState.PROBE_BW_DOWN);
        assertThat(bbr.model.loss.inflightLatest()).as("signals begin anew").isEqualTo(50 * MSS);
    }

    /** Where there was no queue, and the rate doesn't grow by five per cent. */
    @ParameterizedTest
    @CsvSource({"1.04, 120, PROBE_BW_DOWN", "1.06, 120, PROBE_BW_UP", "1.04, 108, PROBE_BW_UP"})
    void aProbeThatOnlyQueuesEndsAfterTwoRounds(double growth, long millis, BbrState state) {
        until(BbrState.PROBE_BW_UP);
        inflight = 200 * MSS;
        rtt = millis * MILLI;
        round(growth * RATE);
        within(MSS, growth * RATE);
        expect(BbrState.PROBE_BW_UP);
        round(growth * RATE);
        expect(state);
    }

    @Test
    void aProbeEndsForItsQueueOnlyAtTheEndOfARound() {
        until(BbrState.PROBE_BW_UP);
        inflight = 200 * MSS;
        rounds(2, RATE);
        rtt = 120 * MILLI;
        within(MSS, RATE);
        expect(BbrState.PROBE_BW_UP);
    }

    @Test
    void aQueueThatStoodBeforeEndsNoProbe() {
        until(BbrState.PROBE_BW_CRUISE);
        rtt = 120 * MILLI;
        until(BbrState.PROBE_BW_UP);
        inflight = 200 * MSS;
        rounds(2, RATE);
        expect(BbrState.PROBE_BW_UP);
        round(RATE);
        expect(BbrState.PROBE_BW_DOWN);
    }

    /** While the bound limits, and all of the window is used, it rises, and no plateau shows. */
    @Test
    void theBoundRisesWhileAProbeIsClean() {
        until(BbrState.PROBE_BW_UP);
        bbr.model.volume.bound(100 * MSS);
        cwndLimited = true;
        for (int i = 0; i < 5; i++) {
            round(RATE);
            within(MSS, RATE);
            within(MSS, RATE);
        }
        expect(BbrState.PROBE_BW_UP);
        assertThat(volume()).isGreaterThan(105 * MSS);
        cwndLimited = false;
        long before = volume();
        rounds(2, RATE);
        expect(BbrState.PROBE_BW_UP);
        assertThat(volume()).as("the window was not used").isEqualTo(before);
        round(RATE);
        assertThat(bbr.phase()).as("a plateau").isNotEqualTo(BbrState.PROBE_BW_UP);
    }

    @Test
    void aBoundAboveTheWindowDoesNotRise() {
        until(BbrState.PROBE_BW_UP);
        bbr.model.volume.bound(1000 * MSS);
        cwndLimited = true;
        rounds(3, RATE);
        assertThat(bbr.phase()).as("a plateau").isNotEqualTo(BbrState.PROBE_BW_UP);
        assertThat(volume()).isEqualTo(1000 * MSS);
    }

    @Test
    void theBoundRisesInProbesOnly() {
        inflight = 200 * MSS;
        until(BbrState.PROBE_BW_DOWN);
        bbr.model.volume.bound(100 * MSS);
        cwndLimited = true;
        rounds(6, RATE);
        expect(BbrState.PROBE_BW_DOWN);
        assertThat(bbr.cwnd()).isEqualTo(100 * MSS);
        assertThat(volume()).isEqualTo(100 * MSS);
    }

    /** The first round of a probe adds one segment for a window of them. */
    @Test
    void eachProbeBeginsToRaiseTheBoundSlowly() {
        for (int probe = 0; probe < 2; probe++) {
            until(BbrState.PROBE_BW_REFILL);
            bbr.model.volume.bound(100 * MSS);
            within(MSS, RATE);
            round(RATE);
            expect(BbrState.PROBE_BW_UP);
            assertThat(bbr.cwnd()).isEqualTo(100 * MSS);
            cwndLimited = true;
            within(99 * MSS, RATE);
            assertThat(volume()).isEqualTo(100 * MSS);
            within(MSS, RATE);
            assertThat(volume()).isEqualTo(101 * MSS);
            rounds(4, RATE);
            cwndLimited = false;
            until(BbrState.PROBE_BW_DOWN);
        }
    }

    /** A packet that arrived proves that its flight was no harm. */
    @Test
    void whatWasInFlightWithoutHarmIsNoLessThanTheBound() {
        until(BbrState.PROBE_BW_CRUISE);
        bbr.model.volume.bound(80 * MSS);
        txInFlight = 85 * MSS;
        lostSinceSent = 85 * MSS / 50 + 1;
        within(MSS, RATE);
        assertThat(volume()).as("it was: more than two per cent were lost").isEqualTo(80 * MSS);
        lostSinceSent--;
        within(MSS, RATE);
        assertThat(volume()).isEqualTo(85 * MSS);
    }

    /** 5.5.4: two cycles of probing; one ends with its feedback, unless little was sent. */
    @Test
    void theBandwidthIsForgottenAfterTwoCycles() {
        for (boolean limited : new boolean[] {false, true}) {
            BbrPhasesTest other = new BbrPhasesTest();
            other.establish();
            other.until(BbrState.PROBE_BW_CRUISE);
            other.rounds(2, 0.95 * RATE); // the feedback is over
            other.until95(BbrState.PROBE_BW_UP);
            other.until95(BbrState.PROBE_BW_DOWN);
            assertThat(other.bbr.model.bandwidth.max()).isEqualTo(RATE);
            other.appLimited = limited;
            other.round(0.95 * RATE);
            other.appLimited = false;
            other.rounds(3, 0.95 * RATE);
            assertThat(other.bbr.model.bandwidth.max()).isEqualTo(limited ? RATE : 0.95 * RATE);
        }
    }

    private void until95(BbrState state) {
        while (bbr.phase() != state) {
            round(0.95 * RATE);
        }
    }

    /** Five seconds after the minimum was seen last. */
    private void untilProbeRtt() {
        rtt = 101 * MILLI;
        until(BbrState.PROBE_RTT);
    }

    @Test
    void looksForTheRttAfterFiveSeconds() {
        until(BbrState.PROBE_BW_CRUISE);
        assertThat(bbr.cwnd()).isGreaterThan(150 * MSS);
        untilProbeRtt();
        bbr.model.loss.boundShortterm(190 * MSS);
        assertThat(bbr.limitsSamples()).isTrue();
        assertThat(bbr.cwnd()).as("half a product").isEqualTo(50 * MSS);
        rounds(5, RATE);
        expect(BbrState.PROBE_RTT);
        inflight = 50 * MSS;
        round(RATE);
        round(RATE);
        expect(BbrState.PROBE_RTT);
        now += 101 * MILLI;
        within(MSS, RATE);
        expect(BbrState.PROBE_BW_CRUISE);
        assertThat(bbr.limitsSamples()).isFalse();
        assertThat(bbr.model.loss.inflightShortterm()).isEqualTo(BbrLoss.NO_BOUND);
        assertThat(bbr.cwnd()).as("as before").isGreaterThan(150 * MSS);
        long left = now;
        until(BbrState.PROBE_RTT);
        assertThat(now - left).isBetween(5000 * MILLI, 5200 * MILLI);
    }

    /** What comes back of a probe that was under way ends it, and a wait begins. */
    @Test
    void lookingForTheRttEndsAProbe() {
        untilProbeRtt();
        inflight = 50 * MSS;
        rounds(4, RATE);
        expect(BbrState.PROBE_BW_CRUISE);
        assertThat(until(BbrState.PROBE_BW_REFILL)).isBetween(19, 31);
    }

    @Test
    void afterwardsItGoesOnWithStartupIfThePipeWasNotFull() {
        inflight = 2 * MSS;
        double rate = 10_000;
        for (int i = 0; bbr.phase() != BbrState.PROBE_RTT; i++) {
            assertThat(i).isLessThan(60);
            rtt = 101 * MILLI;
            bbr.model.bandwidth.restartCheck(0);
            round(rate);
        }
        for (int i = 0; i < 4; i++) {
            bbr.model.bandwidth.restartCheck(0);
            round(rate);
        }
        expect(BbrState.STARTUP);
    }

    @Test
    void anInvalidSampleCountsForTheRttAndTheWindowOnly() {
        until(BbrState.PROBE_BW_CRUISE);
        rounds(4, RATE);
        assertThat(bbr.cwnd()).isGreaterThan(150 * MSS);
        rtt = 40 * MILLI;
        now += 4000 * MILLI;
        see(delivered, MSS, -1);
        expect(BbrState.PROBE_BW_CRUISE);
        assertThat(bbr.model.minRtt.get()).isEqualTo(40 * MILLI);
        assertThat(bbr.cwnd()).as("two products of 40, and extra").isLessThanOrEqualTo(130 * MSS);
    }

    /** 5.3.1.3: six separate losses, in a whole round of recovery, and a queue. */
    @ParameterizedTest
    @CsvSource({
        "6, 5, 1, ENTER_FAST, DRAIN",
        "5, 5, 1, ENTER_FAST, STARTUP",
        "6, 2, 1, ENTER_FAST, STARTUP",
        "6, 5, 0, ENTER_FAST, STARTUP",
        "6, 5, 1, ENTER_RTO, STARTUP",
        "6, 25, 0, ENTER_FAST, STARTUP",
        "6, 26, 0, ENTER_FAST, DRAIN",
        "5, 26, 0, ENTER_FAST, STARTUP"
    })
    void startupEndsByLoss(
            int losses, int percent, int wholeRounds, RecoveryEvent how, BbrState is) {
        rtt = 120 * MILLI;
        inflight = 200 * MSS;
        rounds(2, RATE);
        event(how, 100 * MSS);
        bbr.model.bandwidth.restartCheck(0);
        if (wholeRounds > 0) {
            round(RATE);
        }
        for (int i = 0; i < losses; i++) {
            lose(1, 100 * MSS);
        }
        txInFlight = 100 * MSS;
        lostSinceSent = (long) percent * MSS;
        if (wholeRounds > 0) {
            round(RATE);
        } else {
            see(delivered - 1, MSS, RATE);
        }
        expect(is);
        assertThat(volume()).isEqualTo(is == BbrState.DRAIN ? 100 * MSS : BbrVolume.NO_BOUND);
    }

    @Test
    void theBoundAfterStartupIsWhatWasDeliveredInARoundIfThatIsMore() {
        rounds(2, RATE);
        inflight = 200 * MSS;
        for (int i = 0; i < 6; i++) {
            lose(1, 100 * MSS);
        }
        txInFlight = 100 * MSS;
        lostSinceSent = 50 * MSS;
        see(0, 40 * MSS, RATE);
        expect(BbrState.DRAIN);
        assertThat(volume()).isEqualTo(140 * MSS);
        assertThat(bbr.model.loss.inflightLatest()).as("draining begins without").isZero();
    }
}
