package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Times in milliseconds since the connection was opened, with an RTT of 50 ms. */
class BbrMinRttTest {
    private static final long MILLI = 1_000_000;
    private static final long START = -123 * MILLI;

    private final BbrMinRtt minRtt = new BbrMinRtt();
    private final RateSample sample = new RateSample();

    @BeforeEach
    void open() {
        sample.clear();
        sample.inflight = 100_000;
        minRtt.open(50 * MILLI, START);
    }

    private static long at(long millis) {
        return START + millis * MILLI;
    }

    private void see(long rttMillis, long nanos) {
        sample.rtt = rttMillis * MILLI;
        minRtt.onSample(sample, nanos);
    }

    private void expect(long millis) {
        assertThat(minRtt.get()).isEqualTo(millis * MILLI);
    }

    @Test
    void beginsWithTheHandshakeOrWithoutAny() {
        expect(50);
        BbrMinRtt other = new BbrMinRtt();
        assertThat(other.get()).isEqualTo(BbrMinRtt.UNKNOWN);
        other.open(0, START);
        assertThat(other.get()).isEqualTo(BbrMinRtt.UNKNOWN);
        sample.rtt = -1;
        other.onSample(sample, at(1));
        assertThat(other.get()).isEqualTo(BbrMinRtt.UNKNOWN);
        sample.rtt = 0;
        other.onSample(sample, at(2));
        assertThat(other.get()).isEqualTo(BbrMinRtt.UNKNOWN);
        sample.rttMayBeDelayed = true;
        sample.rtt = 90 * MILLI;
        other.onSample(sample, at(3));
        assertThat(other.get()).isEqualTo(90 * MILLI);
    }

    @Test
    void isTheLowestAndALowerOneCountsAtOnce() {
        see(60, at(100));
        expect(50);
        see(40, at(200));
        expect(40);
    }

    @Test
    void isToBeLookedForAfterFiveSeconds() {
        see(60, at(5000));
        assertThat(minRtt.isExpired()).isFalse();
        see(60, at(5000) + 1);
        assertThat(minRtt.isExpired()).isTrue();
        see(60, at(5001));
        assertThat(minRtt.isExpired()).as("60 is what was found then").isFalse();
        expect(50);
    }

    @Test
    void aLowerOneBeginsTheFiveSecondsAnew() {
        see(49, at(3000));
        see(60, at(8000));
        assertThat(minRtt.isExpired()).isFalse();
        see(60, at(8001));
        assertThat(minRtt.isExpired()).isTrue();
    }

    @Test
    void anEqualOneDoesNot() {
        see(50, at(3000));
        see(60, at(5001));
        assertThat(minRtt.isExpired()).isTrue();
    }

    @Test
    void lastsForTenSeconds() {
        see(60, at(5001)); // found when it was looked for
        see(70, at(10_000));
        expect(50);
        see(70, at(10_000) + 1);
        expect(60);
        see(80, at(10_002)); // five seconds after 60 was found
        assertThat(minRtt.isExpired()).isTrue();
        see(80, at(15_001));
        expect(60);
        see(80, at(15_002));
        expect(80);
    }

    @Test
    void whatMayBeDelayedIsNoNewMinimumBecauseTheOldOneIsStale() {
        sample.rttMayBeDelayed = true;
        see(90, at(5001));
        see(90, at(5002));
        assertThat(minRtt.isExpired()).as("still to be looked for").isTrue();
        see(45, at(5003));
        assertThat(minRtt.isExpired()).isTrue();
        expect(45);
        see(90, at(5004));
        assertThat(minRtt.isExpired()).as("a lower one counts").isFalse();
    }

    @Test
    void whenItWasLookedForItIsNotSoonAgain() {
        minRtt.probed(at(4000));
        see(60, at(9000));
        assertThat(minRtt.isExpired()).isFalse();
        see(60, at(9001));
        assertThat(minRtt.isExpired()).isTrue();
    }

    @Test
    void isLookedForAgainAtOnceAndKeptMeanwhile() {
        minRtt.probeAgain(at(9000));
        sample.rttMayBeDelayed = true;
        see(60, at(9000));
        assertThat(minRtt.isExpired()).isFalse();
        see(60, at(9000) + 1);
        assertThat(minRtt.isExpired()).isTrue();
        sample.rttMayBeDelayed = false;
        see(60, at(9001)); // the first that may count
        see(70, at(9002));
        expect(50);
        see(70, at(19_000));
        expect(50);
        see(70, at(19_001));
        assertThat(minRtt.get()).isGreaterThan(50 * MILLI);
    }

    private void empty(long millis) {
        sample.inflight = 0;
        see(60, at(millis));
        sample.inflight = 100_000;
    }

    /** The first sample after it, whatever it is, is what ProbeRTT would have found. */
    @Test
    void aSilenceAsLongAsProbeRttServesAsWell() {
        empty(1000);
        minRtt.onRestart(at(1200));
        see(60, at(1260));
        see(60, at(6260));
        assertThat(minRtt.isExpired()).isFalse();
        see(60, at(6261));
        assertThat(minRtt.isExpired()).isTrue();
    }

    @Test
    void aShorterSilenceDoesNot() {
        empty(1000);
        minRtt.onRestart(at(1200) - 1);
        see(60, at(1260));
        see(60, at(5001));
        assertThat(minRtt.isExpired()).isTrue();
    }

    @Test
    void thePipeHasToBeEmptyForASilence() {
        empty(1000);
        sample.inflight = 1;
        see(60, at(1100));
        empty(1150);
        minRtt.onRestart(at(1201));
        see(60, at(1260));
        see(60, at(5001));
        assertThat(minRtt.isExpired()).isTrue();
    }

    @Test
    void onlyTheFirstSampleAfterASilenceCounts() {
        empty(1000);
        minRtt.onRestart(at(1200));
        see(60, at(1260));
        see(60, at(1300));
        see(60, at(6261));
        assertThat(minRtt.isExpired()).as("five seconds after the first").isTrue();
    }

    @Test
    void ofWhatMayBeDelayedTheFirstThatIsNotCounts() {
        empty(1000);
        minRtt.onRestart(at(1200));
        sample.rttMayBeDelayed = true;
        see(90, at(1290));
        sample.rttMayBeDelayed = false;
        see(-1, at(1295));
        see(0, at(1296));
        see(60, at(1399));
        see(60, at(6399));
        assertThat(minRtt.isExpired()).isFalse();
        see(60, at(6400));
        assertThat(minRtt.isExpired()).isTrue();
    }

    @Test
    void twoHundredMillisecondsLaterNothingIsOfTheSilenceAnyMore() {
        for (int late = 0; late <= 1; late++) {
            BbrMinRttTest other = new BbrMinRttTest();
            other.open();
            other.empty(1000);
            other.minRtt.onRestart(at(1200));
            other.sample.rttMayBeDelayed = true;
            other.see(90, at(1400) - 1 + late);
            other.sample.rttMayBeDelayed = false;
            other.see(60, at(1450));
            other.see(60, at(5001));
            assertThat(other.minRtt.isExpired()).isEqualTo(late == 1);
        }
    }
}
