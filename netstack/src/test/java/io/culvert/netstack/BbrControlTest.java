package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** 1 MB/s and 100 ms, known: a product of 100 segments of 1000 bytes, initial window of ten. */
class BbrControlTest {
    private static final int MSS = BbrSamples.MSS;
    private static final long MILLI = BbrSamples.MILLI;

    private final BbrSamples path = new BbrSamples(BbrParameters.PROFILE);
    private final BbrModel model = path.model;
    private final BbrProbeRtt probeRtt = new BbrProbeRtt(model);
    private final BbrControl control = new BbrControl(model, probeRtt);

    @BeforeEach
    void open() {
        control.open(BbrSamples.RTT);
    }

    private void know() {
        path.round(1, 1e6);
        path.round(1, 1e6);
        assertThat(model.extraAcked.get()).isEqualTo(MSS);
        model.bandwidth.reached(true);
    }

    private void window(long bytes) {
        control.collapse(bytes - MSS);
        assertThat(control.cwnd()).isEqualTo(bytes);
    }

    /** A rate of 27.7 kB in such a time. */
    private void rateOver(long nanos) {
        control.initialPacingRate(nanos);
    }

    @Test
    void beginsWithTheInitialWindowAndTheGainOfStartup() {
        assertThat(control.cwnd()).isEqualTo(10 * MSS);
        assertThat(control.pacingRate()).isCloseTo(277_000, within(1e-6));
        rateOver(50 * MILLI);
        assertThat(control.pacingRate()).isCloseTo(554_000, within(1e-6));
        rateOver(Long.MAX_VALUE);
        assertThat(control.pacingRate()).as("at least one byte per second").isEqualTo(1);
    }

    /** A millisecond of the rate, two segments at least and 64 KiB at most. */
    @ParameterizedTest
    @CsvSource({
        "277_000_000, 1000", // 100 kB/s are thin
        "277_000, 100000",
        "2_770_000, 10000",
        "27_700_000, 2000",
        "184_000_000, 2000", // 150.5 kB/s
        "185_000_000, 1000" // 149.7 kB/s
    })
    void sendsAMillisecondAtOnce(String nanos, long quantum) {
        rateOver(Long.parseLong(nanos.replace("_", "")));
        assertThat(control.quantum()).isEqualTo(Math.min(quantum, 65_536));
    }

    /** Only below 1.2 Mb/s. */
    @Test
    void segmentsLeaveInPairsAtTwelveHundredKilobits() {
        model.open(MSS, 15 * MSS, BbrSamples.RTT, path.now);
        rateOver(277 * MILLI);
        assertThat(control.pacingRate()).isEqualTo(150_000);
        assertThat(control.quantum()).isEqualTo(2 * MSS);
    }

    private void queue(long rttMillis) {
        path.rtt = rttMillis * MILLI;
        path.round(1, 1e6);
        path.round(1, 1e6);
    }

    /** Two quanta, but not more than half of the queue nor a quarter of the window. */
    @Test
    void awaitsRoomForATrainThatTheQueueCovers() {
        know();
        rateOver(1_385_000); // 20 MB/s
        window(400 * MSS);
        assertThat(control.trainWorthAwaiting()).as("there is no queue").isZero();
        queue(300);
        assertThat(control.trainWorthAwaiting()).isEqualTo(40_000);
        window(120 * MSS);
        assertThat(control.trainWorthAwaiting()).isEqualTo(30_000);
        window(400 * MSS);
        queue(150);
        assertThat(control.trainWorthAwaiting()).as("50 ms of queue").isEqualTo(25_000);
    }

    @Test
    void awaitsNoTrainBelowTwentyKilobytes() {
        know();
        window(400 * MSS);
        queue(300);
        rateOver(2_705_078); // 10.24 MB/s
        assertThat(control.trainWorthAwaiting()).isEqualTo(20_480);
        rateOver(2_705_100);
        assertThat(control.trainWorthAwaiting()).isZero();
    }

    @Test
    void getsBackTheLargestWindowOfLate() {
        window(100 * MSS);
        control.save(false);
        control.collapse(20 * MSS);
        assertThat(control.cwnd()).isEqualTo(21 * MSS);
        assertThat(control.saved()).isEqualTo(100 * MSS);
        control.save(true);
        assertThat(control.saved()).as("it was reduced already").isEqualTo(100 * MSS);
        control.restore();
        assertThat(control.cwnd()).isEqualTo(100 * MSS);
        window(60 * MSS);
        control.save(false);
        window(10 * MSS);
        control.restore();
        assertThat(control.cwnd()).as("that of an earlier time is gone").isEqualTo(60 * MSS);
        window(70 * MSS);
        control.save(true);
        window(MSS);
        control.restore();
        assertThat(control.cwnd()).isEqualTo(70 * MSS);
        window(80 * MSS);
        assertThat(control.saved()).isEqualTo(80 * MSS);
    }

    @Test
    void keepsFourSegmentsAtLeast() {
        control.collapse(0);
        assertThat(control.cwnd()).as("after a time-out one").isEqualTo(MSS);
        control.atLeastMinimum();
        assertThat(control.cwnd()).isEqualTo(4 * MSS);
        window(5 * MSS);
        control.atLeastMinimum();
        assertThat(control.cwnd()).isEqualTo(5 * MSS);
    }

    /** The product, three quanta, or four segments; probing up two segments more. */
    @Test
    void whatARateHasInFlightHasRoomForWhatHostsCollect() {
        know();
        assertThat(control.inflightAt(1e6, 1, BbrState.PROBE_BW_CRUISE)).isEqualTo(100 * MSS);
        assertThat(control.inflightAt(1e6, 2, BbrState.STARTUP)).isEqualTo(200 * MSS);
        assertThat(control.inflightAt(1e6, 2.25, BbrState.PROBE_BW_UP)).isEqualTo(227 * MSS);
        assertThat(control.inflightAt(10_000, 1, BbrState.PROBE_BW_DOWN))
                .as("quanta of two segments")
                .isEqualTo(6 * MSS);
        rateOver(277 * MILLI);
        assertThat(control.inflightAt(10_000, 1, BbrState.PROBE_BW_DOWN))
                .as("quanta of one")
                .isEqualTo(4 * MSS);
    }

    /** A quick path of 0.1 ms: ten times its product; by the draft three quanta. */
    @Test
    void aMillisecondIsInFlightHoweverShortThePathIs() {
        assertThat(inFlightOverShortPath(BbrParameters.PROFILE)).isEqualTo(500_000);
        assertThat(inFlightOverShortPath(BbrParameters.DRAFT)).isEqualTo(3 * 65_536);
    }

    private static long inFlightOverShortPath(BbrParameters parameters) {
        BbrSamples quick = new BbrSamples(parameters);
        quick.rtt = MILLI / 10;
        quick.round(1, 5e8);
        BbrControl ofQuick = new BbrControl(quick.model, new BbrProbeRtt(quick.model));
        ofQuick.open(quick.rtt);
        return ofQuick.inflightAt(5e8, 2, BbrState.PROBE_BW_CRUISE);
    }

    /** One per cent is left unused; before the pipe was full the rate only rises. */
    @Test
    void pacesAtTheBandwidthLessAMargin() {
        control.pace(1);
        assertThat(control.pacingRate())
                .as("no bandwidth is known")
                .isCloseTo(277_000, within(1e-6));
        know();
        model.bandwidth.reached(false);
        control.pace(1);
        assertThat(control.pacingRate()).isCloseTo(990_000, within(1e-6));
        control.pace(0.5);
        assertThat(control.pacingRate()).isCloseTo(990_000, within(1e-6));
        model.bandwidth.reached(true);
        control.pace(0.5);
        assertThat(control.pacingRate()).isCloseTo(495_000, within(1e-6));
        control.pace(1.25);
        assertThat(control.pacingRate()).isCloseTo(1_237_500, within(1e-6));
        model.bandwidth.replace(0.1);
        control.pace(1);
        assertThat(control.pacingRate()).isEqualTo(1);
    }

    @Test
    void aRateOfNothingIsNone() {
        model.bandwidth.reached(true);
        control.pace(1);
        assertThat(control.pacingRate()).isCloseTo(277_000, within(1e-6));
    }

    private void update(BbrState state, long acked, long deliveredTotal) {
        path.sample.newlyAcked = acked;
        path.sample.deliveredTotal = deliveredTotal;
        control.update(path.sample, state);
    }

    @Test
    void theWindowGrowsByWhatIsAcknowledgedToTwiceTheProduct() {
        know();
        window(190 * MSS);
        update(BbrState.PROBE_BW_CRUISE, 5 * MSS, 1 << 20);
        assertThat(control.cwnd()).isEqualTo(195 * MSS);
        assertThat(control.pacingRate()).isCloseTo(990_000, within(1e-6));
        update(BbrState.PROBE_BW_CRUISE, 50 * MSS, 1 << 20);
        assertThat(control.cwnd()).as("and a segment that came at once").isEqualTo(201 * MSS);
        update(BbrState.PROBE_BW_UP, 60 * MSS, 1 << 20);
        assertThat(control.cwnd()).isEqualTo((250 + 2 + 1) * MSS);
        assertThat(control.pacingRate()).isCloseTo(1_237_500, within(1e-6));
        update(BbrState.PROBE_BW_DOWN, 0, 1 << 20);
        assertThat(control.cwnd()).isEqualTo(201 * MSS);
    }

    @Test
    void inStartupItGrowsUntilItIsTwiceTheProductAndNeverShrinks() {
        know();
        model.bandwidth.reached(false);
        window(201 * MSS - 1);
        update(BbrState.STARTUP, 5 * MSS, 1 << 20);
        assertThat(control.cwnd()).isEqualTo(206 * MSS - 1);
        update(BbrState.STARTUP, 5 * MSS, 1 << 20);
        assertThat(control.cwnd()).isEqualTo(206 * MSS - 1);
        window(201 * MSS);
        update(BbrState.STARTUP, 5 * MSS, 20 * MSS);
        assertThat(control.cwnd()).isEqualTo(201 * MSS);
        update(BbrState.STARTUP, 5 * MSS, 20 * MSS - 1);
        assertThat(control.cwnd())
                .as("two initial windows were not delivered")
                .isEqualTo(206 * MSS);
    }

    @Test
    void theWindowIsFourSegmentsAtLeastAfterEachAck() {
        know();
        control.collapse(0);
        update(BbrState.PROBE_BW_DOWN, 10, 1 << 20);
        assertThat(control.cwnd()).isEqualTo(4 * MSS);
    }

    @ParameterizedTest
    @EnumSource(BbrState.class)
    void theShortTermBoundHoldsAlways(BbrState state) {
        know();
        window(200 * MSS);
        model.loss.boundShortterm(40 * MSS);
        probeRtt.begin();
        update(state, 0, 1 << 20);
        assertThat(control.cwnd()).isEqualTo(40 * MSS);
        model.loss.boundShortterm(MSS);
        control.bound(state);
        assertThat(control.cwnd()).as("four segments at least").isEqualTo(4 * MSS);
    }

    /**
     * Cruising and looking for the RTT leave 15 % to others; start-up and draining know no bound.
     */
    @ParameterizedTest
    @CsvSource({
        "STARTUP, 200",
        "DRAIN, 200",
        "PROBE_BW_DOWN, 60",
        "PROBE_BW_CRUISE, 51",
        "PROBE_BW_REFILL, 60",
        "PROBE_BW_UP, 60",
        "PROBE_RTT, 50"
    })
    void theLongTermBoundHoldsWhereItShould(BbrState state, long segments) {
        know();
        window(200 * MSS);
        model.volume.bound(60 * MSS);
        probeRtt.begin();
        control.bound(state);
        assertThat(control.cwnd()).isEqualTo(segments * MSS);
    }

    @Test
    void lookingForTheRttLeavesRoomAsWell() {
        know();
        window(200 * MSS);
        model.volume.bound(40 * MSS);
        probeRtt.begin();
        control.bound(BbrState.PROBE_RTT);
        assertThat(control.cwnd()).isEqualTo(34 * MSS);
    }
}
