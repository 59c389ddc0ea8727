package io.culvert.proxy;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as Go spells them: {@code 10s}, {@code 1m30s}, {@code 500ms}. */
final class DurationText {
    private static final Pattern PART = Pattern.compile("\\G(\\d+(?:\\.\\d+)?)(ns|us|ms|s|m|h)");
    private static final Map<String, Double> NANOS =
            Map.of("ns", 1.0, "us", 1e3, "ms", 1e6, "s", 1e9, "m", 6e10, "h", 3.6e12);
    private static final double MAX_NANOS = 30 * 24 * 3.6e12;

    private DurationText() {}

    /** Nanoseconds, or {@code fallback} where it is absent or (reported) wrong. */
    static long read(ConfigNode node, long fallback, Problems problems) {
        if (node.isAbsent()) {
            return fallback;
        }
        String text = node.kind() == ConfigNode.Kind.STRING ? node.string(problems, "") : "?";
        Matcher part = PART.matcher(text);
        double nanos = 0;
        int end = 0;
        while (part.find()) {
            nanos += Double.parseDouble(part.group(1)) * NANOS.getOrDefault(part.group(2), 0.0);
            end = part.end();
        }
        if (end == 0 || end != text.length() || nanos <= 0 || nanos > MAX_NANOS) {
            problems.error(node, "must be a time such as \"10s\", \"1m30s\" or \"500ms\"");
            return fallback;
        }
        return (long) nanos;
    }
}
