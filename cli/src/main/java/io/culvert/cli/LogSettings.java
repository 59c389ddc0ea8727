package io.culvert.cli;

import io.culvert.proxy.ConfigNode;
import io.culvert.proxy.Problems;
import java.util.List;

/** Xray's {@code log} object. Culvert logs to standard error only. */
final class LogSettings {
    private LogSettings() {}

    /** The level the file asks for; info where it doesn't. */
    static LogLevel level(ConfigNode log, Problems problems) {
        ConfigNode settings = log.object(problems);
        for (String key : List.of("access", "error")) {
            ConfigNode file = settings.member(key);
            String name = file.string(problems, "");
            if (!name.isEmpty() && !name.equals("none")) {
                problems.warning(file, "log files are not written: events go to standard error");
            }
        }
        ConfigNode wanted = settings.member("loglevel");
        String name = wanted.string(problems, "");
        LogLevel level = name.isEmpty() ? LogLevel.INFO : LogLevel.named(name);
        if (level == null) {
            problems.error(wanted, "must be " + LogLevel.CHOICE);
            return LogLevel.INFO;
        }
        return level;
    }
}
