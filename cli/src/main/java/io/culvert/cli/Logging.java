package io.culvert.cli;

import io.culvert.proxy.Place;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Sends what the program logs where it belongs: events, and the access log if there is one. */
final class Logging {
    private static final Logger ROOT = Logger.getLogger("");

    /** The proxy's lines for each connection, and below it those for each answer of a resolver. */
    private static final Logger ACCESS = Logger.getLogger("io.culvert.access");

    private static final Logger ACCESS_DNS = Logger.getLogger("io.culvert.access.dns");
    // Held here because the JDK keeps loggers, and with them their level, by weak reference only.
    private static final Logger NETTY = Logger.getLogger("io.netty");

    private Logging() {}

    /** Replaces what was set up before: events to one writer, and no access log. */
    static void to(PrintWriter out, LogLevel level) {
        apply(LogSettings.DEFAULT.withLevel(level), line -> write(out, line), null);
    }

    /**
     * Replaces what was set up before, and opens the files.
     *
     * @param out the console's access log
     * @param err the console's events
     * @throws LogFileException if a file can't be opened; then nothing has changed
     */
    static void open(LogSettings settings, PrintWriter out, PrintWriter err)
            throws LogFileException {
        Consumer<String> events = sink(settings.events(), err);
        Consumer<String> access = sink(settings.access(), out);
        apply(settings, events, access);
    }

    /** Writes what is still queued; nothing more is in the access log. */
    static void closeAccess() {
        for (Handler handler : ACCESS.getHandlers()) {
            ACCESS.removeHandler(handler);
            handler.close();
        }
    }

    private static void apply(
            LogSettings settings,
            @Nullable Consumer<String> events,
            @Nullable Consumer<String> access) {
        for (Handler handler : ROOT.getHandlers()) {
            ROOT.removeHandler(handler);
            handler.close();
        }
        closeAccess();
        LogLevel level = events == null ? LogLevel.NONE : settings.level();
        ROOT.setLevel(level.threshold());
        // Below warnings, Netty talks about itself.
        NETTY.setLevel(level == LogLevel.DEBUG ? Level.WARNING : null);
        if (events != null) {
            ROOT.addHandler(new EventHandler(events, level, settings.mask()));
        }
        ACCESS.setUseParentHandlers(false);
        ACCESS.setLevel(access == null ? Level.OFF : Level.FINE);
        ACCESS_DNS.setLevel(access == null || !settings.dns() ? Level.OFF : Level.FINE);
        if (access != null) {
            ACCESS.addHandler(new AccessHandler(access, settings.mask()));
        }
    }

    private static @Nullable Consumer<String> sink(LogSettings.Target target, PrintWriter console)
            throws LogFileException {
        return switch (target) {
            case LogSettings.Nowhere nowhere -> null;
            case LogSettings.Console c -> line -> write(console, line);
            case LogSettings.ToFile(String name, Place place) -> {
                try {
                    LogFile file = LogFile.open(name);
                    yield line -> file.append(line);
                } catch (IOException e) {
                    throw new LogFileException(
                            place
                                    + ": \""
                                    + name
                                    + "\" "
                                    + ConfigSource.reason(e, "cannot be made"),
                            e);
                }
            }
        };
    }

    private static void write(PrintWriter out, String line) {
        out.write(line);
        out.flush();
    }

    /**
     * Keeps lines back while it is open, so that a start that fails says why in one sentence.
     * Closing it shows them, or only warnings and errors after {@link #forget}.
     */
    static final class Pause implements AutoCloseable {
        private final List<EventHandler> handlers = new ArrayList<>();

        Pause() {
            for (Handler handler : ROOT.getHandlers()) {
                if (handler instanceof EventHandler ours) {
                    handlers.add(ours);
                    ours.pause();
                }
            }
        }

        void forget() {
            handlers.forEach(EventHandler::forget);
        }

        @Override
        public void close() {
            handlers.forEach(EventHandler::resume);
        }
    }
}
