package io.culvert.proxy;

import java.util.HashMap;
import java.util.Map;

/**
 * What is counted, as {@code stats} and {@code policy} say.
 *
 * @param levels of users by number; a level that isn't there counts nothing
 */
record StatsSettings(
        boolean inboundUp,
        boolean inboundDown,
        boolean outboundUp,
        boolean outboundDown,
        Map<Integer, Level> levels) {

    /** Of the users of one level. */
    record Level(boolean up, boolean down, boolean online) {
        static final Level NONE = new Level(false, false, false);
    }

    /** Nothing. */
    static final StatsSettings OFF = new StatsSettings(false, false, false, false, Map.of());

    StatsSettings {
        levels = Map.copyOf(levels);
    }

    Level level(int number) {
        return levels.getOrDefault(number, Level.NONE);
    }

    /** Reads what concerns counters; without {@code stats} there are none. */
    static StatsSettings read(ConfigNode file, Problems problems) {
        file.member("stats").object(problems).accept();
        ConfigNode policy = file.member("policy").object(problems);
        ConfigNode system = policy.member("system").object(problems);
        Map<Integer, Level> levels = new HashMap<>();
        policy.member("levels")
                .object(problems)
                .members()
                .forEach((number, level) -> {
                    if (number.matches("\\d{1,9}")) {
                        ConfigNode of = level.object(problems);
                        levels.put(
                                Integer.valueOf(number),
                                new Level(
                                        of.member("statsUserUplink").bool(problems, false),
                                        of.member("statsUserDownlink").bool(problems, false),
                                        of.member("statsUserOnline").bool(problems, false)));
                    }
                });
        StatsSettings asked =
                new StatsSettings(
                        system.member("statsInboundUplink").bool(problems, false),
                        system.member("statsInboundDownlink").bool(problems, false),
                        system.member("statsOutboundUplink").bool(problems, false),
                        system.member("statsOutboundDownlink").bool(problems, false),
                        levels);
        return file.has("stats") ? asked : OFF;
    }
}
