package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.netstack.BbrScenarios.Flow;
import org.junit.jupiter.api.Test;

/** Flows that have less to send than they might (bbr.md 7: 26 to 28). */
class BbrAppLimitedTest {
    private static final long MILLI = Dumbbell.MILLI;
    private static final double CEILING = 200 * Dumbbell.PAYLOAD_SHARE;

    @Test
    void remembersTheBandwidthWhileItNeedsLess() {
        ScenarioSeeds.run(seed -> {
            Dumbbell net = Dumbbell.of(seed, 200, 50, 1);
            BulkApp app = BulkApp.of(100_000_000); // 4.4 s
            Flow flow = new Flow(net, net.path(50), app);
            net.runSeconds(5);
            double known = flow.watch.maxBw();
            assertThat(known).isGreaterThan(0.95 * CEILING);
            long end = net.now + 30 * Dumbbell.SECOND;
            net.every(10 * MILLI, () -> app.allow(net.now < end ? 12_500 : 100_000_000));
            boundsTheWindow(flow);
            net.runSeconds(29.9);
            assertThat(flow.watch.maxBw()).isGreaterThanOrEqualTo(known);
            net.inspector = () -> {};
            Interval interval = flow.measure(0.1, 3.1);
            assertThat(interval.goodput()).isGreaterThan(0.9 * CEILING);
        });
    }

    /** Three times what the path takes, or the initial window, while the application limits. */
    private static void boundsTheWindow(Flow flow) {
        Runnable watch = flow.net.inspector;
        flow.net.inspector =
                () -> {
                    watch.run();
                    if (flow.app.isConnected()) {
                        BbrModel model = flow.watch.bbr().model;
                        long estimate = model.bdp(model.bandwidth.max(), 1);
                        assertThat(flow.watch.bbr().cwnd())
                                .isLessThanOrEqualTo(3 * Math.max(estimate, model.initialWindow()));
                    }
                };
    }

    @Test
    void staysInStartupWhileItNeverNeedsMore() {
        ScenarioSeeds.run(seed -> {
            Dumbbell net = Dumbbell.of(seed, 200, 50, 1);
            BulkApp app = BulkApp.of(0);
            Flow flow = new Flow(net, net.path(50), app);
            net.every(10 * MILLI, () -> app.allow(1250));
            Runnable watch = net.inspector;
            net.inspector =
                    () -> {
                        watch.run();
                        if (!app.isConnected()) {
                            return;
                        }
                        Bbr bbr = flow.watch.bbr();
                        BbrModel model = bbr.model;
                        assertThat(bbr.cwnd()).isLessThanOrEqualTo(4 * model.initialWindow());
                        if (bbr.phase() != BbrState.PROBE_RTT) {
                            assertThat(model.extraAcked.get()).isLessThanOrEqualTo(bbr.cwnd());
                        }
                    };
            net.runSeconds(60);
            assertThat(flow.watch.steps)
                    .extracting(BbrWatch.Step::state)
                    .containsOnly(BbrState.STARTUP, BbrState.PROBE_RTT);
        });
    }

    @Test
    void goesOnAtTheKnownRateAfterAPause() {
        ScenarioSeeds.run(seed -> {
            Dumbbell net = Dumbbell.of(seed, 200, 50, 0.25);
            BulkApp app = BulkApp.of(200_000_000); // 8.9 s
            Flow flow = new Flow(net, net.path(50), app);
            net.runSeconds(12);
            assertThat(app.sender().isFlushed()).isTrue();
            Bbr bbr = flow.watch.bbr();
            double perRound = bbr.model.bw() * 0.05;
            long quantum = bbr.sendQuantum();
            long before = app.sender().next;
            Interval interval = net.interval();
            app.allow(1_000_000_000);
            net.run(50 * MILLI);
            assertThat((double) app.sender().next - before)
                    .isLessThanOrEqualTo(perRound + quantum + 1368);
            net.runSeconds(0.2);
            assertThat(net.bottleneck.dropped()).isZero();
            net.runSeconds(1.75);
            assertThat(interval.utilisation()).isGreaterThan(90);
        });
    }
}
