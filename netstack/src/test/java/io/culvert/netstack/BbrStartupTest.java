package io.culvert.netstack;

import static io.culvert.netstack.BbrScenarios.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.netstack.BbrScenarios.Flow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The first seconds of a flow (bbr.md 7: 4, 5, 8 to 10, 40, 41). */
class BbrStartupTest {
    /** Payload that 200 Mb/s carry, Mb/s. */
    private static final double CEILING = 200 * Dumbbell.PAYLOAD_SHARE;

    @Test
    void findsTheBandwidthAndDrains() {
        ScenarioSeeds.run(seed -> {
            Flow flow = bulk(seed, 200, 50, 3);
            double product = 200e6 / 8 * 0.05;
            long[] full = {-1};
            double[] atExit = {0};
            Runnable watch = flow.net.inspector;
            flow.net.inspector =
                    () -> {
                        watch.run();
                        if (!flow.app.isConnected()) {
                            return;
                        }
                        BbrModel model = flow.watch.bbr().model;
                        if (full[0] < 0 && flow.watch.maxBw() >= 0.98 * CEILING) {
                            full[0] = model.rounds.count();
                        }
                        if (flow.watch.bbr().phase() == BbrState.STARTUP) {
                            atExit[0] = flow.watch.maxBw();
                        }
                    };
            flow.net.runSeconds(2);
            assertThat(atExit[0]).isBetween(0.98 * CEILING, 1.02 * CEILING);
            long exit = flow.watch.first(BbrState.DRAIN).round();
            assertThat(exit - full[0]).as("rounds in a full pipe").isLessThanOrEqualTo(3);
            assertThat(flow.net.bottleneck.largestQueue() / product).as("queue").isLessThan(1.15);
            long drained = flow.watch.after(BbrState.DRAIN).round();
            assertThat(drained - exit).as("rounds of draining").isLessThanOrEqualTo(2);
        });
    }

    @Test
    void isNotEndedByRandomLoss() {
        ScenarioSeeds.run(seed -> {
            Flow flow = bulk(seed, 200, 50, 3, 0.02);
            double[] atExit = {0};
            Runnable watch = flow.net.inspector;
            flow.net.inspector =
                    () -> {
                        watch.run();
                        if (flow.app.isConnected() && !flow.watch.saw(BbrState.DRAIN)) {
                            atExit[0] = flow.watch.maxBw();
                        }
                    };
            flow.net.runUntil(() -> flow.watch.saw(BbrState.DRAIN), 5 * Dumbbell.SECOND);
            assertThat(atExit[0]).isGreaterThan(0.9 * CEILING);
            assertThat(flow.watch.bbr().model.bandwidth.isPlateau()).isTrue();
        });
    }

    /** What a flow's own start loses in the path's queue says nothing of the path's own loss. */
    @ParameterizedTest
    @CsvSource({"200, 50", "50, 80", "20, 20", "500, 100"})
    void takesItsOwnLossForNoPathsLoss(double megabits, double roundTrip) {
        ScenarioSeeds.run(seed -> {
            for (double queue : new double[] {0.1, 0.25, 0.5, 1}) {
                Flow flow = bulk(seed, megabits, roundTrip, queue);
                for (int half = 0; half < 6; half++) {
                    flow.net.runSeconds(0.5);
                    int smss = flow.app.sender().smss;
                    double threshold = flow.watch.bbr().model.loss.threshold(smss);
                    assertThat(threshold).as("queue %s", queue).isLessThan(0.0215);
                }
            }
        });
    }

    /** Whose repetitions are lost too: the time-out that follows says nothing about sizes. */
    @Test
    void takesAnOverrunQueueForNoBlackHole() {
        ScenarioSeeds.run(seed -> {
            for (long each = 5 * seed; each < 5 * seed + 5; each++) {
                Flow flow = bulk(each, 200, 200, 0.5, 0.001);
                flow.net.runSeconds(8);
                assertThat(flow.path.counters().blackHoles).as("seed %s", each).isZero();
                assertThat(flow.app.sender().smss).isEqualTo(1368);
            }
        });
    }

    /** A queue too short to be seen is overrun once, not for rounds. */
    @Test
    void endsWhenAShortQueueOverflows() {
        ScenarioSeeds.run(seed -> {
            Flow flow = bulk(seed, 200, 50, 0.1);
            Interval interval = flow.measure(0, 1);
            assertThat(interval.dropped()).isLessThan(15);
            long exit = flow.watch.first(BbrState.DRAIN).round();
            assertThat(flow.watch.maxBw()).isGreaterThan(0.9 * CEILING);
            assertThat(exit).isLessThanOrEqualTo(14);
        });
    }

    @Test
    void takesNoNarrowWindowForAFullPipe() {
        ScenarioSeeds.run(seed -> {
            Dumbbell net = Dumbbell.of(seed, 200, 50, 1);
            DumbbellPath path =
                    net.path(50, b -> b, b -> b.receiveBuffer(4096).maxReceiveBuffer(64 * 1024));
            Flow flow = new Flow(net, path, BulkApp.unlimited());
            long[] last = {net.now, 0};
            long[] longest = {0};
            path.sender.tap =
                    (now, length) -> {
                        longest[0] = Math.max(longest[0], now - last[0]);
                        last[0] = now;
                    };
            net.runSeconds(0.4);
            assertThat(flow.watch.saw(BbrState.DRAIN)).isFalse();
            Interval interval = flow.measure(4, 14);
            assertThat(interval.goodput())
                    .as("64 KB a round trip")
                    .isGreaterThan(0.85 * 64 * 1024 * 8e-6 / 0.05);
            assertThat(longest[0]).isLessThanOrEqualTo(60 * Dumbbell.MILLI);
        });
    }

    @Test
    void knowsThatAPeersWindowLimitsIt() {
        ScenarioSeeds.run(seed -> {
            Dumbbell net = Dumbbell.of(seed, 200, 50, 1);
            DumbbellPath path = net.path(50, b -> b, b -> b.maxReceiveBuffer(1_900_000));
            BbrScenarios.lossy(path, 0.001, seed);
            Flow flow = new Flow(net, path, BulkApp.unlimited());
            long[] limited = {0, 0};
            Runnable watch = net.inspector;
            net.inspector =
                    () -> {
                        watch.run();
                        if (flow.app.isConnected()) {
                            TcpSender s = flow.app.sender();
                            limited[1]++;
                            if (s.unsent() >= s.smss && s.newDataLength() < 0) {
                                limited[0]++;
                            }
                        }
                    };
            assertThat(flow.measure(8, 40).goodput()).isGreaterThan(150);
            assertThat((double) limited[0] / limited[1]).as("waits").isGreaterThan(0.1);
        });
    }

    @ParameterizedTest
    @CsvSource({"0.001, 89", "0.01, 88"})
    void isFastInItsFirstFiveSeconds(double loss, double least) {
        ScenarioSeeds.run(seed -> {
            Interval interval = bulk(seed, 200, 50, 2, loss).measure(0, 5);
            assertThat(interval.utilisation()).isGreaterThan(least);
        });
    }

    @Test
    void isFastOnALongPathToo() {
        ScenarioSeeds.run(seed -> {
            Interval interval = bulk(seed, 200, 100, 1, 0.001).measure(0, 5);
            assertThat(interval.goodput()).isGreaterThan(140);
        });
    }
}
