package io.culvert.cli;

import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;

/**
 * One event, one line: {@code 2026-11-22 18:40:01.123 INFO tunnel: message}. Line breaks and
 * control characters in a message are shown as {@code ?}, so that text from the network can't forge
 * a line. A stack trace follows only when debugging.
 */
final class LogLine extends Formatter {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS", Locale.ROOT);
    private static final String OUR_PACKAGES = "io.culvert.";

    private final ZoneId zone;
    private final boolean stackTraces;

    LogLine(ZoneId zone, boolean stackTraces) {
        this.zone = zone;
        this.stackTraces = stackTraces;
    }

    @Override
    public String format(LogRecord event) {
        StringBuilder line = new StringBuilder(128);
        TIME.formatTo(event.getInstant().atZone(zone), line);
        line.append(' ').append(levelName(event.getLevel())).append(' ');
        line.append(moduleOf(event.getLoggerName())).append(": ");
        line.append(oneLine(formatMessage(event)));
        Throwable thrown = event.getThrown();
        if (thrown != null) {
            line.append(": ").append(oneLine(thrown.toString()));
        }
        line.append('\n');
        if (thrown != null && stackTraces) {
            appendStackTrace(line, thrown);
        }
        return line.toString();
    }

    private static String levelName(Level level) {
        int value = level.intValue();
        if (value >= Level.SEVERE.intValue()) {
            return "ERROR";
        }
        if (value >= Level.WARNING.intValue()) {
            return "WARN ";
        }
        return value >= Level.INFO.intValue() ? "INFO " : "DEBUG";
    }

    /**
     * {@code io.culvert.tunnel.Tunnel} is {@code tunnel}; {@code io.netty.x.Y} is {@code netty}.
     */
    private static String moduleOf(@Nullable String logger) {
        if (logger == null || logger.isEmpty()) {
            return "culvert";
        }
        if (logger.startsWith("io.netty.")) {
            return "netty";
        }
        if (!logger.startsWith(OUR_PACKAGES)) {
            return logger;
        }
        int end = logger.indexOf('.', OUR_PACKAGES.length());
        return logger.substring(OUR_PACKAGES.length(), end < 0 ? logger.length() : end);
    }

    static String oneLine(@Nullable String text) {
        if (text == null) {
            return "";
        }
        StringBuilder shown = new StringBuilder(text.length());
        text.codePoints().forEach(c -> shown.appendCodePoint(Character.isISOControl(c) ? '?' : c));
        return shown.toString();
    }

    private static void appendStackTrace(StringBuilder out, Throwable thrown) {
        for (StackTraceElement frame : thrown.getStackTrace()) {
            out.append("        at ").append(frame).append('\n');
        }
        Throwable cause = thrown.getCause();
        if (cause != null) {
            out.append("    caused by ").append(oneLine(cause.toString())).append('\n');
            appendStackTrace(out, cause);
        }
    }
}
