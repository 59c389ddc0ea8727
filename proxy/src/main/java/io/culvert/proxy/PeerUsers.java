package io.culvert.proxy;

import io.culvert.wireguard.Cidr;
import java.net.InetAddress;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Who speaks inside a tunnel, by the allowed addresses of the peers that the file gives a name
 * ({@code email}). The longest prefix counts, whoever's it is. Immutable.
 */
final class PeerUsers {

    /** By prefix length, longest first, then by masked address. */
    private final Map<Integer, Map<InetAddress, String>> byLength =
            new TreeMap<>(Comparator.reverseOrder());

    private final boolean anybody;

    PeerUsers(List<WireGuardSettings.Peer> peers) {
        anybody = peers.stream().anyMatch(peer -> !peer.user().isEmpty());
        if (anybody) {
            for (WireGuardSettings.Peer peer : peers) {
                for (Cidr allowed : peer.allowedIps()) {
                    byLength.computeIfAbsent(allowed.prefixLength(), length -> new HashMap<>())
                            .put(allowed.address(), peer.user());
                }
            }
        }
    }

    /** The name of the peer with that address inside the tunnel, or an empty one. */
    String of(InetAddress source) {
        if (!anybody) {
            return "";
        }
        int bits = source.getAddress().length * Byte.SIZE;
        for (Map.Entry<Integer, Map<InetAddress, String>> prefixes : byLength.entrySet()) {
            if (prefixes.getKey() <= bits) {
                String user =
                        prefixes.getValue().get(new Cidr(source, prefixes.getKey()).address());
                if (user != null) {
                    return user;
                }
            }
        }
        return "";
    }
}
