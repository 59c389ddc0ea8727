package io.culvert.netstack;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** What the scenarios of congestion control have in common. */
final class BbrScenarios {
    /** Cells of a grid that each build tries. */
    private static final int SAMPLE = 3;

    private BbrScenarios() {}

    /** One bulk flow of BBR over a path of its own, with a watch on it. */
    static final class Flow {
        final Dumbbell net;
        final DumbbellPath path;
        final BulkApp app;
        final BbrWatch watch;

        Flow(Dumbbell net, DumbbellPath path, BulkApp app) {
            this.net = net;
            this.path = path;
            this.app = app;
            watch = new BbrWatch(net, app);
            path.connect(app);
        }

        /** Measures from {@code from} to {@code to} seconds after now. */
        Interval measure(double from, double to) {
            net.runSeconds(from);
            Interval interval = net.interval();
            net.runSeconds(to - from);
            return interval;
        }

        /** Bytes of payload in flight. */
        long inflight() {
            return app.sender().recovery.inflight();
        }

        /** The same with what it takes to carry them. */
        double inflightOnTheWire() {
            return inflight() / Dumbbell.PAYLOAD_SHARE;
        }
    }

    /** One of the cells of a grid. */
    @FunctionalInterface
    interface Cell {
        void run(double roundTrip, double loss, double queue);
    }

    /** All cells of a grid, or in an ordinary build a few that change from day to day. */
    static void cells(double[] roundTrips, double[] losses, double[] queues, Cell cell) {
        List<Runnable> all = new ArrayList<>();
        for (double roundTrip : roundTrips) {
            for (double loss : losses) {
                for (double queue : queues) {
                    all.add(() -> cell.run(roundTrip, loss, queue));
                }
            }
        }
        if (!ScenarioSeeds.isFull()) {
            Collections.shuffle(all, new Random(System.currentTimeMillis() / 86_400_000L));
            all = all.subList(0, Math.min(SAMPLE, all.size()));
        }
        all.forEach(Runnable::run);
    }

    /** A bulk flow that begins now; queue in bandwidth-delay products. */
    static Flow bulk(long seed, double megabits, double roundTripMillis, double queue) {
        return bulk(seed, megabits, roundTripMillis, queue, 0);
    }

    /** The same with random loss in both directions. */
    static Flow bulk(
            long seed, double megabits, double roundTripMillis, double queue, double loss) {
        Dumbbell net = Dumbbell.of(seed, megabits, roundTripMillis, queue);
        DumbbellPath path = net.path(roundTripMillis);
        lossy(path, loss, seed);
        return new Flow(net, path, BulkApp.unlimited());
    }

    static void lossy(DumbbellPath path, double loss, long seed) {
        if (loss > 0) {
            path.forwardLoss = PacketLoss.random(loss, seed * 1000 + 1);
            path.backwardLoss = PacketLoss.random(loss, seed * 1000 + 2);
        }
    }
}
