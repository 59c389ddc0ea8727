package io.culvert.proxy;

import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One line for each connection and each UDP destination of a client, in the form of Xray's access
 * log; one for each client that was turned away; and, where they are asked for, one for each answer
 * of a resolver. The loggers {@code io.culvert.access} and {@code io.culvert.access.dns} take level
 * DEBUG, so that they are off unless the program turns them on.
 */
final class AccessLog {
    private static final System.Logger ACCESS = System.getLogger("io.culvert.access");
    private static final System.Logger DNS = System.getLogger("io.culvert.access.dns");

    private AccessLog() {}

    /**
     * A way was chosen for a session.
     *
     * @param byRule whether a rule chose it; otherwise it is the usual one
     */
    static void routed(Session session, String outboundTag, boolean byRule) {
        boolean ping = session.destination().network() == Network.ICMP; // not a line for each
        if (!ping && ACCESS.isLoggable(Level.DEBUG)) {
            ACCESS.log(Level.DEBUG, line(session, outboundTag, byRule));
        }
    }

    /**
     * A client was turned away before it said where it wants to go.
     *
     * @param why one sentence without what it said
     */
    static void rejected(InetSocketAddress client, String why) {
        if (ACCESS.isLoggable(Level.DEBUG)) {
            // In the place between there would be the destination.
            String from = Destination.of(Network.TCP, client).authority();
            ACCESS.log(Level.DEBUG, "from " + from + " rejected  " + why);
        }
    }

    /**
     * A name was resolved, or not.
     *
     * @param server who was asked, or {@code cache}
     * @param failure why there is no answer, if so
     */
    static void resolved(
            String server,
            String name,
            List<InetAddress> addresses,
            Duration took,
            @Nullable Throwable failure) {
        if (DNS.isLoggable(Level.DEBUG)) {
            String answer =
                    String.join(", ", addresses.stream().map(InetAddress::getHostAddress).toList());
            String why = failure == null ? "" : " <" + failure.getMessage() + ">";
            DNS.log(
                    Level.DEBUG,
                    server
                            + " got answer: "
                            + name
                            + " -> ["
                            + answer
                            + "] "
                            + took.toMillis()
                            + "ms"
                            + why);
        }
    }

    private static String line(Session session, String outboundTag, boolean byRule) {
        Destination to = session.destination();
        StringBuilder line = new StringBuilder(128).append("from ");
        if (session.inbound().isResolver()) {
            line.append("DNS");
        } else {
            source(session, line);
        }
        line.append(" accepted ").append(to);
        String inboundTag = session.inbound().tag();
        if (!outboundTag.isEmpty()) {
            line.append(" [");
            if (!inboundTag.isEmpty()) {
                line.append(inboundTag).append(byRule ? " -> " : " >> ");
            }
            line.append(outboundTag).append(']');
        }
        if (!session.user().isEmpty()) {
            line.append(" email: ").append(session.user());
        }
        return line.toString();
    }

    private static void source(Session session, StringBuilder line) {
        Network network = session.destination().network();
        // As in Xray, whose WireGuard knows its clients as destinations and others as addresses.
        if (session.inbound().protocol().equals("wireguard")) {
            line.append(network).append(':');
        }
        line.append(Destination.of(network, session.source()).authority());
    }
}
