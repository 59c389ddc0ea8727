package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import io.culvert.netstack.CongestionControl.RecoveryEvent;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What loss, recovery, silence and another segment size do (draft-ietf-ccwg-bbr, 5.4, 5.5.10). */
class BbrEventsTest extends BbrFlow {
    @BeforeEach
    void begin() {
        establish();
    }

    /** The product is 100 segments: 70 % of it is the least that a probe's loss leaves. */
    @ParameterizedTest
    @CsvSource({"100, 99", "50, 70"})
    void aProbeThatLosesTooMuchEndsAndBoundsTheVolume(int flight, int bound) {
        until(BbrState.PROBE_BW_UP);
        inflight = 200 * MSS;
        lose(2, 100 * MSS);
        expect(BbrState.PROBE_BW_UP);
        assertThat(volume()).as("two per cent are borne").isEqualTo(BbrVolume.NO_BOUND);
        lose(5, (long) flight * MSS);
        expect(BbrState.PROBE_BW_DOWN);
        assertThat(volume()).isEqualTo((long) bound * MSS);
        assertThat(bbr.model.loss.inflightLatest()).as("signals begin anew").isZero();
        lose(50, 80 * MSS);
        assertThat(volume()).as("only the first excess counts").isEqualTo((long) bound * MSS);
    }

    /** 0.7 of what the window allows, if that is less than the product. */
    @Test
    void theWindowIsTheTargetWhereItIsLessThanTheProduct() {
        until(BbrState.PROBE_BW_UP);
        event(RecoveryEvent.ENTER_RTO, 49 * MSS);
        assertThat(bbr.cwnd()).isEqualTo(50 * MSS);
        lose(5, 20 * MSS);
        assertThat(volume()).isEqualTo(35 * MSS);
    }

    @Test
    void theLossOfAnApplicationLimitedPacketBoundsNothing() {
        until(BbrState.PROBE_BW_UP);
        bbr.onLost(now, MSS, 100 * MSS, 0, true, 5 * MSS, true);
        expect(BbrState.PROBE_BW_DOWN);
        assertThat(volume()).isEqualTo(BbrVolume.NO_BOUND);
    }

    @Test
    void lossIsCountedFromWhenThePacketWasSent() {
        until(BbrState.PROBE_BW_UP);
        bbr.onLost(now, MSS, 100 * MSS, 50 * MSS, false, 52 * MSS, true);
        expect(BbrState.PROBE_BW_UP);
    }

    @Test
    void whatIsLostWithoutAProbeBoundsNothing() {
        until(BbrState.PROBE_BW_CRUISE);
        round(RATE);
        lose(50, 100 * MSS);
        expect(BbrState.PROBE_BW_CRUISE);
        assertThat(volume()).isEqualTo(BbrVolume.NO_BOUND);
    }

    /** A round of feedback, whatever the state then is. */
    @Test
    void theLossOfAProbeCountsForARoundAfterIt() {
        until(BbrState.PROBE_BW_UP);
        until(BbrState.PROBE_BW_DOWN);
        lose(5, 100 * MSS);
        assertThat(volume()).isEqualTo(99 * MSS);
        BbrEventsTest other = new BbrEventsTest();
        other.establish();
        other.until(BbrState.PROBE_BW_UP);
        other.until(BbrState.PROBE_BW_DOWN);
        other.round(RATE);
        other.lose(5, 100 * MSS);
        assertThat(other.volume()).isEqualTo(BbrVolume.NO_BOUND);
    }

    @Test
    void lookingForTheRttEndsTheFeedbackAsWell() {
        until(BbrState.PROBE_BW_UP);
        rtt = 101 * MILLI;
        now += 5000 * MILLI;
        within(MSS, RATE);
        expect(BbrState.PROBE_RTT);
        round(RATE);
        lose(5, 100 * MSS);
        assertThat(volume()).isEqualTo(BbrVolume.NO_BOUND);
    }

    @Test
    void afterALossyProbeARoundBegins() {
        until(BbrState.PROBE_BW_UP);
        inflight = 200 * MSS;
        within(50 * MSS, RATE);
        lose(5, 100 * MSS);
        see(delivered - 1, MSS, RATE);
        assertThat(bbr.model.rounds.started()).isFalse();
        see(delivered - 1, MSS, RATE);
        assertThat(bbr.model.rounds.started()).isTrue();
    }

    /** What was delivered shows the excess as well. */
    @ParameterizedTest
    @CsvSource({"false, 150", "true, 0"})
    void aSampleOfAProbeThatLostTooMuchEndsIt(boolean limited, int bound) {
        until(BbrState.PROBE_BW_UP);
        inflight = 200 * MSS;
        txInFlight = 150 * MSS;
        lostSinceSent = 3 * MSS + 1;
        appLimited = limited;
        within(MSS, RATE);
        expect(BbrState.PROBE_BW_DOWN);
        assertThat(volume()).isEqualTo(limited ? BbrVolume.NO_BOUND : (long) bound * MSS);
    }

    /** The next probe stops at the bound; when that is clean, the one after it follows at once. */
    @Test
    void theProbeAfterALossyOneIsCautious() {
        until(BbrState.PROBE_BW_UP);
        lose(5, 100 * MSS); // the bound is 99
        until(BbrState.PROBE_BW_UP);
        cwndLimited = true;
        inflight = 98 * MSS;
        within(MSS, RATE);
        expect(BbrState.PROBE_BW_UP);
        inflight = volume();
        within(MSS, RATE);
        expect(BbrState.PROBE_BW_DOWN);
        round(RATE);
        expect(BbrState.PROBE_BW_REFILL);
        round(RATE);
        expect(BbrState.PROBE_BW_UP);
        inflight = volume();
        within(MSS, RATE);
        assertThat(bbr.phase()).as("no longer cautious").isEqualTo(BbrState.PROBE_BW_UP);
        inflight = 200 * MSS;
        cwndLimited = false;
        until(BbrState.PROBE_BW_DOWN);
        round(RATE);
        assertThat(bbr.phase()).as("nor followed at once").isEqualTo(BbrState.PROBE_BW_DOWN);
    }

    @Test
    void aCautiousProbeThatLosesIsNotFollowedAtOnce() {
        until(BbrState.PROBE_BW_UP);
        lose(5, 100 * MSS);
        until(BbrState.PROBE_BW_UP);
        inflight = volume();
        within(MSS, RATE);
        expect(BbrState.PROBE_BW_DOWN);
        lose(5, 100 * MSS);
        round(RATE);
        expect(BbrState.PROBE_BW_DOWN);
    }

    /** After a plateau a probe isn't cautious: it found the end of the bandwidth. */
    @Test
    void aProbeThatEndsByAPlateauEndsTheCaution() {
        until(BbrState.PROBE_BW_UP);
        lose(5, 100 * MSS);
        until(BbrState.PROBE_BW_UP);
        inflight = 10 * MSS;
        until(BbrState.PROBE_BW_CRUISE);
        until(BbrState.PROBE_BW_UP);
        inflight = volume();
        within(MSS, RATE);
        expect(BbrState.PROBE_BW_UP);
    }

    /**
     * A segment of what was delivered in the round, and itself: more than two per cent below 50.
     */
    @ParameterizedTest
    @CsvSource({"49500, PROBE_BW_UP", "48000, PROBE_BW_DOWN"})
    void aRepairedTailIsALossOfASegment(long latest, BbrState state) {
        until(BbrState.PROBE_BW_REFILL);
        now += RTT;
        see(delivered - 1, MSS, RATE);
        see(delivered, latest, RATE);
        expect(BbrState.PROBE_BW_UP);
        assertThat(bbr.model.loss.inflightLatest()).isEqualTo(latest);
        inflight = 200 * MSS;
        bbr.onTlpRepaired(now, false);
        expect(state);
        assertThat(bbr.model.loss.events()).isPositive();
    }

    @Test
    void afterRecoveryTheWindowIsTheLargestSinceItBegan() {
        until(BbrState.PROBE_BW_CRUISE);
        rounds(4, RATE);
        long before = bbr.cwnd();
        assertThat(before).isGreaterThan(150 * MSS);
        event(RecoveryEvent.ENTER_FAST, 90 * MSS);
        bbr.model.bandwidth.replace(0.3e6);
        within(MSS, 0.3e6);
        assertThat(bbr.cwnd()).isLessThan(before);
        event(RecoveryEvent.ENTER_RTO, 2 * MSS);
        assertThat(bbr.cwnd()).as("what is in flight and a segment").isEqualTo(3 * MSS);
        event(RecoveryEvent.ENTER_RTO, 0);
        assertThat(bbr.cwnd()).isEqualTo(MSS);
        bbr.model.loss.forgetShortterm();
        event(RecoveryEvent.EXIT, 0);
        assertThat(bbr.cwnd()).isEqualTo(before);
        event(RecoveryEvent.ENTER_RTO, 2 * MSS);
        event(RecoveryEvent.EXIT, 0);
        assertThat(bbr.cwnd()).isEqualTo(before);
        bbr.model.loss.forgetShortterm();
        within(MSS, 0.3e6);
        long less = bbr.cwnd();
        assertThat(less).isLessThan(before);
        event(RecoveryEvent.ENTER_FAST, 0);
        event(RecoveryEvent.EXIT, 0);
        assertThat(bbr.cwnd()).as("an earlier recovery is over").isEqualTo(less);
    }

    @ParameterizedTest
    @CsvSource({"EXIT", "SPURIOUS"})
    void afterATimeoutTheWindowIsThatOfBefore(RecoveryEvent end) {
        until(BbrState.PROBE_BW_CRUISE);
        rounds(4, RATE);
        event(RecoveryEvent.ENTER_FAST, 90 * MSS);
        event(RecoveryEvent.EXIT, 90 * MSS);
        bbr.model.bandwidth.replace(0.3e6);
        within(MSS, 0.3e6);
        long before = bbr.cwnd();
        event(RecoveryEvent.ENTER_RTO, 2 * MSS);
        assertThat(bbr.cwnd()).isEqualTo(3 * MSS);
        event(end, 0);
        assertThat(bbr.cwnd()).isEqualTo(before);
    }

    @Test
    void theBoundsHoldAfterRecoveryAtOnce() {
        until(BbrState.PROBE_BW_CRUISE);
        rounds(4, RATE);
        event(RecoveryEvent.ENTER_FAST, 90 * MSS);
        bbr.model.volume.bound(100 * MSS);
        event(RecoveryEvent.EXIT, 90 * MSS);
        assertThat(bbr.cwnd()).isEqualTo(85 * MSS);
    }

    @Test
    void aRecoveryThatBeginsWhileLookingForTheRttKeepsTheWindowOfBefore() {
        until(BbrState.PROBE_BW_CRUISE);
        rtt = 101 * MILLI;
        rounds(3, RATE);
        long before = bbr.cwnd();
        until(BbrState.PROBE_RTT);
        assertThat(bbr.cwnd()).isEqualTo(50 * MSS);
        event(RecoveryEvent.ENTER_FAST, 50 * MSS);
        event(RecoveryEvent.EXIT, 50 * MSS);
        assertThat(bbr.cwnd()).as("still looking").isEqualTo(50 * MSS);
        inflight = 50 * MSS;
        rounds(4, RATE);
        assertThat(bbr.phase()).isNotEqualTo(BbrState.PROBE_RTT);
        assertThat(bbr.cwnd()).isGreaterThanOrEqualTo(before);
    }

    /** Linux: where no loss is expected and no bound is set, the window is one. */
    @ParameterizedTest
    @CsvSource({
        "PROBE_BW_CRUISE, false, true",
        "PROBE_BW_CRUISE, true, false",
        "PROBE_BW_UP, false, false",
        "PROBE_BW_REFILL, false, false"
    })
    void aTimeoutBoundsTheVolumeWhereNoLossIsExpected(
            BbrState state, boolean bounded, boolean window) {
        until(state);
        if (bounded) {
            bbr.model.loss.boundShortterm(70 * MSS);
        }
        long cwnd = bbr.cwnd();
        event(RecoveryEvent.ENTER_RTO, 2 * MSS);
        long other = bounded ? 70 * MSS : BbrLoss.NO_BOUND;
        assertThat(bbr.model.loss.inflightShortterm()).isEqualTo(window ? cwnd : other);
    }

    @ParameterizedTest
    @CsvSource({"ENTER_RTO", "SPURIOUS"})
    void aTimeoutOrAnUndoBeginsTheSearchForAPlateauAnew(RecoveryEvent event) {
        inflight = 200 * MSS;
        rounds(3, RATE); // the next would be the third without growth
        event(event, 90 * MSS);
        rounds(3, RATE);
        expect(BbrState.STARTUP);
        round(RATE);
        expect(BbrState.DRAIN);
    }

    @Test
    void aProbeThatEndedForALossThatWasNoneBeginsAgain() {
        until(BbrState.PROBE_BW_UP);
        event(RecoveryEvent.ENTER_FAST, 90 * MSS);
        lose(5, 100 * MSS);
        expect(BbrState.PROBE_BW_DOWN);
        assertThat(volume()).isEqualTo(99 * MSS);
        event(RecoveryEvent.SPURIOUS, 90 * MSS);
        expect(BbrState.PROBE_BW_REFILL);
        assertThat(volume()).isEqualTo(BbrVolume.NO_BOUND);
    }

    @Test
    void startupThatEndedForALossThatWasNoneGoesOn() {
        inflight = 200 * MSS;
        rounds(2, RATE);
        event(RecoveryEvent.ENTER_FAST, 90 * MSS);
        for (int i = 0; i < 6; i++) {
            lose(1, 100 * MSS);
        }
        txInFlight = 100 * MSS;
        lostSinceSent = 30 * MSS;
        within(MSS, RATE);
        expect(BbrState.DRAIN);
        lostSinceSent = 0;
        event(RecoveryEvent.SPURIOUS, 90 * MSS);
        expect(BbrState.STARTUP);
        assertThat(bbr.model.bandwidth.isReached()).isFalse();
        assertThat(volume()).isEqualTo(BbrVolume.NO_BOUND);
    }

    /** Cruising it was, cruising it stays; the bounds are as before. */
    @Test
    void boundsForALossThatWasNoneAreTakenBack() {
        until(BbrState.PROBE_BW_CRUISE);
        event(RecoveryEvent.ENTER_FAST, 90 * MSS);
        lose(5, 100 * MSS);
        lost += 20 * MSS;
        bbr.model.bandwidth.replace(2 * RATE);
        round(RATE);
        assertThat(bbr.model.loss.bwShortterm()).isEqualTo(1.4 * RATE);
        assertThat(bbr.model.loss.inflightShortterm()).isLessThan(200 * MSS);
        event(RecoveryEvent.SPURIOUS, 90 * MSS);
        expect(BbrState.PROBE_BW_CRUISE);
        assertThat(bbr.model.loss.bwShortterm()).isInfinite();
        assertThat(bbr.model.loss.inflightShortterm()).isEqualTo(BbrLoss.NO_BOUND);
    }

    @Test
    void lookingForTheRttIsNotUndone() {
        until(BbrState.PROBE_BW_UP);
        lose(5, 100 * MSS);
        rtt = 101 * MILLI;
        now += 5000 * MILLI;
        within(MSS, RATE);
        expect(BbrState.PROBE_RTT);
        event(RecoveryEvent.SPURIOUS, 50 * MSS);
        expect(BbrState.PROBE_RTT);
    }

    @Test
    void whatWasLostWhileDrainingOrCruisingChangesNoState() {
        inflight = 200 * MSS;
        until(BbrState.DRAIN);
        lose(1, 100 * MSS);
        until(BbrState.PROBE_BW_DOWN);
        event(RecoveryEvent.SPURIOUS, 50 * MSS);
        expect(BbrState.PROBE_BW_DOWN);
        assertThat(bbr.model.bandwidth.isReached()).isTrue();
    }

    /** While probing for bandwidth at the known rate, whatever the phase's gain was. */
    @ParameterizedTest
    @CsvSource({"true, 0.99", "false, 0.891"})
    void goesOnAtTheKnownRateAfterSilence(boolean applicationWasSilent, double share) {
        inflight = 200 * MSS;
        until(BbrState.PROBE_BW_DOWN);
        bbr.onRestart(now, applicationWasSilent);
        assertThat((double) bbr.pacingRate()).isCloseTo(share * RATE, offset(1.0));
    }

    @Test
    void aSilenceInStartupLeavesItsRate() {
        rounds(2, RATE);
        long rate = bbr.pacingRate();
        bbr.model.bandwidth.replace(9 * RATE);
        bbr.onRestart(now, true);
        assertThat(bbr.pacingRate()).isEqualTo(rate);
    }

    @Test
    void extraAcksAreCountedAnewAfterSilence() {
        until(BbrState.PROBE_BW_CRUISE);
        now += RTT;
        within(MSS, RATE);
        now += MILLI / 2; // half a segment was expected
        bbr.onRestart(now, true);
        within(80 * MSS, RATE);
        assertThat(bbr.model.extraAcked.get()).isEqualTo(80 * MSS);
    }

    @Test
    void aSilenceOfTwoHundredMillisecondsShowsTheRtt() {
        until(BbrState.PROBE_BW_CRUISE);
        rtt = 101 * MILLI;
        inflight = 0;
        within(MSS, RATE);
        inflight = 90 * MSS;
        now += 200 * MILLI;
        bbr.onRestart(now, true);
        within(MSS, RATE);
        now += 5000 * MILLI;
        within(MSS, RATE);
        assertThat(bbr.phase()).isNotEqualTo(BbrState.PROBE_RTT);
        now++;
        within(MSS, RATE);
        expect(BbrState.PROBE_RTT);
    }

    /** Once data of after the silence is delivered, it may be looked for. */
    @ParameterizedTest
    @CsvSource({"true", "false"})
    void doesNotLookForTheRttRightAfterSilence(boolean applicationWasSilent) {
        until(BbrState.PROBE_BW_CRUISE);
        rtt = 101 * MILLI;
        mayBeDelayed = true;
        now += 5001 * MILLI;
        inflight = 0;
        bbr.onRestart(now, applicationWasSilent);
        inflight = 90 * MSS;
        bbr.model.minRtt.probed(now - 5001 * MILLI);
        see(0, 0, -1);
        if (applicationWasSilent) {
            assertThat(bbr.phase()).isNotEqualTo(BbrState.PROBE_RTT);
            within(MSS, RATE);
            assertThat(bbr.phase()).isNotEqualTo(BbrState.PROBE_RTT);
            within(MSS, RATE);
        }
        expect(BbrState.PROBE_RTT);
    }

    /** A silence ends the search for the RTT when its time is over. */
    @Test
    void aSilenceMayEndTheSearchForTheRtt() {
        rtt = 101 * MILLI;
        until(BbrState.PROBE_RTT);
        inflight = 0;
        within(MSS, RATE);
        now += 200 * MILLI;
        bbr.onRestart(now, true);
        expect(BbrState.PROBE_RTT);
        now++;
        bbr.onRestart(now, false);
        expect(BbrState.PROBE_RTT);
        bbr.onRestart(now, true);
        expect(BbrState.PROBE_BW_CRUISE);
    }

    @Test
    void fourSegmentsOfAnotherSizeAreTheLeast() {
        event(RecoveryEvent.ENTER_RTO, 0);
        bbr.onSmssChanged(1200);
        assertThat(bbr.cwnd()).isEqualTo(4800);
        assertThat(bbr.model.smss()).isEqualTo(1200);
        bbr.onSmssChanged(500);
        assertThat(bbr.cwnd()).isEqualTo(4800);
    }
}
