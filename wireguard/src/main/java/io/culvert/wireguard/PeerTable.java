package io.culvert.wireguard;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A device's peers by their public keys, and what is remembered of peers that were removed. */
final class PeerTable {
    private final Map<PublicKey, Peer> peers = new LinkedHashMap<>();
    private final StampMemory stamps = new StampMemory();

    @Nullable Peer find(PublicKey key) {
        return peers.get(key);
    }

    /**
     * The peer that has the key, made if need be; the device's own key gives one that isn't here.
     */
    Peer add(Device device, PublicKey key) {
        Peer known = peers.get(key);
        if (known != null) {
            return known;
        }
        boolean self = key.equals(device.publicKey());
        Peer peer = new Peer(device, key, !self, self ? Constants.LONG_AGO : stamps.recall(key));
        if (!self) {
            peers.put(key, peer);
        }
        return peer;
    }

    /** Takes a peer out with all it has; false if that was done before. */
    boolean remove(Peer peer) {
        if (!peers.remove(peer.publicKey(), peer)) {
            return false;
        }
        peer.detach();
        stamps.remember(peer.publicKey(), peer.lastStamp);
        return true;
    }

    /** In the order of addition; changes with the table. */
    Collection<Peer> all() {
        return peers.values();
    }

    List<Peer> snapshot() {
        return new ArrayList<>(peers.values());
    }
}
