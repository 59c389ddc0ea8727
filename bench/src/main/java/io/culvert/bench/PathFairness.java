package io.culvert.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/**
 * Two streams that send up through one bottleneck, each in a tunnel of its own: the first has the
 * path for itself for a while, then the second joins.
 */
final class PathFairness {
    private static final double RTT_MILLIS = 40;
    private static final double MEGABITS = 50;

    /** Deep and shallow, in bandwidth-delay products. */
    private static final double[] QUEUES = {2, 0.25};

    private static final double LEAST_SHARE = 0.25;
    private static final int ALONE_SECONDS = 3;

    /** Left out of the time that they share, for the second to find its rate. */
    private static final int JOIN_SECONDS = 5;

    /** Who sends first and who joins, as {@link PathLab#client} knows them. */
    static final String PAIRS = "culvert+culvert2,culvert+cubic,cubic+culvert,bbr+cubic";

    private final PathLab lab;
    private final int seconds;
    private final int rounds;
    private final long seed;

    /**
     * @param seconds that both streams last together
     */
    PathFairness(PathLab lab, int seconds, int rounds, long seed) {
        this.lab = lab;
        this.seconds = seconds;
        this.rounds = rounds;
        this.seed = seed;
    }

    LoadReport measure(String... pairs) throws IOException {
        LoadReport report = new LoadReport("first", "second");
        report.fact("path", RTT_MILLIS + " ms, " + MEGABITS + " Mb/s, no random loss");
        String target = String.format(Locale.ROOT, "each >= %.1f", LEAST_SHARE * MEGABITS);
        for (double queue : QUEUES) {
            for (String kinds : pairs) {
                pair(report, queue, kinds.split("\\+", 2), target);
            }
        }
        return report;
    }

    private void pair(LoadReport report, double queue, String[] kinds, String target)
            throws IOException {
        PathClient first = lab.client(kinds[0]);
        PathClient second = lab.client(kinds[1]);
        PathShape shape = new PathShape(RTT_MILLIS, 0, MEGABITS, queue * RTT_MILLIS);
        List<Double> firsts = new ArrayList<>();
        List<Double> seconds = new ArrayList<>();
        String name = "%s, then %s, %s BDP".formatted(first.name(), second.name(), queue);
        for (int round = 0; round < rounds; round++) {
            double[] both = share(first, second, shape, seed + round);
            firsts.add(both[0]);
            seconds.add(both[1]);
            System.out.println(
                    String.format(
                            Locale.ROOT,
                            "%-40s %6.1f %6.1f Mb/s; queue %.1f ms mean, dropped %.2f %%",
                            name,
                            both[0],
                            both[1],
                            both[2],
                            both[3]));
        }
        report.row(name, "Mb/s", target, firsts, seconds);
    }

    /** Mb/s of the first and the second; mean queue in ms; packets dropped in per cent. */
    private double[] share(PathClient first, PathClient second, PathShape shape, long pathSeed)
            throws IOException {
        PathLab.settle();
        lab.shape(shape, pathSeed);
        int all = ALONE_SECONDS + seconds;
        Process one = lab.begin(first, PathLab.FIRST_PORT, true, all);
        LockSupport.parkNanos(Duration.ofSeconds(ALONE_SECONDS).toNanos());
        Process two = lab.begin(second, PathLab.SECOND_PORT, true, seconds);
        Transfer ones = lab.finish(one, PathLab.FIRST_PORT, true, all);
        Transfer twos = lab.finish(two, PathLab.SECOND_PORT, true, seconds);
        var report = lab.report();
        return new double[] {
            ones.megabits(ALONE_SECONDS + JOIN_SECONDS, all),
            twos.megabits(JOIN_SECONDS, seconds),
            report.get("up.queue.mean"),
            100 * report.get("up.dropped") / Math.max(1, report.get("up.in"))
        };
    }
}
