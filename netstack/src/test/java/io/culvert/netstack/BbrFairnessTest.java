package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** BBR beside itself and beside CUBIC (bbr.md 7: 12 to 16). */
class BbrFairnessTest {
    /** Connects flows one after the other, {@code stagger} seconds apart. */
    private static void start(Dumbbell net, double stagger) {
        for (int i = 0; i < net.paths.size(); i++) {
            DumbbellPath path = net.paths.get(i);
            net.after(
                    (long) (i * stagger * Dumbbell.SECOND),
                    () -> path.connect(BulkApp.unlimited()));
        }
    }

    /** The second begins {@code stagger} seconds later; {@code before} are not measured. */
    private static Interval besideALaterFlow(
            long seed, double queue, double stagger, double before, double seconds) {
        Dumbbell net = Dumbbell.of(seed, 50, 40, queue);
        net.path(40);
        net.path(40);
        start(net, stagger);
        net.runSeconds(before);
        Interval interval = net.interval();
        net.runSeconds(seconds);
        return interval;
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.25, 0.5, 1, 2, 4})
    void sharesWithALaterFlow(double queue) {
        ScenarioSeeds.run(seed -> {
            Interval interval = besideALaterFlow(seed, queue, 10, 40, 120);
            assertThat(interval.share(0)).isBetween(38.0, 62.0);
            assertThat(interval.repeated()).isLessThan(0.6);
        });
    }

    /** It begins in the other's queue, and has a quarter of the link in the half minute after. */
    @ParameterizedTest
    @ValueSource(doubles = {0.25, 1, 2, 4})
    void letsALaterFlowInSoon(double queue) {
        ScenarioSeeds.run(seed -> {
            Interval interval = besideALaterFlow(seed, queue, 3, 8, 25);
            assertThat(interval.goodput(1)).isGreaterThan(50.0 / 4);
            assertThat(interval.repeated()).isLessThan(0.6);
        });
    }

    /** Flows that begin in each other's queues, and what they learn there is wrong. */
    @ParameterizedTest
    @CsvSource({"4, 1.8, 1.5", "8, 3, 3"})
    void sharesAmongFlowsThatComeOneAfterTheOther(int flows, double unfair, double repeated) {
        ScenarioSeeds.run(seed -> {
            Dumbbell net = Dumbbell.of(seed, 50, 40, 1);
            for (int i = 0; i < flows; i++) {
                net.path(40);
            }
            start(net, 3);
            net.runSeconds(50);
            Interval interval = net.interval();
            net.runSeconds(60);
            assertThat(interval.mostOverLeast()).isLessThan(unfair);
            assertThat(interval.repeated()).isLessThan(repeated);
        });
    }

    @Test
    void sharesBetweenNearAndFar() {
        ScenarioSeeds.run(seed -> {
            Dumbbell net = Dumbbell.of(seed, 50, 20, 2);
            net.path(20);
            net.path(80);
            start(net, 0);
            net.runSeconds(20);
            Interval interval = net.interval();
            net.runSeconds(100);
            assertThat(interval.goodput(1) / interval.goodput(0)).isLessThan(4.5);
        });
    }

    /** Shares walk: over 80 s the first flow has 47 to 66 %, over these three minutes 45 to 60. */
    @Test
    void sharesALossyPath() {
        ScenarioSeeds.run(seed -> {
            Dumbbell net = Dumbbell.of(seed, 50, 40, 1);
            BbrScenarios.lossy(net.path(40), 0.01, seed);
            BbrScenarios.lossy(net.path(40), 0.01, seed + 100);
            start(net, 3);
            net.runSeconds(20);
            Interval interval = net.interval();
            net.runSeconds(180);
            assertThat(interval.utilisation()).isGreaterThan(93);
            assertThat(interval.share(0)).isBetween(35.0, 65.0);
        });
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.05, 0.25, 0.5, 1, 2, 4})
    void leavesCubicItsShare(double queue) {
        ScenarioSeeds.run(seed -> {
            Interval interval = besideCubic(seed, 50, queue);
            assertThat(interval.share(0)).as("BBR").isGreaterThan(38);
            assertThat(interval.share(1)).as("CUBIC").isGreaterThan(28);
        });
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.25, 0.5, 1, 2, 4})
    void leavesCubicItsShareOfAThinPath(double queue) {
        ScenarioSeeds.run(seed ->
                assertThat(besideCubic(seed, 10, queue).share(1)).as("CUBIC").isGreaterThan(17));
    }

    /** CUBIC is not paced: of a path whose queue holds one packet it uses a tenth when alone. */
    @Test
    void leavesCubicAnEighthOfWhatItHasAlone() {
        ScenarioSeeds.run(seed -> {
            Dumbbell net = Dumbbell.of(seed, 10, 40, 0.05);
            net.cubic(40);
            start(net, 0);
            net.runSeconds(20);
            Interval alone = net.interval();
            net.runSeconds(100);
            assertThat(alone.utilisation()).as("alone").isLessThan(15);
            assertThat(besideCubic(seed, 10, 0.05).goodput(1)).isGreaterThan(alone.goodput(0) / 8);
        });
    }

    private static Interval besideCubic(long seed, double megabits, double queue) {
        Dumbbell net = Dumbbell.of(seed, megabits, 40, queue);
        net.path(40);
        net.cubic(40);
        start(net, 0);
        net.runSeconds(20);
        Interval interval = net.interval();
        net.runSeconds(100);
        return interval;
    }
}
