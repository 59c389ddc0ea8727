package io.culvert.proxy;

import io.culvert.tunnel.PeerChanges;
import io.culvert.tunnel.TunnelConfig;
import io.culvert.wireguard.PresharedKey;
import io.culvert.wireguard.PublicKey;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a file changes about the peers of an open tunnel. Where nothing is said that is new, nothing
 * is done: a peer that roamed stays where it is, and what {@code wg} changed stays changed.
 */
final class PeerDifference {
    private PeerDifference() {}

    static PeerChanges between(
            List<WireGuardSettings.Peer> before, List<WireGuardSettings.Peer> after) {
        Map<PublicKey, WireGuardSettings.Peer> gone = new HashMap<>();
        before.forEach(peer -> gone.put(peer.publicKey(), peer));
        List<TunnelConfig.Peer> set = new ArrayList<>();
        for (WireGuardSettings.Peer peer : after) {
            WireGuardSettings.Peer was = gone.remove(peer.publicKey());
            if (was == null) {
                set.add(peer.at(WireGuardOpener.endpoint(peer.endpoint())));
            } else if (!isSame(was, peer)) {
                boolean stays = Objects.equals(was.endpoint(), peer.endpoint());
                set.add(peer.at(stays ? null : WireGuardOpener.endpoint(peer.endpoint())));
            }
        }
        return new PeerChanges(List.copyOf(gone.keySet()), set);
    }

    private static boolean isSame(WireGuardSettings.Peer a, WireGuardSettings.Peer b) {
        return isSame(a.presharedKey(), b.presharedKey())
                && Objects.equals(a.endpoint(), b.endpoint())
                && a.allowedIps().equals(b.allowedIps())
                && a.keepAlive() == b.keepAlive()
                && Arrays.equals(reserved(a), reserved(b));
    }

    private static boolean isSame(@Nullable PresharedKey a, @Nullable PresharedKey b) {
        if (a == null || b == null) {
            return a == null && b == null;
        }
        byte[] first = a.bytes();
        byte[] second = b.bytes();
        try {
            return MessageDigest.isEqual(first, second);
        } finally {
            Arrays.fill(first, (byte) 0);
            Arrays.fill(second, (byte) 0);
        }
    }

    private static byte @Nullable [] reserved(WireGuardSettings.Peer peer) {
        return peer.reserved() == null ? null : peer.reserved().toArray();
    }
}
