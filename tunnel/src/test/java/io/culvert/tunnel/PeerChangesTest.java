package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.wireguard.Cidr;
import io.culvert.wireguard.PublicKey;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PeerChangesTest {
    private static final InetAddress OTHER = InetAddress.ofLiteral("10.7.0.9");

    private static TunnelConfig.Peer peer(PublicKey key, String allowed, int keepalive) {
        return new TunnelConfig.Peer(key, null, null, List.of(Cidr.parse(allowed)), keepalive);
    }

    private static PublicKey peerOf(Tunnel tunnel, InetAddress address) throws Exception {
        return tunnel.loop().submit(() -> tunnel.peerOf(address)).get();
    }

    @Test
    void peersComeChangeAndGoWhileTheOthersStay() throws Exception {
        try (TunnelPair pair = TunnelPair.open()) {
            PublicKey first = pair.server.stats().peers().getFirst().publicKey();
            PublicKey added = TunnelPair.newKey().publicKey();
            pair.server
                    .peers(new PeerChanges(List.of(), List.of(peer(added, "10.7.0.9/32", 0))))
                    .sync();
            assertThat(peerOf(pair.server, OTHER)).isEqualTo(added);
            assertThat(peerOf(pair.server, InetAddress.ofLiteral(TunnelPair.CLIENT_V4)))
                    .isEqualTo(first);

            pair.server
                    .peers(new PeerChanges(List.of(), List.of(peer(added, "10.7.0.8/32", 0))))
                    .sync();
            assertThat(peerOf(pair.server, OTHER)).isNull();
            assertThat(pair.server.stats().peers()).hasSize(2);

            pair.server.peers(new PeerChanges(List.of(added), List.of())).sync();
            assertThat(pair.server.stats().peers())
                    .extracting(TunnelStats.PeerStats::publicKey)
                    .containsExactly(first);
        }
    }
}
