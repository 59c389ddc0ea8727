package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.util.function.Function;

/** What comes in by one listening UDP socket: each client has a {@link UdpSession}. */
final class ClientDatagrams {
    private final InboundIdentity identity;
    private final Dispatcher dispatcher;
    private final InetSocketAddress local;
    private final Function<InetSocketAddress, UdpReceiver> replies;
    private final UdpSessions sessions;

    /**
     * With no client yet.
     *
     * @param loop the socket's
     * @param local where it listens
     * @param replies makes what takes what comes back to a client
     */
    ClientDatagrams(
            InboundIdentity identity,
            Dispatcher dispatcher,
            EventLoop loop,
            InetSocketAddress local,
            Function<InetSocketAddress, UdpReceiver> replies) {
        this.identity = identity;
        this.dispatcher = dispatcher;
        this.local = local;
        this.replies = replies;
        this.sessions = new UdpSessions(loop);
    }

    /** A datagram of a client's, which leaves at the latest with {@link #flush}. */
    void send(InetSocketAddress client, InetSocketAddress destination, ByteBuf payload) {
        UdpSession session = sessions.of(client, from -> session(from, destination));
        if (session == null) {
            payload.release();
        } else {
            session.send(destination, payload);
        }
    }

    void flush() {
        sessions.flush();
    }

    void close() {
        sessions.close();
    }

    private UdpSession session(InetSocketAddress client, InetSocketAddress destination) {
        Session base =
                new Session(identity, client, local, Destination.of(Network.UDP, destination), "");
        return new UdpSession(dispatcher, base, sessions.loop(), replies.apply(client));
    }
}
