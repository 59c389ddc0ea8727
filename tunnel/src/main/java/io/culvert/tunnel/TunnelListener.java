package io.culvert.tunnel;

import io.culvert.wireguard.PublicKey;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Hears what happens in a tunnel. Called on its event loop; every method may be left out. */
public interface TunnelListener {
    /** A session with the peer stands. */
    default void handshakeCompleted(PublicKey peer) {}

    /** The peer didn't answer for 90 s. The next packet for it makes the tunnel ask again. */
    default void handshakeGaveUp(PublicKey peer) {}

    /** The peer now talks from another address. */
    default void endpointChanged(
            PublicKey peer, @Nullable InetSocketAddress before, InetSocketAddress after) {}

    /**
     * The name that is the peer's endpoint has these addresses now.
     *
     * @param addresses in the order in which the resolver gave them
     */
    default void endpointResolved(PublicKey peer, List<InetSocketAddress> addresses) {}

    /** The name that is the peer's endpoint could not be resolved; what was known before stays. */
    default void endpointUnresolved(PublicKey peer, String reason) {}

    /** Nobody answered, so the tunnel went on with new UDP sockets. */
    default void rebound(InetSocketAddress local) {}

    /** The machine slept; peers are asked for new sessions. */
    default void resumed(Duration slept) {}

    /** There was no new session for so long that all keys are erased. */
    default void sessionsExpired(PublicKey peer) {}

    /**
     * The tunnel is gone. Once, last.
     *
     * @param cause null after {@link Tunnel#close}, otherwise why it failed
     */
    default void closed(@Nullable Throwable cause) {}
}
