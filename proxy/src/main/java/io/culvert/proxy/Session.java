package io.culvert.proxy;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * One connection or UDP flow as routing sees it.
 *
 * @param inbound the inbound it came in by
 * @param source the client; of a flow inside a tunnel, its address there
 * @param local the address of this machine that the client has reached; null inside a tunnel
 * @param user the authenticated name, empty if there is none
 * @param content what the client was heard to say
 */
record Session(
        InboundIdentity inbound,
        InetSocketAddress source,
        @Nullable InetSocketAddress local,
        Destination destination,
        String user,
        Content content) {

    /** One of which nothing was heard yet. */
    Session(
            InboundIdentity inbound,
            InetSocketAddress source,
            @Nullable InetSocketAddress local,
            Destination destination,
            String user) {
        this(inbound, source, local, destination, user, Content.UNKNOWN);
    }

    Session to(Destination other) {
        return new Session(inbound, source, local, other, user, content);
    }

    Session with(Content heard) {
        return new Session(inbound, source, local, destination, user, heard);
    }
}
