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
 * @param level of the policy that holds for it
 * @param rounds how often it was given back to the rules by a loopback
 */
record Session(
        InboundIdentity inbound,
        InetSocketAddress source,
        @Nullable InetSocketAddress local,
        Destination destination,
        String user,
        Content content,
        int level,
        int rounds) {

    /** One of which nothing was heard yet. */
    Session(
            InboundIdentity inbound,
            InetSocketAddress source,
            @Nullable InetSocketAddress local,
            Destination destination,
            String user) {
        this(inbound, source, local, destination, user, Content.UNKNOWN);
    }

    /** One that was given to no loopback, of the inbound's level. */
    Session(
            InboundIdentity inbound,
            InetSocketAddress source,
            @Nullable InetSocketAddress local,
            Destination destination,
            String user,
            Content content) {
        this(inbound, source, local, destination, user, content, inbound.userLevel(), 0);
    }

    Session to(Destination other) {
        return new Session(inbound, source, local, other, user, content, level, rounds);
    }

    Session with(Content heard) {
        return new Session(inbound, source, local, destination, user, heard, level, rounds);
    }

    Session atLevel(int other) {
        return new Session(inbound, source, local, destination, user, content, other, rounds);
    }

    /** The same for somebody else's sake. */
    Session by(InboundIdentity other) {
        return new Session(other, source, local, destination, user, content, level, rounds);
    }

    /** As if it had come in by another inbound, once more around. */
    Session again(InboundIdentity by) {
        return new Session(by, source, local, destination, user, content, level, rounds + 1);
    }
}
