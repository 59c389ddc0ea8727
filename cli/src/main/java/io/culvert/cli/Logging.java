package io.culvert.cli;

import java.io.PrintWriter;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Sends what the program logs to one writer, a line an event. */
final class Logging {
    private static final Logger ROOT = Logger.getLogger("");
    // Held here because the JDK keeps loggers, and with them their level, by weak reference only.
    private static final Logger NETTY = Logger.getLogger("io.netty");

    private Logging() {}

    /** Replaces what was set up before. */
    static void to(PrintWriter out, LogLevel level) {
        for (Handler handler : ROOT.getHandlers()) {
            ROOT.removeHandler(handler);
        }
        ROOT.setLevel(level.threshold());
        // Below warnings, Netty talks about itself.
        NETTY.setLevel(level == LogLevel.DEBUG ? Level.WARNING : null);
        ROOT.addHandler(new WriterHandler(out, level));
    }

    /**
     * Keeps lines back while it is open, so that a start that fails says why in one sentence.
     * Closing it shows them, or only warnings and errors after {@link #forget}.
     */
    static final class Pause implements AutoCloseable {
        private final List<WriterHandler> handlers = new ArrayList<>();

        Pause() {
            for (Handler handler : ROOT.getHandlers()) {
                if (handler instanceof WriterHandler ours) {
                    handlers.add(ours);
                    ours.pause();
                }
            }
        }

        void forget() {
            handlers.forEach(WriterHandler::forget);
        }

        @Override
        public void close() {
            handlers.forEach(WriterHandler::resume);
        }
    }

    private static final class WriterHandler extends Handler {
        private final PrintWriter out;
        private final List<LogRecord> waiting = new ArrayList<>();
        private boolean paused;

        WriterHandler(PrintWriter out, LogLevel level) {
            this.out = out;
            setLevel(level.threshold());
            setFormatter(new LogLine(ZoneId.systemDefault(), level == LogLevel.DEBUG));
        }

        @Override
        public synchronized void publish(LogRecord event) {
            if (!isLoggable(event)) {
                return;
            }
            if (paused) {
                waiting.add(event);
            } else {
                write(event);
            }
        }

        synchronized void pause() {
            paused = true;
        }

        synchronized void forget() {
            waiting.removeIf(event -> event.getLevel().intValue() < Level.WARNING.intValue());
        }

        synchronized void resume() {
            paused = false;
            waiting.forEach(this::write);
            waiting.clear();
        }

        private void write(LogRecord event) {
            out.write(getFormatter().format(event));
            out.flush();
        }

        @Override
        public void flush() {
            out.flush();
        }

        @Override
        public void close() {}
    }
}
