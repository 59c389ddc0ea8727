package io.culvert.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How two runs of {@code bench/compare} differ: the new median divided by the old one, for each
 * quantity and pair that both have.
 */
record CompareRatios(List<String> sides, List<Row> rows) {
    private static final Pattern ROW =
            Pattern.compile("\\{\"name\": \"([^\"]*)\", \"unit\": \"([^\"]*)\"([^}]*)\\}");
    private static final Pattern SAMPLES = Pattern.compile("\"([^\"]*)\": \\[([^\\]]*)\\]");

    /** Ratios by side; a side that only one of the runs has is absent. */
    record Row(String name, String unit, Map<String, Ratio> ratios) {}

    /**
     * @param apart whether the least of one run is more than the most of the other
     */
    record Ratio(double value, boolean apart) {
        static Ratio of(List<Double> old, List<Double> now) {
            double value = LoadReport.median(now) / LoadReport.median(old);
            boolean apart =
                    !Double.isNaN(value)
                            && (Collections.min(now) > Collections.max(old)
                                    || Collections.max(now) < Collections.min(old));
            return new Ratio(value, apart);
        }

        @Override
        public String toString() {
            return Double.isNaN(value) ? "" : LoadReport.number(value) + (apart ? " *" : "  ");
        }
    }

    /** Of two files that {@link LoadReport#json()} made. */
    static CompareRatios of(String old, String now) {
        Map<String, Map<String, List<Double>>> before = samples(old);
        List<String> sides = new ArrayList<>();
        List<Row> rows = new ArrayList<>();
        samples(now)
                .forEach((name, nowSides) -> {
                    Map<String, Ratio> ratios = new LinkedHashMap<>();
                    Map<String, List<Double>> oldSides = before.getOrDefault(name, Map.of());
                    nowSides.forEach((side, values) -> {
                        if (oldSides.containsKey(side)) {
                            ratios.put(side, Ratio.of(oldSides.get(side), values));
                        }
                    });
                    if (!ratios.isEmpty()) {
                        String[] both = name.split("\t", 2);
                        rows.add(new Row(both[0], both[1], ratios));
                        ratios.keySet().stream()
                                .filter(side -> !sides.contains(side))
                                .forEach(sides::add);
                    }
                });
        return new CompareRatios(sides, rows);
    }

    /** By name and unit, then by side. */
    private static Map<String, Map<String, List<Double>>> samples(String json) {
        Map<String, Map<String, List<Double>>> all = new LinkedHashMap<>();
        Matcher row = ROW.matcher(json);
        while (row.find()) {
            Map<String, List<Double>> sides = new LinkedHashMap<>();
            Matcher samples = SAMPLES.matcher(row.group(3));
            while (samples.find()) {
                sides.put(samples.group(1), numbers(samples.group(2)));
            }
            all.put(row.group(1) + "\t" + row.group(2), sides);
        }
        return all;
    }

    private static List<Double> numbers(String list) {
        List<Double> numbers = new ArrayList<>();
        for (String number : list.split(",", -1)) {
            String text = number.strip();
            if (!text.isEmpty()) {
                numbers.add(text.equals("null") ? Double.NaN : Double.parseDouble(text));
            }
        }
        return numbers;
    }

    String table() {
        StringBuilder out = new StringBuilder();
        out.append("%-46s %-10s".formatted("new / old; * where the runs don't overlap", "unit"));
        sides.forEach(side -> out.append(" %17s".formatted(side)));
        out.append('\n');
        for (Row row : rows) {
            out.append("%-46s %-10s".formatted(row.name, row.unit));
            for (String side : sides) {
                Ratio ratio = row.ratios.get(side);
                out.append(" %17s".formatted(ratio == null ? "" : ratio));
            }
            out.append('\n');
        }
        return out.toString();
    }
}
