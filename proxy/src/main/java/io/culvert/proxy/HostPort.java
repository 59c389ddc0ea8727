package io.culvert.proxy;

import org.jspecify.annotations.Nullable;

/** A {@code host:port} text, IPv6 in brackets. */
record HostPort(String host, int port) {

    /** Null when the text is none. The host is an IP address or looks like a name. */
    static @Nullable HostPort parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 0) {
            return null;
        }
        int port = PortSet.port(text.substring(colon + 1));
        String host = text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
            if (host.indexOf(':') < 0 || Destination.literal(host) == null) {
                return null;
            }
        } else if (!isName(host)) {
            return null;
        }
        return port < 0 ? null : new HostPort(host, port);
    }

    /** Whether a text can be a host: an IP address without brackets, or a name. */
    static boolean isHost(String text) {
        return isName(text) || Destination.literal(text) != null;
    }

    /** Whether a text has the length and the letters of an IPv4 address or a name. */
    private static boolean isName(String text) {
        if (text.isEmpty() || text.length() > Destination.MAX_NAME) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c <= ' ' || c == 0x7f || ":[]/\\@?#%\"<>".indexOf(c) >= 0) {
                return false;
            }
        }
        return true;
    }

    Destination destination(Network network) {
        return Destination.of(network, host, port);
    }
}
