package io.culvert.proxy;

import io.netty.channel.socket.DuplexChannel;
import org.jspecify.annotations.Nullable;

/** A connection that reached its destination, and who keeps count of it. */
final class Flow {
    private final Session session;
    private final Outbound outbound;
    private final DuplexChannel remote;
    private final @Nullable UserTraffic user;
    private boolean ended;

    /**
     * A flow that begins now.
     *
     * @param user counts it for the session's user; null = nobody does
     */
    Flow(Session session, Outbound outbound, DuplexChannel remote, @Nullable UserTraffic user) {
        this.user = user;
        this.session = session;
        this.outbound = outbound;
        this.remote = remote;
        if (user != null) {
            user.entered(session.source().getAddress());
        }
    }

    Session session() {
        return session;
    }

    /** The channel to the destination, as {@link Outbound#connect} gave it. */
    DuplexChannel remote() {
        return remote;
    }

    void up(long bytes) {
        session.inbound().traffic().up(bytes);
        outbound.traffic().up(bytes);
        if (user != null) {
            user.up(bytes);
        }
    }

    void down(long bytes) {
        session.inbound().traffic().down(bytes);
        outbound.traffic().down(bytes);
        if (user != null) {
            user.down(bytes);
        }
    }

    /** Nobody wants it any more: closes the channel. */
    @SuppressWarnings("FutureReturnValueIgnored") // a close that fails is a close
    void abandon() {
        end();
        remote.close();
    }

    /** The connection is over. Further calls do nothing. */
    void end() {
        if (!ended) {
            ended = true;
            session.inbound().traffic().closed();
            outbound.traffic().closed();
            if (user != null) {
                user.left(session.source().getAddress());
            }
        }
    }
}
