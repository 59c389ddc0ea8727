package io.culvert.simnet;

import io.culvert.wireguard.Cidr;
import io.culvert.wireguard.Device;
import io.culvert.wireguard.Peer;
import io.culvert.wireguard.PublicKey;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Judges what one device gives to its application: each packet at most once and unaltered, at the
 * device it was meant for, from the peer that sent it and that owns its source address.
 */
final class DeliveryModel {
    private final LifeNode node;
    private final Map<Cidr, PublicKey> allowed = new HashMap<>();

    DeliveryModel(LifeNode node) {
        this.node = node;
    }

    void allow(Cidr prefix, PublicKey peer) {
        allowed.put(prefix, peer);
    }

    void disallow(Cidr prefix, PublicKey peer) {
        allowed.remove(prefix, peer);
    }

    void removed(PublicKey peer) {
        allowed.values().removeIf(peer::equals);
    }

    /** A device answered to {@link Device#seal}. */
    void sealed(LifePackets.Sent packet, int result) {
        PublicKey target = route(LifePackets.destination(packet.bytes));
        if (result == Device.NO_PEER) {
            node.model.require(target == null, "knows no peer for an address that one has");
        } else if (target == null) {
            throw node.model.violation("sends to an address that no peer has");
        } else if (result != Device.NO_ENDPOINT) {
            packet.target = target;
        }
    }

    /** A device handed a packet out. */
    void delivered(byte[] packet, @Nullable Peer sender) {
        LifePackets.Sent sent = node.world.packets().find(packet);
        if (sent == null || !Arrays.equals(packet, sent.bytes)) {
            throw node.model.violation("delivers what nobody sent");
        }
        if (sent.delivered) {
            throw node.model.violation("delivers a packet twice");
        }
        sent.delivered = true;
        PublicKey target = sent.target;
        node.model.require(
                target != null && node.world.owner(target) == node,
                "delivers a packet for somebody else");
        if (sender == null || node.world.owner(sender.publicKey()) != sent.from) {
            throw node.model.violation("takes a packet for another peer's");
        }
        node.model.require(
                sender.publicKey().equals(route(LifePackets.source(packet))),
                "delivers from an address that the peer may not use");
    }

    /** The peer with the longest prefix of an address. */
    private @Nullable PublicKey route(byte[] address) {
        PublicKey best = null;
        int longest = -1;
        for (Map.Entry<Cidr, PublicKey> entry : allowed.entrySet()) {
            int length = entry.getKey().prefixLength();
            if (length > longest && covers(entry.getKey(), address)) {
                longest = length;
                best = entry.getValue();
            }
        }
        return best;
    }

    private static boolean covers(Cidr prefix, byte[] address) {
        byte[] first = prefix.address().getAddress();
        if (first.length != address.length) {
            return false;
        }
        int whole = prefix.prefixLength() / Byte.SIZE;
        int rest = prefix.prefixLength() % Byte.SIZE;
        if (!Arrays.equals(first, 0, whole, address, 0, whole)) {
            return false;
        }
        int differing = rest == 0 ? 0 : (first[whole] ^ address[whole]) & 0xff;
        return differing >>> (Byte.SIZE - rest) == 0;
    }
}
