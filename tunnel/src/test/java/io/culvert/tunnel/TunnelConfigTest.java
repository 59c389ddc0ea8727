package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.culvert.wireguard.Cidr;
import io.culvert.wireguard.PublicKey;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class TunnelConfigTest {
    private final PublicKey peerKey = TunnelPair.newKey().publicKey();

    @Test
    void defaultsSuitATunnel() {
        TunnelConfig config = builder().build();
        assertThat(config.mtu()).isEqualTo(1420);
        assertThat(config.memory()).isEqualTo(64 << 20);
        assertThat(config.listen()).isNull();
        assertThat(config.reserved()).isNull();
    }

    @Test
    void keyIsRequired() {
        assertThatThrownBy(() -> TunnelConfig.builder().build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("privateKey");
    }

    @Test
    void mtuHasLimits() {
        assertThatThrownBy(() -> builder().mtu(575).build()).hasMessageContaining("mtu");
        assertThat(builder().mtu(576).build().mtu()).isEqualTo(576);
        assertThat(builder().mtu(65472).build().mtu()).isEqualTo(65472);
        assertThatThrownBy(() -> builder().mtu(65473).build()).hasMessageContaining("65473");
    }

    @Test
    void ipv6NeedsItsSmallestMtu() {
        List<InetAddress> v6 = List.of(InetAddress.ofLiteral("fd00::1"));
        assertThatThrownBy(() -> builder().addresses(v6).mtu(1279).build())
                .hasMessageContaining("1279");
        assertThat(builder().addresses(v6).mtu(1280).build().mtu()).isEqualTo(1280);
    }

    @Test
    void reservedIsThreeBytesOrNone() {
        assertThatThrownBy(() -> builder().reserved(new byte[2]).build())
                .hasMessageContaining("reserved");
        assertThat(builder().reserved(new byte[] {1, 2, 3}).build().reserved())
                .containsExactly(1, 2, 3);
    }

    @Test
    void anEndpointMayBeANameButNeedsAPort() {
        InetSocketAddress name = InetSocketAddress.createUnresolved("vpn.test", 51820);
        assertThat(new TunnelConfig.Peer(peerKey, null, name, List.of(), 0).endpoint())
                .isEqualTo(name);
        assertThatThrownBy(() ->
                        new TunnelConfig.Peer(
                                peerKey,
                                null,
                                InetSocketAddress.createUnresolved("vpn.test", 0),
                                List.of(),
                                0))
                .hasMessageContaining("vpn.test");
    }

    @Test
    void samePeerTwiceIsAMistake() {
        TunnelConfig.Peer peer = new TunnelConfig.Peer(peerKey, null, null, List.of(), 0);
        assertThatThrownBy(() -> builder().peer(peer).peer(peer).build())
                .hasMessageContaining(peerKey.toBase64());
    }

    @Test
    void endpointNeedsAPort() {
        assertThatThrownBy(() ->
                        new TunnelConfig.Peer(
                                peerKey,
                                null,
                                TunnelPair.address("192.0.2.1", 0),
                                List.of(Cidr.parse("0.0.0.0/0")),
                                0))
                .hasMessageContaining("192.0.2.1");
    }

    @Test
    void persistentKeepaliveIsSixteenBits() {
        assertThatThrownBy(() -> new TunnelConfig.Peer(peerKey, null, null, List.of(), 65536))
                .hasMessageContaining("65536");
    }

    private static TunnelConfig.Builder builder() {
        return TunnelConfig.builder().privateKey(TunnelPair.newKey());
    }
}
