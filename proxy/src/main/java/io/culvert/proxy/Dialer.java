package io.culvert.proxy;

import io.culvert.tunnel.TunnelConfig;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * How an outbound reaches the network below it: by this machine's sockets, or by another outbound
 * ({@code dialerProxy}). Thread-safe.
 */
interface Dialer {

    /** Who dials servers. */
    InboundIdentity OURS = new InboundIdentity("", "dialer", new Traffic());

    /** Whether it is this machine's sockets as they come. */
    default boolean isPlain() {
        return false;
    }

    /** Whether names may be left to whatever is below, which resolves them its own way. */
    boolean takesNames();

    /**
     * Dials the session's destination; a name is resolved as the file's {@code sockopt} says.
     *
     * @return as {@link Outbound#connect}
     */
    Future<DuplexChannel> connect(Session session, EventLoop loop);

    /**
     * Dials a destination whose addresses are known.
     *
     * @param addresses to try, in this order; not empty
     * @return as {@link Outbound#connect}
     */
    Future<DuplexChannel> connect(Session session, List<InetAddress> addresses, EventLoop loop);

    /**
     * Opens a way for datagrams, as {@link Outbound#openUdp}.
     *
     * @param resolver for names; null = as the file's {@code sockopt} says
     * @param allowed tells to which addresses datagrams may go; others are dropped
     */
    UdpPort openUdp(
            Session session,
            EventLoop loop,
            UdpReceiver receiver,
            @Nullable NameResolver resolver,
            Predicate<InetSocketAddress> allowed);

    /** Opens a way for datagrams to anywhere. */
    default UdpPort openUdp(Session session, EventLoop loop, UdpReceiver receiver) {
        return openUdp(session, loop, receiver, null, to -> true);
    }

    /**
     * Has a tunnel's datagrams go this way.
     *
     * @param asked who opens the tunnel
     */
    void carry(TunnelConfig.Builder tunnel, Session asked, int listenPort);

    /**
     * The address that everything reaches that is sent this way, wherever it was to go; null if
     * destinations count. A name needs no resolving then.
     */
    default @Nullable InetAddress pinned() {
        return null;
    }

    /** Why nothing gets through whatever is asked; null if something may. */
    default @Nullable DialException refusal() {
        return null;
    }

    /**
     * The session for a server that the file names, not the client: no rule about what clients may
     * reach holds for it, and only where the client is and was reached is handed on.
     */
    static Session toServer(Session client, Destination server) {
        return client.by(OURS).to(server);
    }
}
