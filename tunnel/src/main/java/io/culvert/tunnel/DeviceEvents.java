package io.culvert.tunnel;

import io.culvert.wireguard.Device;
import io.culvert.wireguard.DeviceEvent;
import io.culvert.wireguard.Peer;
import io.culvert.wireguard.PublicKey;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Takes a device's events to the log and to the tunnel's listener. Event loop only. */
final class DeviceEvents {
    private static final Logger LOG = System.getLogger("io.culvert.tunnel");

    private final Device device;
    private final TunnelListener listener;
    private final Healing healing;

    DeviceEvents(Device device, TunnelListener listener, Healing healing) {
        this.device = device;
        this.listener = listener;
        this.healing = healing;
    }

    void drain() {
        for (DeviceEvent event = device.pollEvent(); event != null; event = device.pollEvent()) {
            try {
                report(event);
            } catch (RuntimeException e) {
                LOG.log(Level.WARNING, "the tunnel's listener failed", e);
            }
        }
    }

    private void report(DeviceEvent event) {
        switch (event) {
            case DeviceEvent.HandshakeCompleted(Peer peer) -> {
                LOG.log(
                        Level.INFO,
                        "handshake with {0} at {1} completed",
                        peer.publicKey(),
                        text(peer.endpoint()));
                listener.handshakeCompleted(peer.publicKey());
            }
            case DeviceEvent.HandshakeGaveUp(Peer peer) -> {
                LOG.log(
                        Level.WARNING,
                        "no answer from {0} at {1}, handshake given up",
                        peer.publicKey(),
                        text(peer.endpoint()));
                listener.handshakeGaveUp(peer.publicKey());
            }
            case DeviceEvent.EndpointChanged(
                            Peer peer,
                            InetSocketAddress before,
                            InetSocketAddress after) ->
                    endpointChanged(peer.publicKey(), before, after);
            case DeviceEvent.SessionsExpired(Peer peer) -> {
                LOG.log(Level.INFO, "sessions with {0} expired", peer.publicKey());
                listener.sessionsExpired(peer.publicKey());
            }
            case DeviceEvent.SourceAddressStale(Peer peer) -> {
                if (peer.endpoint() instanceof PathAddress path) {
                    path.forgetLocal();
                }
            }
            case DeviceEvent.EndpointUnanswered(Peer peer) -> healing.endpointUnanswered(peer);
            case DeviceEvent.EndpointTried(
                            Peer peer,
                            InetSocketAddress before,
                            InetSocketAddress after) -> {
                if (before != null) {
                    LOG.log(
                            Level.INFO,
                            "no answer from {0} at {1}, trying {2}",
                            peer.publicKey(),
                            text(before),
                            text(after));
                }
            }
            case DeviceEvent.SocketUnanswered _ -> healing.socketUnanswered();
            case DeviceEvent.KeysChanged _, DeviceEvent.PeerRemoved _ -> {}
        }
    }

    private void endpointChanged(
            PublicKey peer, @Nullable InetSocketAddress before, InetSocketAddress after) {
        if (before != null) {
            LOG.log(Level.INFO, "{0} moved from {1} to {2}", peer, text(before), text(after));
        }
        listener.endpointChanged(peer, before, after);
    }

    static String text(@Nullable InetSocketAddress address) {
        if (address == null) {
            return "an unknown address";
        }
        String host = address.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ':' + address.getPort();
    }
}
