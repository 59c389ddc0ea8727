package io.culvert.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * One TCP stream over emulated paths, up and down, through two clients in turns: Culvert, and the
 * kernel's TCP over wireguard-go. Or two streams that share a bottleneck. Started by {@code
 * bench/paths}, which says what it takes.
 */
final class Paths {
    private static final String CELLS =
            "20/0/-/100,50/0.1/200/100,50/1/200/100,100/0.1/200/100,10/0/50/300,100/0/500/100";

    /** Payload of a full packet of an MTU of 1420 with timestamps, and the same on the wire. */
    private static final double PAYLOAD_SHARE = 1368.0 / (1420 + 32 + 28);

    private static final String RATE_TARGET = ">= 0.95";
    private static final String ROUND_TRIP_TARGET = "<= 1.25";

    private final Map<String, String> options;
    private final int seconds;
    private final int rounds;
    private final long seed;

    private Paths(Map<String, String> options) {
        this.options = options;
        seconds = Integer.parseInt(options.getOrDefault("seconds", fairness() ? "30" : "10"));
        rounds = Integer.parseInt(options.getOrDefault("rounds", "3"));
        seed = Long.parseLong(options.getOrDefault("seed", "1"));
    }

    /** NAME=VALUE...: what {@code bench/paths} takes, and what {@link PathLab} needs. */
    public static void main(String[] arguments) throws IOException {
        Map<String, String> options = new HashMap<>();
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            options.put(argument.substring(0, equals), argument.substring(equals + 1));
        }
        new Paths(options).run();
    }

    private void run() throws IOException {
        String load = Files.readString(Path.of("/proc/loadavg")).strip();
        LoadReport report;
        try (PathLab lab = new PathLab(options)) {
            report =
                    fairness()
                            ? new PathFairness(lab, seconds, rounds, seed)
                                    .measure(list("pairs", PathFairness.PAIRS))
                            : table(lab);
        }
        report.fact("wireguard-go", options.get("wireguard-go-version"));
        report.fact("kernel's socket buffers", options.get("buffers"));
        report.fact("Culvert's settings", PathLab.culvertSettings(options));
        report.fact("load averages before", load);
        report.fact("seconds, rounds, seed", seconds + ", " + rounds + ", " + seed);
        Files.writeString(Path.of(options.get("json")), report.json());
        System.out.println();
        System.out.print(report.table());
        System.out.println("the same as JSON: " + options.get("json"));
    }

    private boolean fairness() {
        return options.get("what").equals("fairness");
    }

    private String[] list(String option, String otherwise) {
        return options.getOrDefault(option, otherwise).split(",", -1);
    }

    private LoadReport table(PathLab lab) throws IOException {
        List<PathClient> sides = new ArrayList<>();
        for (String kind : list("sides", "culvert,bbr")) {
            sides.add(lab.client(kind));
        }
        LoadReport report = new LoadReport(sides.getFirst().name(), sides.getLast().name());
        for (String cell : list("cells", CELLS)) {
            for (String way : list("ways", "up,down")) {
                cell(lab, report, sides, PathShape.parse(cell), way.equals("up"));
            }
        }
        return report;
    }

    private void cell(
            PathLab lab, LoadReport report, List<PathClient> sides, PathShape shape, boolean up)
            throws IOException {
        List<List<PathRun>> runs = new ArrayList<>();
        sides.forEach(_ -> runs.add(new ArrayList<>()));
        String name = shape + (up ? " up" : " down");
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < sides.size(); i++) {
                // Whoever goes second may find a cooler or warmer machine: take turns.
                int turn = (i + round) % sides.size();
                PathRun run = PathRun.of(lab, sides.get(turn), shape, seed + round, up, seconds);
                print(name, sides.get(turn), run);
                runs.get(turn).add(run);
            }
        }
        String ceiling =
                shape.megabits() == PathShape.UNLIMITED
                        ? ""
                        : String.format(Locale.ROOT, " [%.1f]", shape.megabits() * PAYLOAD_SHARE);
        row(report, name + ceiling, "Mb/s", RATE_TARGET, runs, PathRun::megabits);
        row(report, "  first 5 s", "Mb/s", "", runs, PathRun::firstMegabits);
        row(report, "  loaded RTT", "ms", ROUND_TRIP_TARGET, runs, PathRun::roundTripMillis);
    }

    private static void row(
            LoadReport report,
            String name,
            String unit,
            String target,
            List<List<PathRun>> runs,
            Function<PathRun, Double> quantity) {
        report.row(
                name,
                unit,
                target,
                runs.getFirst().stream().map(quantity).toList(),
                runs.getLast().stream().map(quantity).toList());
    }

    private static void print(String name, PathClient side, PathRun run) {
        System.out.println(
                String.format(
                        Locale.ROOT,
                        "%-22s %-11s %7.1f Mb/s, first 5 s %7.1f, loaded RTT %6.1f ms; %s",
                        name,
                        side.name(),
                        run.megabits(),
                        run.firstMegabits(),
                        run.roundTripMillis(),
                        run.notes()));
    }
}
