package io.culvert.wireguard;

import static io.culvert.wireguard.Pair.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Allowed IPs in both senses: where packets go, and whose packets are believed. */
class CryptokeyRoutingTest {
    private final Pair pair = Pair.connected(1);
    private final Device bob = pair.bob.device;
    private final Peer other = bob.addPeer(PrivateKey.generate(new SeededEntropy(50)).publicKey());

    @Tag("A10.7")
    @Test
    void aSourceThatAnotherPeerOwnsMoreSpecificallyIsRefused() {
        pair.bobToAlice.allow(Cidr.parse("192.168.0.0/16"));
        byte[] packet = Packets.ip("192.168.241.2", "10.0.0.2", 100);
        pair.send(pair.alice, packet);
        assertThat(pair.bob.received).hasSize(1);
        other.allow(Cidr.parse("192.168.241.2/32"));
        pair.send(pair.alice, packet);
        assertThat(pair.bob.received).hasSize(1);
        assertThat(bob.counters().dropped(Drop.SOURCE_NOT_ALLOWED)).isOne();
        other.disallow(Cidr.parse("192.168.241.2"));
        pair.send(pair.alice, packet);
        assertThat(pair.bob.received).hasSize(2);
    }

    @Tag("A10.7")
    @Test
    void aRefusedSourceStillMovesEndpointAndTimers() {
        pair.alice.address = new InetSocketAddress("192.0.2.1", 9997);
        pair.send(pair.alice, Packets.ip("192.168.241.2", "10.0.0.2", 100));
        assertThat(pair.bob.received).isEmpty();
        assertThat(pair.bobToAlice.endpoint()).isEqualTo(pair.alice.address);
        pair.log.clear();
        pair.advance(10 * SECOND);
        assertThat(pair.sent(pair.bob, Datagram::isKeepalive)).hasSize(1);
    }

    @Test
    void routesToTheLongestPrefix() {
        other.allow(Cidr.parse("10.0.0.0/8"));
        other.allow(Cidr.parse("::/0"));
        assertThat(bob.route(InetAddress.ofLiteral("10.0.0.1"))).isSameAs(pair.bobToAlice);
        assertThat(bob.route(InetAddress.ofLiteral("10.0.0.9"))).isSameAs(other);
        assertThat(bob.route(InetAddress.ofLiteral("fd00::1"))).isSameAs(pair.bobToAlice);
        assertThat(bob.route(InetAddress.ofLiteral("fd00::3"))).isSameAs(other);
        assertThat(bob.route(InetAddress.ofLiteral("11.0.0.1"))).isNull();
    }

    @Tag("A12.10")
    @Test
    void aPrefixMovesToWhoGotItLast() {
        Cidr prefix = Cidr.parse("10.0.0.1/32");
        other.allow(prefix);
        assertThat(other.allowed()).containsExactly(prefix);
        assertThat(pair.bobToAlice.allowed()).containsExactly(Cidr.parse("fd00::1"));
        pair.bobToAlice.disallow(prefix);
        assertThat(bob.route(InetAddress.ofLiteral("10.0.0.1"))).isSameAs(other);
        pair.bobToAlice.allow(Cidr.parse("10.0.0.1"));
        assertThat(other.allowed()).isEmpty();
    }

    @Test
    void replacesAllPrefixesAtOnce() {
        List<Cidr> prefixes = List.of(Cidr.parse("10.5.0.0/16"), Cidr.parse("fd00::1"));
        pair.bobToAlice.replaceAllowed(prefixes);
        assertThat(pair.bobToAlice.allowed()).containsExactlyElementsOf(prefixes);
        assertThat(bob.route(InetAddress.ofLiteral("10.0.0.1"))).isNull();
        assertThat(bob.route(InetAddress.ofLiteral("10.5.0.1"))).isSameAs(pair.bobToAlice);
        pair.bobToAlice.replaceAllowed(List.of());
        assertThat(bob.allowedIps.size()).isZero();
    }

    @Test
    void aRemovedPeerTakesItsPrefixesAlong() {
        other.allow(Cidr.parse("10.0.0.0/8"));
        bob.removePeer(pair.bobToAlice);
        assertThat(bob.route(InetAddress.ofLiteral("10.0.0.1"))).isSameAs(other);
        assertThat(pair.bobToAlice.allowed()).isEmpty();
    }
}
