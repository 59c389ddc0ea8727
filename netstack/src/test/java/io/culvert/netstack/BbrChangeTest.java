package io.culvert.netstack;

import static io.culvert.netstack.BbrScenarios.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.netstack.BbrScenarios.Flow;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Paths that change under a flow (bbr.md 7: 18 to 21). */
class BbrChangeTest {
    /** Seconds from 20 to 135 of 200 Mb/s, by what is delivered in a fifth of a second. */
    private static double climb(long seed, double loss) {
        Dumbbell net = new Dumbbell(seed, 20_000_000, 1_250_000);
        DumbbellPath path = net.path(50);
        BbrScenarios.lossy(path, loss, seed);
        Flow flow = new Flow(net, path, BulkApp.unlimited());
        net.runSeconds(10);
        net.bottleneck.rate(200_000_000);
        for (int i = 1; i <= 100; i++) {
            long before = flow.app.sender().sampler.delivered();
            net.runSeconds(0.2);
            if ((flow.app.sender().sampler.delivered() - before) * 8e-6 / 0.2 >= 135) {
                return i * 0.2;
            }
        }
        return 20;
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.001})
    void takesTenTimesTheRateSoon(double loss) {
        ScenarioSeeds.run(seed -> assertThat(climb(seed, loss)).isLessThanOrEqualTo(4));
    }

    @Test
    void takesTenTimesTheRateInSpiteOfLoss() {
        double[] times = new double[8];
        for (int i = 0; i < times.length; i++) {
            times[i] = climb(i + 1, 0.01);
        }
        Arrays.sort(times);
        assertThat(times[3]).as(Arrays.toString(times)).isLessThanOrEqualTo(5);
        assertThat(times[7]).as(Arrays.toString(times)).isLessThanOrEqualTo(12);
    }

    @ParameterizedTest
    @CsvSource({"100, 5", "20, 5", "100, 20", "20, 20"})
    void followsAFallingRate(int megabits, double queueMillis) {
        ScenarioSeeds.run(seed -> {
            Flow flow = bulk(seed, 200, 50, queueMillis / 50);
            flow.net.runSeconds(10);
            flow.net.bottleneck.rate(megabits * 1_000_000L);
            Interval interval = flow.measure(8, 28);
            assertThat(interval.utilisation()).isGreaterThan(90);
            assertThat(interval.meanQueue()).isLessThan(0.3 * 50);
        });
    }

    @Test
    void leavesADeepQueueBehindAFall() {
        ScenarioSeeds.run(seed -> {
            Dumbbell net = new Dumbbell(seed, 200_000_000, 2_500_000);
            Flow flow = new Flow(net, net.path(50), BulkApp.unlimited());
            net.runSeconds(10);
            net.bottleneck.rate(20_000_000);
            net.runSeconds(10);
            assertThat(flow.watch.maxBw()).isLessThan(1.1 * 20 * Dumbbell.PAYLOAD_SHARE);
            net.runSeconds(5);
            assertThat(flow.watch.minRttMillis()).isLessThan(1.1 * 50);
            assertThat(flow.measure(5, 25).queueOf95()).isLessThan(50);
        });
    }

    @ParameterizedTest
    @CsvSource({"50, 100", "100, 50"})
    void followsAChangedRoundTrip(double before, double after) {
        ScenarioSeeds.run(seed -> {
            Dumbbell net = Dumbbell.of(seed, 200, 50, 1);
            Flow flow = new Flow(net, net.path(before), BulkApp.unlimited());
            net.runSeconds(10);
            flow.path.roundTrip((long) (after * Dumbbell.MILLI));
            Interval throughout = net.interval();
            if (after < before) {
                net.runSeconds(3 * after / 1000);
                assertThat(flow.watch.minRttMillis()).isLessThan(1.05 * after + 10);
                net.runSeconds(-3 * after / 1000 + 15);
            } else {
                net.runSeconds(15);
            }
            assertThat(throughout.utilisation()).isGreaterThan(75);
            assertThat(flow.measure(0, 15).utilisation()).isGreaterThan(92);
        });
    }
}
