package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** RFC 8289's estimator and control law, asked every millisecond. */
class CoDelTest {
    private static final long MILLI = 1_000_000;
    private static final long LONG_WAIT = 20 * MILLI;

    private final CoDel codel = new CoDel();
    private long now = 1_000_000 * MILLI;

    /** For so many milliseconds everything waited that long; when something was dropped. */
    private List<Long> during(int millis, long waited) {
        List<Long> drops = new ArrayList<>();
        long start = now;
        for (int i = 0; i < millis; i++) {
            while (codel.drops(waited, false, now)) {
                drops.add((now - start) / MILLI);
            }
            now += MILLI;
        }
        return drops;
    }

    @Test
    void aShortWaitIsNoHarm() {
        assertThat(during(10_000, CoDel.TARGET - 1)).isEmpty();
    }

    @Test
    void aBurstThatIsOverWithinTheIntervalPasses() {
        for (int i = 0; i < 10; i++) {
            assertThat(during(100, 200 * MILLI)).isEmpty();
            assertThat(during(1, 0)).isEmpty();
        }
    }

    @Test
    void aQueueThatStandsLosesOneThenMoreAtShrinkingDistances() {
        // 100 ms of patience, then 100 / sqrt(n) to the next: 100, 70.7, 57.7, 50, 44.7 ms.
        assertThat(during(530, CoDel.TARGET))
                .containsExactly(100L, 200L, 271L, 329L, 379L, 424L, 464L, 502L);
    }

    @Test
    void oneShortWaitEndsItAndPatienceBeginsAnew() {
        assertThat(during(150, LONG_WAIT)).containsExactly(100L);
        assertThat(during(1, CoDel.TARGET - 1)).isEmpty();
        assertThat(during(100, LONG_WAIT)).isEmpty();
        assertThat(during(1, LONG_WAIT)).containsExactly(0L);
    }

    @Test
    void goesOnAtTheRateThatHelpedWhenTheQueueStandsAgainSoon() {
        assertThat(during(600, LONG_WAIT)).hasSize(10);
        assertThat(during(10, 0)).isEmpty();
        // Nine more than at the beginning: 100 / sqrt(9) ms.
        assertThat(during(150, LONG_WAIT)).startsWith(100L, 134L);
    }

    @Test
    void forgetsThatRateAfterAWhile() {
        assertThat(during(600, LONG_WAIT)).hasSize(10);
        assertThat(during(1_700, 0)).isEmpty();
        assertThat(during(201, LONG_WAIT)).containsExactly(100L, 200L);
    }

    @Test
    void theLastOneLeavesHoweverLateItIs() {
        for (int i = 0; i < 1_000; i++) {
            assertThat(codel.drops(LONG_WAIT, true, now)).isFalse();
            now += MILLI;
        }
        assertThat(during(100, LONG_WAIT)).as("and the wait begins anew").isEmpty();
    }

    @Test
    void makesUpForTheTimeInWhichItWasNotAsked() {
        assertThat(during(101, LONG_WAIT)).containsExactly(100L);
        now += 300 * MILLI;
        assertThat(during(1, LONG_WAIT)).hasSize(4);
    }
}
