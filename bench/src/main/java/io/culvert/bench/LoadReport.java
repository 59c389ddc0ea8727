package io.culvert.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The table of a load run, and the same as JSON: one row a quantity, medians and spread. */
final class LoadReport {
    private final List<Row> rows = new ArrayList<>();
    private final Map<String, String> facts = new LinkedHashMap<>();
    private final String ours;
    private final String theirs;

    /** Samples in {@code unit} of both; a part without samples is empty, and so may a target be. */
    private record Row(
            String name, String unit, String target, List<Double> ours, List<Double> theirs) {}

    LoadReport(String ours, String theirs) {
        this.ours = ours;
        this.theirs = theirs;
    }

    void fact(String name, Object value) {
        facts.put(name, String.valueOf(value));
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
        rows.add(new Row(name, unit, target, ourSamples, theirSamples));
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
        out.append(
                "%-46s %-10s %26s %26s %8s%n"
                        .formatted("median (least-most)", "unit", ours, theirs, "ratio"));
        for (Row row : rows) {
            double ratio = median(row.ours) / median(row.theirs);
            out.append(
                    "%-46s %-10s %26s %26s %8s  %s%n"
                            .formatted(
                                    row.name,
                                    row.unit,
                                    cell(row.ours),
                                    cell(row.theirs),
                                    Double.isNaN(ratio) ? "" : number(ratio),
                                    row.target));
        }
        return out.toString();
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

    private static String number(double value) {
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
            out.append(separator).append("\n    {\"name\": ").append(quoted(row.name));
            out.append(", \"unit\": ").append(quoted(row.unit));
            out.append(", ").append(quoted(ours)).append(": ").append(samples(row.ours));
            out.append(", ").append(quoted(theirs)).append(": ").append(samples(row.theirs));
            double ratio = median(row.ours) / median(row.theirs);
            out.append(", \"ratio\": ").append(finite(ratio));
            out.append(", \"target\": ").append(quoted(row.target)).append('}');
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
