package io.culvert.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * The same work through Culvert and wireguard-go in every pairing, in turns: streams, requests,
 * connections, memory, starts, datagrams. Or the ratios of two such runs. Started by {@code
 * bench/compare}, which says what it takes.
 */
final class Compare {
    private static final String PAIRS = "go+go,culvert+go,go+culvert,culvert+culvert";
    private static final String COLUMNS =
            "streams,latency,requests,connections,memory,start,idle,udp";
    private static final Duration SETTLE = Duration.ofMillis(300);

    private final Map<String, String> options;
    private final int rounds;
    private final List<String> wanted;

    private Compare(Map<String, String> options) {
        this.options = options;
        rounds = number("rounds", 5);
        wanted = list("columns", COLUMNS);
        for (String column : wanted) {
            if (!list("", COLUMNS).contains(column)) {
                throw new IllegalArgumentException(column + " is none of " + COLUMNS);
            }
        }
    }

    private int number(String name, int otherwise) {
        String value = options.get(name);
        return value == null ? otherwise : Integer.parseInt(value);
    }

    private List<String> list(String name, String otherwise) {
        return List.of(options.getOrDefault(name, otherwise).split(",", -1));
    }

    /**
     * NAME=VALUE...: what {@code bench/compare} takes, and what {@link CompareLab} needs. Or two
     * files.
     */
    public static void main(String[] arguments) throws IOException {
        Map<String, String> options = new HashMap<>();
        List<Path> files = new ArrayList<>();
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            if (equals < 0) {
                files.add(Path.of(argument));
            } else {
                options.put(argument.substring(0, equals), argument.substring(equals + 1));
            }
        }
        if (files.size() == 2) {
            CompareRatios ratios =
                    CompareRatios.of(
                            Files.readString(files.getFirst()), Files.readString(files.getLast()));
            System.out.print(ratios.table());
        } else {
            new Compare(options).run();
        }
    }

    private void run() throws IOException {
        LoadReport report = new LoadReport(list("pairs", PAIRS).toArray(String[]::new));
        for (String fact : List.of("Culvert", "wireguard-go", "machine")) {
            report.fact(fact, options.getOrDefault("fact-" + fact, "unknown"));
        }
        report.fact("rounds, seconds", rounds + ", " + number("seconds", 5));
        String load = loadAverages();
        int connections = number("connections", 100);
        List<ComparedPair> pairs = new ArrayList<>();
        try (CompareLab lab = new CompareLab(options)) {
            try {
                for (String kinds : list("pairs", PAIRS)) {
                    pairs.add(new ComparedPair(lab, pairs.size(), kinds));
                    pairs.getLast().restart();
                }
                measure(
                        report,
                        pairs,
                        "TCP",
                        CompareColumn.tcp(
                                lab, number("seconds", 5), connections, number("idle", 5000)));
                measure(
                        report,
                        pairs,
                        "UDP, at most %.1f %% lost".formatted(100 * LosslessRate.LOSS),
                        CompareColumn.udp());
            } finally {
                pairs.forEach(ComparedPair::close);
            }
        }
        report.fact("load averages before and after", load + "; " + loadAverages());
        Files.writeString(Path.of(options.get("json")), report.json());
        System.out.println();
        System.out.print(report.table());
        System.out.println("the same as JSON: " + options.get("json"));
    }

    private static String loadAverages() throws IOException {
        return Files.readString(Path.of("/proc/loadavg")).strip();
    }

    private void measure(
            LoadReport report, List<ComparedPair> pairs, String heading, List<CompareColumn> all)
            throws IOException {
        List<CompareColumn> columns =
                all.stream().filter(column -> wanted.contains(column.name())).toList();
        if (!columns.isEmpty()) {
            report.heading(heading);
        }
        for (CompareColumn column : columns) {
            measure(report, pairs, column);
        }
    }

    private void measure(LoadReport report, List<ComparedPair> pairs, CompareColumn column)
            throws IOException {
        int quantities = column.quantities().size();
        List<List<List<Double>>> samples = new ArrayList<>();
        for (int quantity = 0; quantity < quantities; quantity++) {
            samples.add(new ArrayList<>());
            pairs.forEach(_ -> samples.getLast().add(new ArrayList<>()));
        }
        for (int round = -column.warmUps(); round < (column.once() ? 1 : rounds); round++) {
            for (int i = 0; i < pairs.size(); i++) {
                // Whoever comes later may find a cooler or warmer machine: take turns.
                int turn = Math.floorMod(i + round, pairs.size());
                List<Double> values = values(column, pairs.get(turn));
                for (int quantity = 0; round >= 0 && quantity < quantities; quantity++) {
                    samples.get(quantity).get(turn).add(values.get(quantity));
                }
            }
        }
        for (int quantity = 0; quantity < quantities; quantity++) {
            CompareColumn.Quantity row = column.quantities().get(quantity);
            report.row(row.name(), row.unit(), samples.get(quantity));
        }
    }

    /** What fails is told and counts as no number; a pair that died ends the run. */
    private static List<Double> values(CompareColumn column, ComparedPair pair) throws IOException {
        LockSupport.parkNanos(SETTLE.toNanos());
        List<Double> values;
        String failure = "";
        try {
            values = column.measurement().of(pair);
        } catch (IOException e) {
            if (!pair.isAlive()) {
                throw new IOException(pair.kinds() + " died", e);
            }
            values = Collections.nCopies(column.quantities().size(), Double.NaN);
            failure = " " + e.getMessage();
        }
        StringBuilder line = new StringBuilder("%-16s".formatted(pair.kinds()));
        for (int i = 0; i < values.size(); i++) {
            CompareColumn.Quantity quantity = column.quantities().get(i);
            line.append(i == 0 ? " " + quantity.name() + " " : ", ");
            line.append(LoadReport.number(values.get(i))).append(' ').append(quantity.unit());
        }
        System.out.println(line + failure);
        return values;
    }
}
