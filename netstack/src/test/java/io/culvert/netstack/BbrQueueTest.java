package io.culvert.netstack;

import static io.culvert.netstack.BbrScenarios.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.netstack.BbrScenarios.Flow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Queues that are long, short, or a policer's bucket (bbr.md 7: 7, 11, 29, 39). */
class BbrQueueTest {
    @Test
    void keepsADeepQueueShort() {
        ScenarioSeeds.run(seed -> {
            Flow flow = bulk(seed, 200, 50, 2);
            Interval interval = flow.measure(1, 40);
            assertThat(interval.meanQueue()).isLessThan(0.25 * 50);
            assertThat(interval.queueOf95()).isLessThan(0.85 * 50);
            assertThat(interval.repeated()).isZero();
        });
    }

    @ParameterizedTest
    @CsvSource({"0.02, 84", "0.1, 91", "0.25, 95"})
    void usesAShallowQueue(double queue, double least) {
        ScenarioSeeds.run(seed -> {
            Interval interval = bulk(seed, 200, 50, queue).measure(8, 40);
            assertThat(interval.utilisation()).isGreaterThan(least);
            assertThat(interval.repeated()).isLessThan(0.5);
        });
    }

    @ParameterizedTest
    @CsvSource({"64000, 91, 2", "256000, 95, 3.5", "1000000, 97, 7"})
    void findsThePolicersRate(long burst, double least, double repeated) {
        ScenarioSeeds.run(seed -> {
            Flow flow = bulk(seed, 200, 50, 1);
            flow.net.bottleneck.police(20_000_000, burst, flow.net.now);
            Interval interval = flow.measure(8, 40);
            assertThat(interval.utilisation(20)).isGreaterThan(least);
            assertThat(interval.repeated()).isLessThan(repeated);
        });
    }

    @ParameterizedTest
    @CsvSource({"0.5, 10", "0.2, 100"})
    void livesWithLessThanAPacketInFlight(double megabits, double roundTrip) {
        ScenarioSeeds.run(seed -> {
            Dumbbell net = new Dumbbell(seed, Math.round(megabits * 1e6), 30_000);
            Flow flow = new Flow(net, net.path(roundTrip), BulkApp.unlimited());
            long[] most = {0};
            net.runSeconds(10);
            Runnable watch = net.inspector;
            net.inspector =
                    () -> {
                        watch.run();
                        if (flow.watch.bbr().phase() == BbrState.PROBE_BW_CRUISE) {
                            most[0] = Math.max(most[0], flow.app.sender().recovery.inflight());
                        }
                    };
            assertThat(flow.measure(0, 60).utilisation()).isGreaterThan(95);
            assertThat(most[0] / 1368).isLessThanOrEqualTo(6);
        });
    }
}
