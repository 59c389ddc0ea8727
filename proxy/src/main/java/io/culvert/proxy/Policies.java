package io.culvert.proxy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The {@code policy} of a file: limits by the level of whoever uses a connection. Immutable. */
record Policies(Map<Integer, Policy> levels) {

    /** What a file without {@code policy} has. */
    static final Policies DEFAULT = new Policies(Map.of());

    /** What a level says about counters, not about limits. */
    static final List<String> STATS =
            List.of("statsUserUplink", "statsUserDownlink", "statsUserOnline");

    Policies {
        levels = Map.copyOf(levels);
    }

    /** The limits of a level; Xray's own where the file doesn't have it. */
    Policy of(int level) {
        return levels.getOrDefault(level, Policy.DEFAULT);
    }

    /** Reads the {@code policy} object of a file. */
    static Policies read(ConfigNode node, Problems problems) {
        ConfigNode policy = node.object(problems);
        policy.member("system").accept();
        Map<Integer, Policy> levels = new HashMap<>();
        policy.member("levels")
                .object(problems)
                .members()
                .forEach((key, level) -> {
                    Integer number = level(key);
                    if (number == null) {
                        problems.error(level, "a level is a whole number, not \"" + key + "\"");
                    } else if (!level.isAbsent()) {
                        levels.put(number, Policy.read(level.object(problems), problems));
                    }
                });
        return new Policies(levels);
    }

    /** Reads the number of a level where a file names one; 0 where it doesn't. */
    static int level(ConfigNode node, Problems problems) {
        return (int) node.integer(problems, 0, Integer.MAX_VALUE, 0);
    }

    private static @Nullable Integer level(String key) {
        try {
            int number = Integer.parseInt(key);
            return number < 0 ? null : number;
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
