package io.culvert.cli;

import java.io.PrintWriter;
import java.time.ZoneId;
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

    /** To be called before the first logger is made. */
    static void keepWhileClosing() {
        System.setProperty("java.util.logging.manager", StandingLogManager.class.getName());
    }

    /** Replaces what was set up before. Thread-safe writers only. */
    static void to(PrintWriter out, LogLevel level) {
        for (Handler handler : ROOT.getHandlers()) {
            ROOT.removeHandler(handler);
        }
        ROOT.setLevel(level.threshold());
        // Below warnings, Netty talks about itself.
        NETTY.setLevel(level == LogLevel.DEBUG ? Level.WARNING : null);
        ROOT.addHandler(new WriterHandler(out, level));
    }

    private static final class WriterHandler extends Handler {
        private final PrintWriter out;

        WriterHandler(PrintWriter out, LogLevel level) {
            this.out = out;
            setLevel(level.threshold());
            setFormatter(new LogLine(ZoneId.systemDefault(), level == LogLevel.DEBUG));
        }

        @Override
        public void publish(LogRecord event) {
            if (isLoggable(event)) {
                out.write(getFormatter().format(event));
                out.flush();
            }
        }

        @Override
        public void flush() {
            out.flush();
        }

        @Override
        public void close() {}
    }
}
