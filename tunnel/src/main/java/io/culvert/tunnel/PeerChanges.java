package io.culvert.tunnel;

import io.culvert.wireguard.Device;
import io.culvert.wireguard.Peer;
import io.culvert.wireguard.PresharedKey;
import io.culvert.wireguard.PublicKey;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * What is to become of the peers of an open tunnel; those that are not named stay as they are, and
 * so do the sessions of those that only change.
 *
 * @param removed they lose their sessions; one that isn't there is no error
 * @param set to be added, or to be changed to this: a preshared key counts from the next handshake,
 *     and without an endpoint a peer stays where it is
 */
public record PeerChanges(List<PublicKey> removed, List<TunnelConfig.Peer> set) {
    private static final int KEY_LENGTH = 32;

    public PeerChanges {
        removed = List.copyOf(removed);
        set = List.copyOf(set);
    }

    /** On the tunnel's loop. */
    void apply(Device device, EndpointNames names, Framing framing, long now) {
        for (PublicKey key : removed) {
            Peer peer = device.peer(key);
            if (peer != null) {
                device.removePeer(peer);
            }
            names.forget(key);
        }
        for (TunnelConfig.Peer wanted : set) {
            Peer peer = device.addPeer(wanted.publicKey());
            PresharedKey secret = wanted.presharedKey();
            peer.presharedKey(secret == null ? PresharedKey.of(new byte[KEY_LENGTH]) : secret);
            peer.replaceAllowed(wanted.allowedIps());
            framing.reserved(wanted.publicKey(), wanted.reserved());
            InetSocketAddress endpoint = wanted.endpoint();
            if (endpoint != null) {
                names.set(wanted.publicKey(), endpoint);
            }
            peer.persistentKeepalive(wanted.persistentKeepalive(), now);
        }
    }
}
