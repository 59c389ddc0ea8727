package io.culvert.tunnel;

import io.culvert.wireguard.PublicKey;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Hears what happens in a tunnel. Called on its event loop; every method may be left out. */
public interface TunnelListener {
    /** A session with the peer stands. */
    default void handshakeCompleted(PublicKey peer) {}

    /** The peer didn't answer for 90 s; the endpoint may have to be resolved again. */
    default void handshakeGaveUp(PublicKey peer) {}

    /** The peer now talks from another address. */
    default void endpointChanged(
            PublicKey peer, @Nullable InetSocketAddress before, InetSocketAddress after) {}

    /** There was no new session for so long that all keys are erased. */
    default void sessionsExpired(PublicKey peer) {}

    /**
     * The tunnel is gone. Once, last.
     *
     * @param cause null after {@link Tunnel#close}, otherwise why it failed
     */
    default void closed(@Nullable Throwable cause) {}
}
