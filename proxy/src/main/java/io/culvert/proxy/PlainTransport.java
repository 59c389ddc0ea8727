package io.culvert.proxy;

import java.util.Locale;

/** What {@code streamSettings} may ask of a connection's transport: TCP as it is. */
final class PlainTransport {
    private PlainTransport() {}

    /** Reports anything else, with which the other side would not understand us. */
    static void require(ConfigNode stream, Problems problems) {
        ConfigNode security = stream.member("security");
        String kind = security.string(problems, "none").toLowerCase(Locale.ROOT);
        if (!kind.isEmpty() && !kind.equals("none")) {
            problems.error(security, "is not supported by Culvert yet: use none");
        }
        ConfigNode network = stream.member("network");
        String transport = network.string(problems, "tcp").toLowerCase(Locale.ROOT);
        if (!transport.equals("tcp") && !transport.equals("raw")) {
            problems.error(network, "is not supported by Culvert yet: use tcp");
        }
    }
}
