package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The long-term bound in segments of 1000 bytes, with a window of 100 of them. */
class BbrVolumeTest {
    private static final int MSS = 1000;
    private static final long CWND = 100 * MSS;

    private final BbrVolume volume = new BbrVolume();

    @Test
    void isUnboundedUntilALossBoundsIt() {
        assertThat(volume.get()).isEqualTo(BbrVolume.NO_BOUND);
        assertThat(volume.withHeadroom(MSS)).isEqualTo(BbrVolume.NO_BOUND);
        volume.proved(50_000);
        assertThat(volume.get()).as("no proof bounds it").isEqualTo(BbrVolume.NO_BOUND);
        volume.bound(50_000);
        assertThat(volume.get()).isEqualTo(50_000);
    }

    @Test
    void isNeverLessThanWhatDidNoHarm() {
        volume.bound(50_000);
        volume.proved(49_999);
        assertThat(volume.get()).isEqualTo(50_000);
        volume.proved(50_001);
        assertThat(volume.get()).isEqualTo(50_001);
    }

    @Test
    void goesBackToWhatItWasBeforeALossThatWasNone() {
        volume.bound(50_000);
        volume.raiseTo(40_000);
        assertThat(volume.get()).isEqualTo(50_000);
        volume.raiseTo(60_000);
        assertThat(volume.get()).isEqualTo(60_000);
        volume.raiseTo(BbrVolume.NO_BOUND);
        assertThat(volume.get()).isEqualTo(BbrVolume.NO_BOUND);
    }

    /** 15 %, a segment at least; four segments stay. */
    @ParameterizedTest
    @CsvSource({"100000, 85000", "20000, 17000", "6000, 5000", "5000, 4000", "4000, 4000"})
    void leavesRoomForOthers(long bound, long left) {
        volume.bound(bound);
        assertThat(volume.withHeadroom(MSS)).isEqualTo(left);
    }

    private void probe() {
        volume.bound(CWND);
        volume.resetSlope();
        volume.steepen(CWND, MSS);
    }

    /** A round of single segments; returns what was added before its last. */
    private long round(int segments) {
        long before = volume.get();
        for (int i = 1; i < segments; i++) {
            volume.raise(MSS, false, CWND, MSS);
        }
        long added = volume.get() - before;
        volume.raise(MSS, true, CWND, MSS);
        return added;
    }

    @Test
    void risesByOneSegmentInTheFirstRound() {
        probe();
        volume.raise(CWND - 1, false, CWND, MSS);
        assertThat(volume.get()).isEqualTo(CWND);
        volume.raise(1, false, CWND, MSS);
        assertThat(volume.get()).isEqualTo(CWND + MSS);
        volume.raise(CWND - 1, false, CWND, MSS);
        assertThat(volume.get()).as("begins to count anew").isEqualTo(CWND + MSS);
    }

    /** 1, 2, 4, 8: spread evenly over the round, what is left over counts for the next. */
    @Test
    void doublesItsStepsWithEachRound() {
        probe();
        round(100);
        assertThat(volume.get() - CWND).isEqualTo(MSS);
        round(100);
        assertThat(volume.get() - CWND).isEqualTo((1 + 2) * MSS);
        round(100);
        assertThat(volume.get() - CWND).isEqualTo((1 + 2 + 4) * MSS);
        assertThat(round(97)).as("each twelve segments").isEqualTo(8 * MSS);
    }

    @Test
    void takesSeveralStepsAtOnceAndKeepsTheRest() {
        probe();
        volume.steepen(CWND, MSS); // one for each 50
        volume.raise(149_000, false, CWND, MSS);
        assertThat(volume.get()).isEqualTo(CWND + 2 * MSS);
        volume.raise(1000, false, CWND, MSS);
        assertThat(volume.get()).isEqualTo(CWND + 3 * MSS);
    }

    @Test
    void risesByASegmentForASegmentAtMost() {
        probe();
        for (int i = 0; i < 80; i++) {
            volume.steepen(CWND, MSS);
        }
        volume.raise(999, false, CWND, MSS);
        assertThat(volume.get()).isEqualTo(CWND);
        volume.raise(1, false, CWND, MSS);
        assertThat(volume.get()).isEqualTo(CWND + MSS);
    }

    @Test
    void stopsRising() {
        probe();
        volume.stopRaising();
        volume.raise(1_000_000_000, false, CWND, MSS);
        assertThat(volume.get()).isEqualTo(CWND);
    }

    @Test
    void theNextProbeBeginsSlowlyAgain() {
        probe();
        round(100);
        round(100);
        volume.raise(20_000, false, CWND, MSS);
        probe();
        volume.raise(CWND - 1, false, CWND, MSS);
        assertThat(volume.get()).isEqualTo(CWND);
        volume.raise(1, false, CWND, MSS);
        assertThat(volume.get()).isEqualTo(CWND + MSS);
    }

    /** A window of 2^30 segments shows where the doubling ends. */
    @Test
    void theStepsDoubleThirtyTimes() {
        long window = 1L << 32;
        volume.bound(window);
        volume.resetSlope();
        for (int i = 0; i <= 40; i++) {
            volume.steepen(window, 1);
        }
        volume.raise(3, false, window, 1);
        assertThat(volume.get()).isEqualTo(window);
        volume.raise(1, false, window, 1);
        assertThat(volume.get()).isEqualTo(window + 1);
    }
}
