package io.culvert.netstack;

import static io.culvert.netstack.BbrScenarios.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.netstack.BbrScenarios.Flow;
import org.junit.jupiter.api.Test;

/** What looks like loss and is none (bbr.md 7: 31 to 33). */
class BbrSpuriousTest {
    private static final long MILLI = Dumbbell.MILLI;

    @Test
    void bearsJitter() {
        ScenarioSeeds.run(seed -> {
            Flow flow = bulk(seed, 200, 50, 1);
            flow.path.jitter = 10 * MILLI;
            Interval interval = flow.measure(5, 40);
            assertThat(interval.utilisation()).isGreaterThan(94);
            TcpCounters counters = flow.path.counters();
            assertThat(interval.repeated() - interval.dropped()).isLessThan(0.3);
            if (net(flow).dropped() == 0) {
                assertThat(counters.undone).isEqualTo(counters.fastRecoveries);
            }
        });
    }

    /** With packets that overtake each other by as much. */
    @Test
    void bearsJitterThatReorders() {
        ScenarioSeeds.run(seed -> {
            Flow flow = bulk(seed, 200, 50, 1);
            flow.path.jitter = 10 * MILLI;
            flow.path.jitterReorders = true;
            Interval interval = flow.measure(5, 40);
            assertThat(interval.utilisation()).isGreaterThan(94);
            assertThat(interval.repeated() - interval.dropped()).isLessThan(0.3);
            assertThat(flow.path.receiver.stack.counters.tcp.pawsDropped).isZero();
        });
    }

    private static Bottleneck net(Flow flow) {
        return flow.net.bottleneck;
    }

    @Test
    void takesBackWhatReorderingCaused() {
        ScenarioSeeds.run(seed -> {
            Flow flow = bulk(seed, 200, 50, 2);
            flow.net.runSeconds(5);
            flow.path.holdBack(30, 100 * MILLI);
            Interval interval = flow.measure(3, 30);
            assertThat(interval.utilisation()).isGreaterThan(90);
            TcpCounters counters = flow.path.counters();
            assertThat(counters.undone).isEqualTo(counters.fastRecoveries);
            BbrModel model = flow.watch.bbr().model;
            assertThat(model.loss.bwShortterm()).isInfinite();
            assertThat(model.volume.get()).isEqualTo(BbrVolume.NO_BOUND);
        });
    }

    @Test
    void takesBackATimeoutThatAStallCaused() {
        ScenarioSeeds.run(seed -> {
            Flow flow = bulk(seed, 200, 50, 6);
            flow.net.runUntil(
                    () ->
                            flow.net.now > 1007 * Dumbbell.SECOND
                                    && flow.watch.bbr().phase() == BbrState.PROBE_BW_CRUISE,
                    15 * Dumbbell.SECOND);
            double bw = flow.watch.maxBw();
            long longterm = flow.watch.bbr().model.volume.get();
            flow.net.bottleneck.pauseUntil(flow.net.now + Dumbbell.SECOND);
            flow.net.runSeconds(1.2);
            TcpCounters counters = flow.path.counters();
            assertThat(counters.timeouts).isPositive();
            assertThat(counters.undone).isPositive();
            assertThat(flow.watch.maxBw()).isGreaterThanOrEqualTo(0.98 * bw);
            assertThat(flow.watch.bbr().model.loss.bwShortterm()).isInfinite();
            assertThat(flow.watch.bbr().model.volume.get()).isGreaterThanOrEqualTo(longterm);
            assertThat(flow.measure(0.8, 6.8).utilisation()).isGreaterThan(90);
        });
    }

    /** On a path that keeps the order each loss is one, however the episodes follow each other. */
    @Test
    void takesNothingBackOfWhatWasLost() {
        ScenarioSeeds.run(seed -> {
            Flow flow = bulk(seed, 200, 50, 2, 0.01);
            flow.net.runSeconds(25);
            assertThat(flow.path.counters().fastRecoveries).isGreaterThan(10);
            assertThat(flow.path.counters().undone).isZero();
        });
    }
}
