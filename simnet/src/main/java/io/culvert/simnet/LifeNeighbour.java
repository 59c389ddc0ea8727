package io.culvert.simnet;

import io.culvert.wireguard.Cidr;
import io.culvert.wireguard.Peer;
import io.culvert.wireguard.PresharedKey;
import io.culvert.wireguard.PublicKey;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One device's configuration of another one. Every change goes to the device and to its model; what
 * is known of the other may be out of date.
 */
final class LifeNeighbour {
    final LifeNode node;
    final LifeNode other;
    private PublicKey knownKey;
    private @Nullable Peer peer;

    /** What this device was told of the preshared key, and what the administrators agreed on. */
    private byte[] presharedKey = new byte[32];

    private byte[] agreedKey = presharedKey;

    LifeNeighbour(LifeNode node, LifeNode other) {
        this.node = node;
        this.other = other;
        knownKey = other.publicKey();
    }

    /** The other's configuration of this one. */
    LifeNeighbour back() {
        return other.neighbours.stream().filter(n -> n.other == node).findFirst().orElseThrow();
    }

    @Nullable Peer peer() {
        return peer;
    }

    /** Inner addresses of a device, by family. */
    static List<Cidr> prefixes(LifeNode of) {
        return List.of(
                Cidr.parse("10.0." + of.number + ".0/24"),
                Cidr.parse("fd00:" + of.number + "::/32"));
    }

    static byte[] address(LifeNode of, boolean ipv6, int host) {
        Cidr prefix = prefixes(of).get(ipv6 ? 1 : 0);
        byte[] address = prefix.address().getAddress();
        address[address.length - 1] = (byte) host;
        return address;
    }

    void add() {
        if (peer != null) {
            return;
        }
        Peer added = node.device.addPeer(knownKey);
        peer = added;
        node.model.added(added);
        added.presharedKey(PresharedKey.of(presharedKey));
        prefixes(other).forEach(this::allow);
        findOther();
    }

    void remove() {
        Peer removed = peer;
        if (removed == null) {
            return;
        }
        node.device.removePeer(removed);
        node.model.removed(removed);
        node.model.deliveries().removed(removed.publicKey());
        peer = null;
    }

    /** Learns the other's present public key. */
    void learnKey() {
        if (knownKey.equals(other.publicKey())) {
            return;
        }
        boolean had = peer != null;
        remove();
        knownKey = other.publicKey();
        if (had) {
            add();
        }
    }

    byte[] presharedKey() {
        return presharedKey;
    }

    void presharedKey(byte[] key) {
        presharedKey = key.clone();
        Peer present = peer;
        if (present != null) {
            present.presharedKey(PresharedKey.of(presharedKey));
        }
    }

    /** Remembers the key that both sides will have in the end. */
    void agree(byte[] key) {
        agreedKey = key;
    }

    /** What the configuration should be. */
    void putRight() {
        learnKey();
        add();
        presharedKey(agreedKey);
        Peer present = peer;
        if (present != null) {
            present.allowed().forEach(this::disallow);
        }
        prefixes(other).forEach(this::allow);
        findOther();
    }

    void allow(Cidr prefix) {
        Peer present = peer;
        if (present != null) {
            present.allow(prefix);
            node.model.deliveries().allow(prefix, present.publicKey());
        }
    }

    void disallow(Cidr prefix) {
        Peer present = peer;
        if (present != null) {
            present.disallow(prefix);
            node.model.deliveries().disallow(prefix, present.publicKey());
        }
    }

    /** Says where the other is, unless a NAT in front of it makes that useless. */
    void findOther() {
        if (!other.hasNat()) {
            endpoint(other.socket().address());
        }
    }

    void endpoint(@Nullable InetSocketAddress endpoint) {
        Peer present = peer;
        if (present != null) {
            present.endpoint(endpoint);
            node.model.of(present).endpoint(endpoint);
        }
    }

    void persistentKeepalive(int seconds) {
        Peer present = peer;
        if (present != null) {
            PeerTimersModel timers = node.model.of(present).timers;
            timers.persistentKeepaliveChanged(present.persistentKeepalive(), seconds);
            present.persistentKeepalive(seconds, node.now());
        }
    }

    void initiate() {
        Peer present = peer;
        if (present != null) {
            node.model.of(present).timers.asked();
            present.initiate(node.now());
        }
    }
}
