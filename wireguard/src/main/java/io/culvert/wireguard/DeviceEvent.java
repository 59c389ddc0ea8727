package io.culvert.wireguard;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Something that happened inside a device, for logs and for whoever resolves endpoints. */
public sealed interface DeviceEvent {
    /** A session stands, known to both sides. */
    record HandshakeCompleted(Peer peer) implements DeviceEvent {}

    /** Twenty initiations stayed without a response; what was staged is dropped. */
    record HandshakeGaveUp(Peer peer) implements DeviceEvent {}

    /** An authentic packet came from another address, which is the endpoint from now on. */
    record EndpointChanged(Peer peer, @Nullable InetSocketAddress before, InetSocketAddress after)
            implements DeviceEvent {}

    /**
     * The peer doesn't answer: a socket edge that remembered which of our addresses it talks to
     * should forget it and let routing choose again.
     */
    record SourceAddressStale(Peer peer) implements DeviceEvent {}

    /**
     * The peer, whose endpoint is a name, stays silent or leaves handshakes unanswered: its name
     * should be resolved again ({@link Peer#endpoints}). At most every 10 s, and never while the
     * peer is healthy.
     */
    record EndpointUnanswered(Peer peer) implements DeviceEvent {}

    /** The peer is looked for at another address of its name. */
    record EndpointTried(Peer peer, @Nullable InetSocketAddress before, InetSocketAddress after)
            implements DeviceEvent {}

    /**
     * We asked, and nobody at all answers: new sockets should be bound, for ours may have lost its
     * address or its place in a NAT. At most every 10 s, and less and less often if it doesn't
     * help.
     */
    record SocketUnanswered() implements DeviceEvent {}

    /** No new session for 540 s: all keys of the peer's sessions are zeroed. */
    record SessionsExpired(Peer peer) implements DeviceEvent {}

    /** The device has another private key, or none. */
    record KeysChanged(@Nullable PublicKey publicKey) implements DeviceEvent {}

    /** The peer is gone: by request, or because its key became the device's own. */
    record PeerRemoved(Peer peer) implements DeviceEvent {}
}
