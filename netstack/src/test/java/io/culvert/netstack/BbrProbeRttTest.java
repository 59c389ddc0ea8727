package io.culvert.netstack;

import static io.culvert.netstack.BbrScenarios.bulk;
import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.netstack.BbrScenarios.Flow;
import io.culvert.netstack.BbrWatch.Step;
import java.util.List;
import org.junit.jupiter.api.Test;

/** ProbeRTT: how often, how long, at what price, and where it leads (bbr.md 7: 22 to 25). */
class BbrProbeRttTest {
    private static final long SECOND = Dumbbell.SECOND;
    private static final long MILLI = Dumbbell.MILLI;

    @Test
    void keepsItsSchedule() {
        ScenarioSeeds.run(seed -> {
            Flow flow = bulk(seed, 200, 50, 1);
            double product = 200e6 / 8 * 0.05 * Dumbbell.PAYLOAD_SHARE;
            long[] inside = {0, 0, 0};
            Runnable watch = flow.net.inspector;
            flow.net.inspector =
                    () -> {
                        watch.run();
                        if (!flow.app.isConnected()) {
                            return;
                        }
                        boolean now = flow.watch.bbr().phase() == BbrState.PROBE_RTT;
                        if (!now) {
                            inside[0] = 0;
                        } else if (inside[0] == 0) {
                            inside[0] = flow.net.now;
                        } else if (flow.net.now > inside[0] + 100 * MILLI) {
                            inside[1] = Math.max(inside[1], flow.app.sender().recovery.inflight());
                        }
                    };
            flow.net.runSeconds(61);
            assertThat(inside[1] / product).as("in flight").isBetween(0.3, 0.55);
            List<Step> steps = flow.watch.steps;
            long left = 0;
            int times = 0;
            for (int i = 0; i + 1 < steps.size(); i++) {
                if (steps.get(i).state() == BbrState.PROBE_RTT) {
                    long at = steps.get(i).at();
                    long lasted = steps.get(i + 1).at() - at;
                    assertThat(lasted).isBetween(200 * MILLI, 300 * MILLI);
                    if (times++ > 0) {
                        assertThat(at - left).isBetween(5 * SECOND, 5 * SECOND + 100 * MILLI);
                    }
                    left = steps.get(i + 1).at();
                }
            }
            assertThat(times).isBetween(10, 12);
        });
    }

    /** Against the goodput of all the time outside of ProbeRTT and the round after it. */
    @Test
    void costsLittle() {
        ScenarioSeeds.run(seed -> {
            Flow flow = bulk(seed, 200, 50, 1);
            flow.net.runSeconds(8);
            long[] outside = {0, 0};
            long[] total = {0, 0};
            long[] quiet = {0};
            for (int i = 0; i < 4000; i++) {
                long before = flow.app.sender().sampler.delivered();
                flow.net.run(10 * MILLI);
                long got = flow.app.sender().sampler.delivered() - before;
                if (flow.watch.bbr().phase() == BbrState.PROBE_RTT) {
                    quiet[0] = flow.net.now + 60 * MILLI;
                }
                total[0] += got;
                total[1]++;
                if (flow.net.now > quiet[0]) {
                    outside[0] += got;
                    outside[1]++;
                }
            }
            double all = (double) total[0] / total[1];
            double usual = (double) outside[0] / outside[1];
            assertThat(100 * (1 - all / usual)).as("per cent").isBetween(0.0, 3.0);
        });
    }

    @Test
    void endsWhereHalfTheProductIsLessThanTheLeastWindow() {
        ScenarioSeeds.run(seed -> {
            Dumbbell net = new Dumbbell(seed, 1_000_000, 20_000);
            Flow flow = new Flow(net, net.path(10), BulkApp.unlimited());
            net.runSeconds(30);
            List<Step> steps = flow.watch.steps;
            int times = 0;
            for (int i = 0; i + 1 < steps.size(); i++) {
                if (steps.get(i).state() == BbrState.PROBE_RTT) {
                    times++;
                    assertThat(steps.get(i + 1).at() - steps.get(i).at()).isLessThan(300 * MILLI);
                }
            }
            assertThat(times).isGreaterThan(2);
        });
    }

    /** 3 s at two thirds of the rate, 1 s of silence: the queue ran empty without ProbeRTT. */
    @Test
    void aSilenceServesAsWell() {
        ScenarioSeeds.run(seed -> {
            Dumbbell net = Dumbbell.of(seed, 200, 50, 1);
            BulkApp app = BulkApp.of(0);
            Flow flow = new Flow(net, net.path(50), app);
            long start = net.now;
            net.every(
                    10 * MILLI,
                    () -> {
                        if ((net.now - start) % (4 * SECOND) < 3 * SECOND) {
                            app.allow(150_000);
                        }
                    });
            net.runSeconds(60);
            assertThat(flow.watch.saw(BbrState.PROBE_RTT)).isFalse();
            assertThat(flow.watch.minRttMillis()).isBetween(50.0, 50.5);
        });
    }

    @Test
    void leadsBackIntoStartupBeforeThePipeWasFull() {
        ScenarioSeeds.run(seed -> {
            Dumbbell net = Dumbbell.of(seed, 200, 50, 1);
            BulkApp app = BulkApp.of(0);
            Flow flow = new Flow(net, net.path(50), app);
            net.every(20 * MILLI, () -> app.allow(2500));
            net.runSeconds(20);
            List<Step> steps = flow.watch.steps;
            assertThat(flow.watch.saw(BbrState.PROBE_RTT)).isTrue();
            for (int i = 0; i + 1 < steps.size(); i++) {
                if (steps.get(i).state() == BbrState.PROBE_RTT) {
                    assertThat(steps.get(i + 1).state()).isEqualTo(BbrState.STARTUP);
                }
            }
        });
    }
}
