package io.culvert.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Both roles of the handshake, and what must not complete one. */
class HandshakeTest {
    private final Pair pair = new Pair(1);

    @Tag("A7.6")
    @Test
    void completesInOneRoundTripAndConfirmsWithAKeepalive() {
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        assertThat(pair.log).extracting(Datagram::type).containsExactly(1, 2, 4);
        assertThat(pair.log).extracting(d -> d.bytes.length).containsExactly(148, 92, 32);
        assertThat(pair.aliceToBob.hasSession(pair.now)).isTrue();
        assertThat(pair.bobToAlice.hasSession(pair.now)).isTrue();
        assertThat(pair.alice.events())
                .contains(new DeviceEvent.HandshakeCompleted(pair.aliceToBob));
        assertThat(pair.bob.events()).contains(new DeviceEvent.HandshakeCompleted(pair.bobToAlice));
    }

    @Tag("A7.6")
    @Test
    void stagedDataTakesThePlaceOfTheConfirmingKeepalive() {
        byte[] packet = Pair.fromAlice(100);
        pair.send(pair.alice, packet);
        assertThat(pair.log).extracting(Datagram::type).containsExactly(1, 2, 4);
        assertThat(pair.sent(pair.alice, Datagram::isKeepalive)).isEmpty();
        assertThat(pair.bob.received).containsExactly(packet);
    }

    @Test
    void carriesPacketsOfBothFamiliesBothWays() {
        byte[] v4 = Pair.fromAlice(1420);
        byte[] v6 = Packets.ip("fd00::2", "fd00::1", 1280);
        pair.send(pair.alice, v4);
        pair.send(pair.bob, v6);
        assertThat(pair.bob.received).containsExactly(v4);
        assertThat(pair.alice.received).containsExactly(v6);
        assertThat(pair.alice.device.sender()).isSameAs(pair.aliceToBob);
    }
}
