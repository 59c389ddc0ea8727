package io.culvert.proxy;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Freedom's {@code redirect}: everything goes to one host, one port, or both, whatever was asked
 * for.
 *
 * @param host an IP address or a name; empty keeps the one asked for
 * @param port 0 keeps the one asked for
 */
record Redirect(String host, int port) {

    /** {@code host:port}, {@code :port} or {@code host:0}; null when the text is none of them. */
    static @Nullable Redirect parse(String text) {
        if (text.startsWith(":")) {
            int port = PortSet.port(text.substring(1));
            return port <= 0 ? null : new Redirect("", port);
        }
        HostPort both = HostPort.parse(text);
        return both == null ? null : new Redirect(both.host(), both.port());
    }

    Destination apply(Destination asked) {
        return Destination.of(
                asked.network(),
                host.isEmpty() ? asked.host() : host,
                port == 0 ? asked.port() : port);
    }

    InetSocketAddress apply(InetSocketAddress asked) {
        return apply(Destination.of(Network.UDP, asked)).socketAddress();
    }
}
