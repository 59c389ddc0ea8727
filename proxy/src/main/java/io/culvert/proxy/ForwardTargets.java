package io.culvert.proxy;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a port forward leads, by the port that it listens on.
 *
 * @param target for all ports; a missing host and port 0 stand for what is told elsewhere
 * @param byPort differs from it for some ports, in the same form
 */
record ForwardTargets(HostPort target, Map<Integer, HostPort> byPort) {

    /** Where Xray forwards to if nobody says otherwise. */
    private static final String DEFAULT_HOST = "localhost";

    ForwardTargets {
        byPort = Map.copyOf(byPort);
    }

    /** Whether the file names any host. */
    boolean isGiven() {
        return !target.host().isEmpty() || target.port() != 0 || !byPort.isEmpty();
    }

    /** The target of what comes in by a port. */
    HostPort of(int localPort) {
        HostPort mapped = byPort.get(localPort);
        String host = mapped == null || mapped.host().isEmpty() ? target.host() : mapped.host();
        int port = mapped == null || mapped.port() == 0 ? target.port() : mapped.port();
        return new HostPort(host.isEmpty() ? DEFAULT_HOST : host, port == 0 ? localPort : port);
    }

    /** {@code host:port}, {@code host:} or {@code :port}; null when the text is none of them. */
    static @Nullable HostPort parse(String text) {
        if (text.endsWith(":")) {
            HostPort host = HostPort.parse(text + "0");
            return host == null ? null : new HostPort(host.host(), 0);
        }
        if (text.startsWith(":")) {
            int port = PortSet.port(text.substring(1));
            return port <= 0 ? null : new HostPort("", port);
        }
        HostPort both = HostPort.parse(text);
        return both == null || both.port() == 0 ? null : both;
    }

    /** For the log. */
    @Override
    public String toString() {
        String host = target.host().isEmpty() ? DEFAULT_HOST : target.host();
        String main = host + (target.port() == 0 ? "" : ":" + target.port());
        return byPort.isEmpty() ? main : main + " and by port";
    }
}
