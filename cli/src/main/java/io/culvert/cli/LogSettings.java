package io.culvert.cli;

import io.culvert.proxy.ConfigNode;
import io.culvert.proxy.Place;
import io.culvert.proxy.Problems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Xray's {@code log} object.
 *
 * @param level of events; the access log has none
 * @param access where a line for each connection goes
 * @param events where everything else goes
 * @param dns whether the access log has DNS answers as well
 * @param mask what is hidden of addresses in both
 */
record LogSettings(LogLevel level, Target access, Target events, boolean dns, AddressMask mask) {

    /** Where lines go. */
    sealed interface Target {}

    /** Nowhere. */
    record Nowhere() implements Target {}

    /** Standard output for the access log, standard error for events. */
    record Console() implements Target {}

    /** A file, opened when the program starts. */
    record ToFile(String name, Place place) implements Target {}

    /** What counts until a file was read, and where it has no such object. */
    static final LogSettings DEFAULT =
            new LogSettings(LogLevel.INFO, new Nowhere(), new Console(), false, AddressMask.NONE);

    /** Reads the object; what is wrong with it is reported. */
    static LogSettings read(ConfigNode log, Problems problems) {
        if (log.isAbsent()) {
            return DEFAULT;
        }
        ConfigNode settings = log.object(problems);
        LogLevel level = level(settings.member("loglevel"), problems);
        Target access = target(settings.member("access"), problems);
        Target events = target(settings.member("error"), problems);
        boolean dns = settings.member("dnsLog").bool(problems, false);
        AddressMask mask = mask(settings.member("maskAddress"), problems);
        settings.reportUnused(problems);
        boolean silent = level == LogLevel.NONE;
        return new LogSettings(
                level, silent ? new Nowhere() : access, silent ? new Nowhere() : events, dns, mask);
    }

    private static LogLevel level(ConfigNode node, Problems problems) {
        String name = node.string(problems, "");
        LogLevel level = name.isEmpty() ? LogLevel.INFO : LogLevel.named(name);
        if (level == null) {
            problems.error(node, "must be " + LogLevel.CHOICE);
            return LogLevel.INFO;
        }
        return level;
    }

    private static Target target(ConfigNode node, Problems problems) {
        String name = node.string(problems, "");
        if (name.isEmpty()) {
            return new Console();
        }
        if (name.equals("none")) {
            return new Nowhere();
        }
        Path file = Path.of(name).toAbsolutePath();
        Path directory = file.getParent();
        if (Files.isDirectory(file)) {
            problems.error(node, "\"" + name + "\" is a directory: give a file");
        } else if (directory != null && !Files.isDirectory(directory)) {
            problems.error(node, "there is no directory \"" + directory + "\" for this file");
        }
        return new ToFile(name, node.place());
    }

    private static AddressMask mask(ConfigNode node, Problems problems) {
        String name = node.string(problems, "");
        AddressMask mask = AddressMask.named(name.toLowerCase(Locale.ROOT));
        if (mask == null) {
            problems.error(node, "must be " + AddressMask.CHOICE + ", not \"" + name + "\"");
            return AddressMask.NONE;
        }
        return mask;
    }

    /** The files that must be opened. */
    List<ToFile> files() {
        return List.of(access, events).stream()
                .filter(ToFile.class::isInstance)
                .map(ToFile.class::cast)
                .toList();
    }

    LogSettings withLevel(LogLevel other) {
        return new LogSettings(other, access, events, dns, mask);
    }
}
