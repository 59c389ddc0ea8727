package io.culvert.netstack;

import static io.culvert.netstack.BbrScenarios.bulk;
import static io.culvert.netstack.BbrScenarios.lossy;
import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.netstack.BbrScenarios.Flow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Random loss must not slow BBR down (bbr.md 7: 1, 2, 6, 34 to 36). */
class BbrLossTest {
    private static final double[] ROUND_TRIPS = {10, 50, 100, 200};
    private static final double[] QUEUES = {0.5, 1, 2};

    private static void carries(long seed, Flow flow, double least, String what) {
        Interval interval = flow.measure(8, 40);
        assertThat(interval.utilisation()).as("%s, seed %s", what, seed).isGreaterThan(least);
    }

    private static void grid(double[] roundTrips, double[] losses, double least) {
        BbrScenarios.cells(
                roundTrips,
                losses,
                QUEUES,
                (roundTrip, loss, queue) ->
                        ScenarioSeeds.run(seed ->
                                carries(
                                        seed,
                                        bulk(seed, 200, roundTrip, queue, loss),
                                        least,
                                        roundTrip + " ms, loss " + loss + ", " + queue)));
    }

    @Test
    void carriesUpToOnePercent() {
        grid(ROUND_TRIPS, new double[] {0, 0.001, 0.005, 0.01}, 93);
    }

    @Test
    void carriesTwoAndThreePercent() {
        grid(ROUND_TRIPS, new double[] {0.02, 0.03}, 93);
    }

    @Test
    void bearsFivePercent() {
        ScenarioSeeds.run(seed -> {
            Flow flow = bulk(seed, 200, 50, 1, 0.05);
            Interval interval = flow.measure(8, 40);
            assertThat(interval.utilisation()).isGreaterThan(45);
            assertThat(interval.timeouts()).isLessThan(32);
            flow.path.forwardLoss = PacketLoss.NONE;
            flow.path.backwardLoss = PacketLoss.NONE;
            assertThat(flow.measure(5, 10).utilisation()).isGreaterThan(93);
        });
    }

    @ParameterizedTest
    @CsvSource({
        "5, 0.001", "5, 0.01", "5, 0.02", "5, 0.03",
        "20, 0.001", "20, 0.01", "20, 0.02", "20, 0.03"
    })
    void carriesItOnThinPathsToo(double megabits, double loss) {
        ScenarioSeeds.run(seed ->
                carries(seed, bulk(seed, megabits, 50, 1, loss), 91, megabits + ", " + loss));
    }

    @Test
    void isNoWorseThanTheFirstVersion() {
        BbrScenarios.cells(
                ROUND_TRIPS,
                new double[] {0, 0.001, 0.005, 0.01},
                QUEUES,
                (roundTrip, loss, queue) ->
                        ScenarioSeeds.run(seed -> {
                            Dumbbell net = Dumbbell.of(seed, 200, roundTrip, queue);
                            DumbbellPath path =
                                    net.path(
                                            roundTrip,
                                            b -> b.congestionControl(s -> new BbrV1()),
                                            b -> b);
                            lossy(path, loss, seed);
                            path.connect(BulkApp.unlimited());
                            net.runSeconds(8);
                            Interval first = net.interval();
                            net.runSeconds(32);
                            Flow ours = bulk(seed, 200, roundTrip, queue, loss);
                            assertThat(ours.measure(8, 40).goodput())
                                    .as("%s ms, loss %s, queue %s", roundTrip, loss, queue)
                                    .isGreaterThan(0.95 * first.goodput());
                        }));
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 10})
    void carriesLossInRuns(int run) {
        ScenarioSeeds.run(seed -> {
            Flow flow = bulk(seed, 200, 50, 1);
            flow.path.forwardLoss = PacketLoss.runs(run, 0.01, seed);
            carries(seed, flow, 92, "runs of " + run);
        });
    }

    @Test
    void needsNoTimeoutWhenRepetitionsAreLostToo() {
        ScenarioSeeds.run(seed -> {
            Flow flow = bulk(seed, 200, 50, 1);
            flow.path.forwardLoss = PacketLoss.twice(0.01, seed);
            Interval interval = flow.measure(8, 40);
            // Both copies take the bottleneck's time.
            assertThat(interval.utilisation()).isGreaterThan(75);
            assertThat(interval.timeouts()).isZero();
        });
    }

    @Test
    void doesNotNeedEveryAck() {
        ScenarioSeeds.run(seed -> {
            Flow flow = bulk(seed, 200, 50, 1);
            flow.path.backwardLoss = PacketLoss.random(0.3, seed);
            carries(seed, flow, 94, "ACK loss");
        });
    }
}
