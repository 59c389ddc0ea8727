package io.culvert.proxy;

import java.net.InetSocketAddress;

/**
 * One connection or UDP flow as routing sees it.
 *
 * @param inbound the inbound it came in by
 * @param source the client; of a flow inside a tunnel, its address there
 * @param user the authenticated name, empty if there is none
 */
record Session(
        InboundIdentity inbound, InetSocketAddress source, Destination destination, String user) {

    Session to(Destination other) {
        return new Session(inbound, source, other, user);
    }
}
