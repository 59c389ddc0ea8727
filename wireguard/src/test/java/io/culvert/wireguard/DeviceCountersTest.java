package io.culvert.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What a device did, as it says itself. */
class DeviceCountersTest {
    @Test
    void countsEachMessageAtBothEnds() {
        Pair pair = new Pair(1);
        pair.bob.device.load(Constants.UNDER_LOAD_HANDSHAKES, pair.now);
        pair.aliceToBob.initiate(pair.now);
        pair.exchange(); // a cookie is all there is
        pair.advance(6 * Pair.SECOND); // then a handshake, and a keepalive that confirms it
        for (int i = 0; i < 3; i++) {
            pair.send(pair.alice, Pair.fromAlice(100));
        }
        pair.send(pair.bob, Pair.fromBob(100));
        DeviceCounters alice = pair.alice.device.counters();
        DeviceCounters bob = pair.bob.device.counters();
        assertThat(alice.initiationsSent()).isEqualTo(2);
        assertThat(bob.initiationsReceived()).isOne();
        assertThat(bob.cookieRepliesSent()).isOne();
        assertThat(alice.cookieRepliesReceived()).isOne();
        assertThat(bob.responsesSent()).isOne();
        assertThat(alice.responsesReceived()).isOne();
        assertThat(alice.keepalivesSent()).isOne();
        assertThat(bob.keepalivesReceived()).isOne();
        assertThat(alice.packetsSent()).isEqualTo(3);
        assertThat(bob.packetsReceived()).isEqualTo(3);
        assertThat(bob.packetsSent()).isOne();
        assertThat(alice.packetsReceived()).isOne();
        // of initiations those that were answered; a packet of 100 bytes is one of 144
        assertThat(pair.aliceToBob.txBytes()).isEqualTo(2 * 148 + 32 + 3 * 144);
        assertThat(pair.bobToAlice.rxBytes()).isEqualTo(148 + 32 + 3 * 144);
        assertThat(pair.bobToAlice.txBytes()).isEqualTo(92 + 144);
        assertThat(pair.aliceToBob.rxBytes()).isEqualTo(92 + 144);
        assertThat(alice.dropped()).isZero();
        assertThat(bob.dropped()).isOne();
    }

    @Test
    void saysWhatWentThroughAndWhatWasDropped() {
        DeviceCounters counters = new DeviceCounters();
        assertThat(counters).hasToString("packets 0 in, 0 out");
        counters.packetsReceived = 1;
        counters.packetsSent = 2;
        counters.drop(Drop.NO_ROUTE);
        counters.drop(Drop.MALFORMED, 3);
        assertThat(counters).hasToString("packets 1 in, 2 out, MALFORMED 3, NO_ROUTE 1");
        assertThat(counters.dropped()).isEqualTo(4);
    }
}
