package io.culvert.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The table of a run, and the same as JSON: one row a quantity, medians and spread. */
final class LoadReport {
    private final List<Row> rows = new ArrayList<>();
    private final Map<String, String> facts = new LinkedHashMap<>();
    private final List<String> sides;

    /**
     * Samples in {@code unit} of all sides; a side without samples is empty, and so may a target
     * be. A row without sides is a heading.
     */
    private record Row(String name, String unit, String target, List<List<Double>> samples) {}

    /** With two of them the table has their ratio. */
    LoadReport(String... sides) {
        this.sides = List.of(sides);
    }

    void fact(String name, Object value) {
        facts.put(name, String.valueOf(value));
    }

    /** What follows in the table is under it; the JSON has no headings. */
    void heading(String text) {
        rows.add(new Row(text, "", "", List.of()));
    }

    void row(String name, String unit, List<Double> ourSamples, List<Double> theirSamples) {
        row(name, unit, "", ourSamples, theirSamples);
    }

    /**
     * @param target what the ratio, or what else it says, should be
     */
    void row(
            String name,
            String unit,
            String target,
            List<Double> ourSamples,
            List<Double> theirSamples) {
        rows.add(new Row(name, unit, target, List.of(ourSamples, theirSamples)));
    }

    /** The samples of each side, in their order. */
    void row(String name, String unit, List<List<Double>> samples) {
        rows.add(new Row(name, unit, "", List.copyOf(samples)));
    }

    static double median(List<Double> samples) {
        List<Double> sorted = samples.stream().sorted().toList();
        int middle = sorted.size() / 2;
        if (sorted.isEmpty()) {
            return Double.NaN;
        }
        return sorted.size() % 2 == 1
                ? sorted.get(middle)
                : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    String table() {
        StringBuilder out = new StringBuilder();
        facts.forEach((name, value) -> out.append(name).append(": ").append(value).append('\n'));
        out.append("%-46s %-10s".formatted("median (least-most)", "unit"));
        sides.forEach(side -> out.append(" %26s".formatted(side)));
        out.append(sides.size() == 2 ? " %8s%n".formatted("ratio") : "\n");
        for (Row row : rows) {
            if (row.samples.isEmpty()) {
                out.append('\n').append(row.name).append('\n');
                continue;
            }
            out.append("%-46s %-10s".formatted(row.name, row.unit));
            row.samples.forEach(samples -> out.append(" %26s".formatted(cell(samples))));
            if (sides.size() == 2) {
                double ratio = ratio(row);
                String shown = Double.isNaN(ratio) ? "" : number(ratio);
                out.append(" %8s  %s".formatted(shown, row.target));
            }
            out.append('\n');
        }
        return out.toString();
    }

    private static double ratio(Row row) {
        return median(row.samples.getFirst()) / median(row.samples.getLast());
    }

    private static String cell(List<Double> samples) {
        return samples.isEmpty()
                ? ""
                : "%s (%s-%s)"
                        .formatted(
                                number(median(samples)),
                                number(Collections.min(samples)),
                                number(Collections.max(samples)));
    }

    static String number(double value) {
        return String.format(Locale.ROOT, Math.abs(value) < 100 ? "%.2f" : "%.0f", value);
    }

    String json() {
        StringBuilder out = new StringBuilder("{\n  \"facts\": {");
        String separator = "";
        for (Map.Entry<String, String> fact : facts.entrySet()) {
            out.append(separator).append("\n    ").append(quoted(fact.getKey())).append(": ");
            out.append(quoted(fact.getValue()));
            separator = ",";
        }
        out.append("\n  },\n  \"rows\": [");
        separator = "";
        for (Row row : rows) {
            if (row.samples.isEmpty()) {
                continue;
            }
            out.append(separator).append("\n    {\"name\": ").append(quoted(row.name));
            out.append(", \"unit\": ").append(quoted(row.unit));
            for (int side = 0; side < sides.size(); side++) {
                out.append(", ").append(quoted(sides.get(side))).append(": ");
                out.append(samples(row.samples.get(side)));
            }
            if (sides.size() == 2) {
                out.append(", \"ratio\": ").append(finite(ratio(row)));
                out.append(", \"target\": ").append(quoted(row.target));
            }
            out.append('}');
            separator = ",";
        }
        return out.append("\n  ]\n}\n").toString();
    }

    private static String samples(List<Double> values) {
        StringBuilder out = new StringBuilder("[");
        for (double value : values) {
            out.append(out.length() == 1 ? "" : ", ").append(finite(value));
        }
        return out.append(']').toString();
    }

    private static String finite(double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%.3f", value) : "null";
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }
}
