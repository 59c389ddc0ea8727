package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What arrives over a path of known rate, in per cent of what the path could carry. */
class TcpThroughputTest {
    private final List<BulkApp> clients = new ArrayList<>();

    private Dumbbell bulk(double megabits, double roundTripMillis, long queueBytes, int flows) {
        Dumbbell net = new Dumbbell(5, Math.round(megabits * 1e6), queueBytes);
        for (int i = 0; i < flows; i++) {
            clients.add(net.path(roundTripMillis).connect(BulkApp.unlimited()));
        }
        return net;
    }

    private static Interval measure(Dumbbell net, double seconds) {
        Interval interval = net.interval();
        net.runSeconds(seconds);
        return interval;
    }

    @Test
    void keepsAThinPathFullAndItsQueueBounded() {
        Dumbbell net = bulk(2, 20, 20_000, 1);
        measure(net, 5);
        assertThat(measure(net, 20).utilisation()).isGreaterThan(93);
    }

    @Test
    void standsReordering() {
        Dumbbell net = bulk(20, 20, 100_000, 1);
        net.paths.getFirst().jitter = 20 * Dumbbell.MILLI;
        net.paths.getFirst().jitterReorders = true;
        measure(net, 5);
        assertThat(measure(net, 20).utilisation()).isGreaterThan(70);
    }

    @Test
    void recoversFromOutagesWithoutLongSilence() {
        Dumbbell net = bulk(20, 40, 100_000, 1);
        measure(net, 3);
        net.paths.getFirst().forwardLoss = PacketLoss.random(1, 1);
        net.paths.getFirst().backwardLoss = PacketLoss.random(1, 1);
        net.runSeconds(1);
        net.paths.getFirst().forwardLoss = PacketLoss.NONE;
        net.paths.getFirst().backwardLoss = PacketLoss.NONE;
        net.runSeconds(1);
        assertThat(measure(net, 5).utilisation()).isGreaterThan(90);
    }

    @Test
    void sharesAPathFairly() {
        Dumbbell net = bulk(12, 40, 60_000, 8);
        net.runSeconds(10);
        Interval interval = measure(net, 60);
        assertThat(interval.utilisation()).isGreaterThan(93);
        assertThat(interval.jain()).as("Jain's index").isGreaterThan(0.85);
    }

    @Test
    void acknowledgesEverySecondSegmentOfASteadyFlow() {
        Dumbbell net = bulk(100, 10, 100_000, 1);
        net.runSeconds(2);
        DumbbellPath path = net.paths.getFirst();
        assertThat((double) path.receiver.sent / path.sender.sent).isBetween(0.45, 0.55);
    }

    @Test
    void growsBuffersOnlyOnProof() {
        Dumbbell net = bulk(8, 10, 50_000, 1);
        net.runSeconds(10);
        assertThat(net.paths.getFirst().reader.connection().info().receiveBuffer())
                .as("a path of 10 KB and 50 KB of queue")
                .isLessThan(600_000);
        assertThat(clients.getFirst().sender().buffer.size()).isLessThan(600_000);
    }
}
