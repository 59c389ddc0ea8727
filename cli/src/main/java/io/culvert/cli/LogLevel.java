package io.culvert.cli;

import java.util.Locale;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;

/** The levels of Xray's {@code log.loglevel}. */
enum LogLevel {
    DEBUG,
    INFO,
    WARNING,
    ERROR,
    NONE;

    /** For messages. */
    static final String CHOICE = "debug, info, warning, error or none";

    Level threshold() {
        return switch (this) {
            case DEBUG -> Level.ALL;
            case INFO -> Level.INFO;
            case WARNING -> Level.WARNING;
            case ERROR -> Level.SEVERE;
            case NONE -> Level.OFF;
        };
    }

    /** The level of that name in any case, or null when there is none. */
    static @Nullable LogLevel named(String name) {
        for (LogLevel level : values()) {
            if (level.toString().equalsIgnoreCase(name)) {
                return level;
            }
        }
        return null;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
