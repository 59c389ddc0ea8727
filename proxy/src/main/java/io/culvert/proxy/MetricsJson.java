package io.culvert.proxy;

import java.util.Map;
import java.util.TreeMap;

/** The metrics as one JSON object: counters by kind, name and direction, and what is probed. */
final class MetricsJson {
    private MetricsJson() {}

    static String of(Proxy proxy) {
        // Kind, then name, then direction: the parts of a counter's name.
        Map<String, Map<String, Map<String, Long>>> stats = new TreeMap<>();
        for (String kind : new String[] {"inbound", "outbound", "user"}) {
            stats.put(kind, new TreeMap<>());
        }
        proxy.statistics()
                .query("", false)
                .forEach((name, value) -> {
                    String[] parts = name.split(">>>", -1);
                    if (parts.length == 4) {
                        stats.computeIfAbsent(parts[0], kind -> new TreeMap<>())
                                .computeIfAbsent(parts[1], tag -> new TreeMap<>())
                                .put(parts[3], value);
                    }
                });
        StringBuilder out = new StringBuilder("{\"memstats\":{\"Alloc\":");
        out.append(Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory())
                .append("},\"observatory\":{");
        String comma = "";
        for (Map.Entry<String, Health> entry : new TreeMap<>(proxy.health()).entrySet()) {
            Health.Report report = entry.getValue().report();
            out.append(comma)
                    .append(quoted(entry.getKey()))
                    .append(":{\"alive\":")
                    .append(report.isAlive());
            out.append(",\"delay\":").append((long) (report.averageNanos() / 1e6));
            out.append(",\"outbound_tag\":").append(quoted(entry.getKey())).append('}');
            comma = ",";
        }
        out.append("},\"stats\":");
        append(out, stats);
        return out.append("}\n").toString();
    }

    private static void append(StringBuilder out, Object value) {
        if (!(value instanceof Map<?, ?> map)) {
            out.append(value);
            return;
        }
        String comma = "{";
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            out.append(comma).append(quoted(String.valueOf(entry.getKey()))).append(':');
            append(out, entry.getValue());
            comma = ",";
        }
        out.append(map.isEmpty() ? "{}" : "}");
    }

    private static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}
