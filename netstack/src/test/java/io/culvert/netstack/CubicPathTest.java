package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** CUBIC over a bottleneck (bbr.md 7, 17). */
class CubicPathTest {
    @ParameterizedTest
    @ValueSource(doubles = {0.5, 1, 2})
    void sharesWithItself(double queue) {
        ScenarioSeeds.run(seed -> {
            Dumbbell net = Dumbbell.of(seed, 50, 40, queue);
            DumbbellPath second = net.cubic(40);
            net.cubic(40).connect(BulkApp.unlimited());
            net.after(10 * Dumbbell.SECOND, () -> second.connect(BulkApp.unlimited()));
            net.runSeconds(40);
            Interval interval = net.interval();
            net.runSeconds(80);
            assertThat(interval.share(0)).isBetween(40.0, 60.0);
            assertThat(interval.utilisation()).isGreaterThan(95);
        });
    }

    /** RFC 9438, 4.3: the average window, in segments, of a Reno flow that cuts to 70 %. */
    private static double renoWindow(double loss) {
        return Math.sqrt(3 * 0.3 / 1.7 * 1.7 / (2 * 0.3 * loss));
    }

    /** RFC 9438, 5.2 (figure 6). */
    private static double cubicWindow(double loss, double roundTrip) {
        return Math.pow(0.4 * 3.7 / (4 * 0.3), 0.25) * Math.pow(roundTrip / loss, 0.75);
    }

    /** The model behind the formula loses each 1/p-th packet; chance gives up to a third more. */
    @ParameterizedTest
    @CsvSource({"1000, 0.05", "10000, 0.1"}) // Reno's region, and CUBIC's own
    void followsTheResponseFunction(int period, double roundTrip) {
        double loss = 1.0 / period;
        double window = Math.max(renoWindow(loss), cubicWindow(loss, roundTrip));
        double expected = window * 1368 * 8e-6 / roundTrip;
        Dumbbell net = Dumbbell.of(1, 200, 1000 * roundTrip, 1);
        DumbbellPath path = net.cubic(1000 * roundTrip);
        path.forwardLoss = PacketLoss.every(period);
        path.connect(BulkApp.unlimited());
        net.runSeconds(50);
        Interval interval = net.interval();
        net.runSeconds(200);
        assertThat(interval.goodput()).isBetween(0.85 * expected, 1.15 * expected);
    }

    /**
     * RFC 9406 over 100 ms (e4.72). It judges a round by its least round-trip time, which is that
     * of the first packets: a queue that the doubling began to fill is noticed when it has doubled
     * once more. So a queue of three products is never overrun; one of a single product is.
     */
    @Test
    void stopsDoublingBeforeADeepQueueOverflows() {
        ScenarioSeeds.run(seed -> {
            Dumbbell net = Dumbbell.of(seed, 100, 100, 3);
            BulkApp app = openWindow(net).connect(BulkApp.unlimited());
            net.runUntil(() -> isInState(app, "cubic conservative"), 20 * Dumbbell.SECOND);
            assertThat(net.bottleneck.dropped()).isZero();
            assertThat(app.connection().sender().congestion.cwnd())
                    .isLessThan((long) (4 * 100e6 / 8 * 0.1));
        });
    }

    /** A path whose receiver never limits: bursts of window updates would hide the queue. */
    private static DumbbellPath openWindow(Dumbbell net) {
        return net.path(
                100,
                b -> b.congestionControl(CongestionAlgorithm.CUBIC),
                b -> b.receiveBuffer(16 << 20));
    }

    private static boolean isInState(BulkApp app, String state) {
        return app.isConnected() && app.connection().sender().congestion.state().equals(state);
    }

    @Test
    void leavesAShallowBufferMostlyUsed() {
        ScenarioSeeds.run(seed -> {
            Dumbbell net = Dumbbell.of(seed, 200, 50, 0.5);
            net.cubic(50).connect(BulkApp.unlimited());
            net.runSeconds(10);
            Interval interval = net.interval();
            net.runSeconds(30);
            assertThat(interval.utilisation()).isGreaterThan(90);
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 16, 64})
    void sharesAmongMany(int flows) {
        ScenarioSeeds.run(seed -> {
            Dumbbell net = Dumbbell.of(seed, 200, 40, 1);
            for (int i = 0; i < flows; i++) {
                net.cubic(40).connect(BulkApp.unlimited());
            }
            net.runSeconds(20);
            Interval interval = net.interval();
            net.runSeconds(40);
            assertThat(interval.jain()).isGreaterThan(0.95);
            assertThat(interval.utilisation()).isGreaterThan(95);
        });
    }
}
