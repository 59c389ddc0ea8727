package io.culvert.proxy;

import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/** The lines this module logs: one per event, no secrets. */
final class Log {
    private static final System.Logger LOGGER = System.getLogger("io.culvert.proxy");

    private Log() {}

    static void accepted(Session session, Outbound outbound) {
        if (LOGGER.isLoggable(Level.DEBUG)) {
            LOGGER.log(Level.DEBUG, line(session, "accepted", outbound.tag()));
        }
    }

    /** A rule that has a name took it. */
    static void ruled(Session session, @Nullable Rule rule) {
        if (rule != null && !rule.tag().isEmpty() && LOGGER.isLoggable(Level.DEBUG)) {
            LOGGER.log(Level.DEBUG, "rule " + rule.tag() + " takes " + session.destination());
        }
    }

    static void failed(Session session, String outboundTag, Throwable cause) {
        if (LOGGER.isLoggable(Level.INFO)) {
            LOGGER.log(
                    Level.INFO, line(session, "failed", outboundTag) + ": " + cause.getMessage());
        }
    }

    static void info(String message) {
        LOGGER.log(Level.INFO, message);
    }

    static void warning(String message) {
        LOGGER.log(Level.WARNING, message);
    }

    static void debug(String message) {
        LOGGER.log(Level.DEBUG, message);
    }

    /** Something a handler did not expect; the stack trace is for whoever mends it. */
    static void unexpected(String where, Throwable cause) {
        LOGGER.log(Level.WARNING, where + ": " + cause, cause);
    }

    private static String line(Session session, String what, String outboundTag) {
        Destination to = session.destination();
        return "from "
                + to.network()
                + ":"
                + Destination.of(to.network(), session.source()).authority()
                + " "
                + what
                + " "
                + to
                + " ["
                + session.inbound().label()
                + " -> "
                + outboundTag
                + "]";
    }
}
