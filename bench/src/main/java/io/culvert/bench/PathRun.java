package io.culvert.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/**
 * One stream over one path, beside small requests on a connection of their own.
 *
 * @param megabits goodput in Mb/s without the first two seconds, as the receiver counts it
 * @param firstMegabits goodput of the first five seconds
 * @param roundTripMillis median of the small requests while the stream ran
 * @param notes who used how much CPU, what the path did, how well it was emulated
 */
record PathRun(double megabits, double firstMegabits, double roundTripMillis, String notes) {
    private static final int SKIPPED_SECONDS = 2;
    private static final int FIRST_SECONDS = 5;

    static PathRun of(
            PathLab lab, PathClient client, PathShape shape, long seed, boolean up, int seconds)
            throws IOException {
        PathLab.settle();
        lab.shape(shape, seed);
        Duration time = Duration.ofSeconds(seconds);
        long drops = lab.socketDrops();
        Usage before = Usage.now(lab, client);
        Process iperf3 = lab.begin(client, PathLab.FIRST_PORT, up, seconds);
        CompletableFuture<List<Double>> roundTrips =
                CompletableFuture.supplyAsync(() -> loaded(client, time));
        Transfer transfer = lab.finish(iperf3, PathLab.FIRST_PORT, up, seconds);
        List<Double> millis = roundTrips.join();
        Usage used = Usage.now(lab, client).minus(before);
        Map<String, Double> report = lab.report();
        return new PathRun(
                transfer.megabits(SKIPPED_SECONDS, seconds),
                transfer.megabits(0, FIRST_SECONDS),
                LoadReport.median(millis),
                used + "; " + path(report, up) + "; other drops " + (lab.socketDrops() - drops));
    }

    private static List<Double> loaded(PathClient client, Duration time) {
        LockSupport.parkNanos(Duration.ofSeconds(SKIPPED_SECONDS).toNanos());
        return PathLab.roundTrips(client, time.minusSeconds(SKIPPED_SECONDS));
    }

    private static String path(Map<String, Double> report, boolean up) {
        String way = up ? "up." : "down.";
        double offered = Math.max(1, report.get(way + "in"));
        return String.format(
                Locale.ROOT,
                "path: %.0f packets, queue %.1f ms mean %.1f max, lost %.2f %%, dropped %.2f %%,"
                        + " late p50 %.0f p99 %.0f max %.0f us%s",
                offered,
                report.get(way + "queue.mean"),
                report.get(way + "queue.max"),
                100 * report.get(way + "lost") / offered,
                100 * report.get(way + "dropped") / offered,
                report.get("late.p50"),
                report.get("late.p99"),
                report.get("late.max"),
                failures(report));
    }

    /** What makes a run worthless. */
    private static String failures(Map<String, Double> report) {
        List<String> all = new ArrayList<>();
        for (String name : List.of("up.overflow", "up.refused", "down.overflow", "down.refused")) {
            if (report.get(name) != 0) {
                all.add(name + " " + report.get(name).longValue());
            }
        }
        if (report.get("realtime") == 0) {
            all.add("no real-time priority");
        }
        return all.isEmpty() ? "" : " (EMULATOR: " + String.join(", ", all) + ")";
    }

    /** CPU time in nanoseconds, at a time or between two. */
    private record Usage(long at, long client, long server, long path, long idle) {
        static Usage now(PathLab lab, PathClient client) {
            return new Usage(
                    System.nanoTime(),
                    Programs.cpuNanos(client.process()),
                    Programs.cpuNanos(lab.serverProcess()),
                    Programs.cpuNanos(lab.pathProcess()),
                    Programs.idleNanos());
        }

        Usage minus(Usage before) {
            return new Usage(
                    at - before.at,
                    client - before.client,
                    server - before.server,
                    path - before.path,
                    idle - before.idle);
        }

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "cores: client %.2f server %.2f path %.2f idle %.2f",
                    (double) client / at,
                    (double) server / at,
                    (double) path / at,
                    (double) idle / at);
        }
    }
}
