package io.culvert.wireguard;

import static io.culvert.wireguard.Pair.MS;
import static io.culvert.wireguard.Pair.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Under load, both roles. */
@Tag("A5")
@ParameterizedClass(name = "deferred = {0}")
@ValueSource(booleans = {false, true})
class CookieTest {
    private final Pair pair;

    CookieTest(boolean deferred) {
        pair = new Pair(1).defer(deferred);
    }

    @Tag("A5.3")
    @Test
    void anInitiatorProvesItsAddressAndGetsThrough() {
        load(pair.bob);
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        assertThat(pair.log).extracting(Datagram::type).containsExactly(1, 3);
        assertThat(pair.log.get(1).bytes).hasSize(64);
        pair.advance(6 * SECOND);
        assertThat(pair.log).extracting(Datagram::type).containsExactly(1, 3, 1, 2, 4);
        assertThat(pair.aliceToBob.hasSession(pair.now)).isTrue();
    }

    @Tag("A5.3")
    @Test
    void aResponseNeedsACookieToo() {
        load(pair.alice);
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        assertThat(pair.log).extracting(Datagram::type).containsExactly(1, 2, 3);
        assertThat(pair.log.get(2).from).isSameAs(pair.alice);
        assertThat(pair.bob.device.counters().cookieRepliesReceived()).isOne();
        pair.advance(6 * SECOND);
        assertThat(pair.log).extracting(Datagram::type).containsExactly(1, 2, 3, 1, 2, 4);
    }

    @Test
    void bothUnderLoadFindTogether() {
        load(pair.alice);
        load(pair.bob);
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        pair.advance(20 * SECOND);
        assertThat(pair.log).extracting(Datagram::type).containsExactly(1, 3, 1, 2, 3, 1, 2, 4);
    }

    @Tag("A5.6")
    @Test
    void aCookieReplyCausesNoImmediateRetransmission() {
        load(pair.bob);
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        pair.advance(5 * SECOND - 1);
        assertThat(pair.sent(pair.alice, d -> true)).hasSize(1);
    }

    @Tag("A5.2")
    @Test
    void withoutLoadMac2IsIgnored() {
        pair.aliceToBob.initiate(pair.now);
        Datagram initiation = pair.alice.poll(pair.now).getFirst();
        Arrays.fill(initiation.bytes, 132, 148, (byte) 7);
        pair.carry(initiation);
        assertThat(pair.bob.device.counters().initiationsReceived()).isOne();
    }

    @Tag("A5.3")
    @Test
    void fiveOfTwentyWithTheRightMac2PassAndTheRestGetNothing() {
        List<Datagram> all = initiationsWithMac2(20);
        long before = pair.bob.device.counters().cookieRepliesSent();
        all.forEach(pair::carry);
        DeviceCounters counters = pair.bob.device.counters();
        assertThat(counters.dropped(Drop.RATE_LIMITED)).isEqualTo(15);
        // the five that passed came at one instant: the flood gate let one through
        assertThat(counters.dropped(Drop.INITIATION_FLOOD)).isEqualTo(4);
        assertThat(pair.bob.poll(pair.now)).hasSize(1).allMatch(Datagram::isResponse);
        assertThat(counters.cookieRepliesSent()).isEqualTo(before);
    }

    @Tag("A5.10")
    @Test
    void theBucketFillsAgain() {
        List<Datagram> all = initiationsWithMac2(20);
        all.subList(0, 6).forEach(pair::carry);
        assertThat(pair.bob.device.counters().dropped(Drop.RATE_LIMITED)).isOne();
        pair.jump(50 * MS);
        pair.carry(all.get(6));
        pair.carry(all.get(7));
        assertThat(pair.bob.device.counters().dropped(Drop.RATE_LIMITED)).isEqualTo(2);
        assertThat(pair.bob.device.counters().initiationsReceived()).isEqualTo(2);
    }

    @Tag("A5.4")
    @Test
    void aCookieIsGoodForItsAddressAndPortOnly() {
        Datagram initiation = initiationsWithMac2(1).getFirst();
        long replies = pair.bob.device.counters().dropped(Drop.COOKIE_SENT);
        for (InetSocketAddress elsewhere :
                List.of(
                        new InetSocketAddress("192.0.2.1", 51821),
                        new InetSocketAddress("192.0.2.3", 51820),
                        new InetSocketAddress("2001:db8::1", 51820))) {
            pair.bob.receive(initiation.bytes, elsewhere, pair.now);
            assertThat(pair.bob.device.counters().dropped(Drop.COOKIE_SENT)).isEqualTo(++replies);
            Datagram reply = pair.bob.poll(pair.now).getFirst();
            assertThat(reply.destination).isEqualTo(elsewhere);
        }
        pair.carry(initiation);
        assertThat(pair.bob.device.counters().initiationsReceived()).isOne();
    }

    @Test
    void worksOverIpv6() {
        pair.alice.address = new InetSocketAddress("2001:db8::1", 51820);
        load(pair.bob);
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        pair.advance(6 * SECOND);
        assertThat(pair.aliceToBob.hasSession(pair.now)).isTrue();
    }

    @Tag("A5.7")
    @Test
    void aCookieIsUsedFor115Seconds() {
        load(pair.bob);
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        long got = pair.now;
        pair.now = got + 115 * SECOND - 1;
        assertThat(mac2(initiation())).isNotEqualTo(new byte[16]);
        pair.now = got + 115 * SECOND;
        assertThat(mac2(initiationAnyway())).isEqualTo(new byte[16]);
    }

    @Tag("A5.4")
    @Test
    void theSecretChangesAfterTwoMinutes() {
        load(pair.bob);
        byte[] first = initiation().bytes;
        give(pair.bob, first);
        pair.bob.poll(pair.now).forEach(reply -> give(pair.alice, reply.bytes));
        byte[] second = initiationAnyway().bytes;
        byte[] third = initiationAnyway().bytes;
        pair.jump(120 * SECOND - 1);
        give(pair.bob, second);
        assertThat(pair.bob.device.counters().initiationsReceived()).isOne();
        assertThat(pair.bob.device.counters().dropped(Drop.COOKIE_SENT)).isOne();
        pair.jump(1);
        give(pair.bob, third);
        assertThat(pair.bob.device.counters().initiationsReceived()).isOne();
        assertThat(pair.bob.device.counters().dropped(Drop.COOKIE_SENT)).isEqualTo(2);
    }

    @Tag("A5.4")
    @Test
    void aCookieIsWorthNothingAfterTheDeviceWasClosed() {
        Datagram proven = initiationsWithMac2(1).getFirst();
        Device bob = pair.bob.device;
        bob.close(pair.now);
        bob.privateKey(pair.bob.key, pair.now);
        bob.addPeer(pair.alice.key.publicKey());
        bob.up(pair.now);
        long replies = bob.counters().dropped(Drop.COOKIE_SENT);
        pair.carry(proven);
        assertThat(bob.counters().dropped(Drop.COOKIE_SENT)).isEqualTo(replies + 1);
        assertThat(bob.counters().initiationsReceived()).isZero();
    }

    @Tag("A5.6")
    @Test
    void onlyTheFirstReplyToAMessageCounts() {
        load(pair.bob);
        pair.aliceToBob.initiate(pair.now);
        Datagram initiation = pair.alice.poll(pair.now).getFirst();
        pair.carry(initiation);
        pair.carry(initiation);
        List<Datagram> replies = pair.bob.poll(pair.now);
        assertThat(replies).hasSize(2);
        replies.forEach(pair::carry);
        assertThat(pair.alice.device.counters().cookieRepliesReceived()).isOne();
        assertThat(pair.alice.device.counters().dropped(Drop.NOT_AUTHENTIC)).isOne();
    }

    @Tag("A5.6")
    @Test
    void anUnsolicitedReplyIsIgnored() {
        Pair connected = Pair.connected(2);
        byte[] reply = new byte[CookieReplyMessage.LENGTH];
        reply[0] = CookieReplyMessage.TYPE;
        connected.alice.receive(reply, connected.bob.address, connected.now);
        assertThat(connected.alice.device.counters().dropped(Drop.UNKNOWN_INDEX)).isOne();
        assertThat(connected.alice.device.counters().cookieRepliesReceived()).isZero();
    }

    @Tag("A11.1")
    @Test
    void aReplyFromElsewhereDoesNotMoveTheEndpoint() {
        load(pair.bob);
        pair.aliceToBob.initiate(pair.now);
        pair.carry(pair.alice.poll(pair.now).getFirst());
        byte[] reply = pair.bob.poll(pair.now).getFirst().bytes;
        pair.alice.receive(reply, new InetSocketAddress("203.0.113.9", 9), pair.now);
        pair.alice.device.endBatch(pair.now);
        assertThat(pair.alice.device.counters().cookieRepliesReceived()).isOne();
        assertThat(pair.aliceToBob.endpoint()).isEqualTo(pair.bob.address);
        assertThat(pair.aliceToBob.rxBytes()).isZero();
    }

    @Tag("A5.9")
    @Test
    void loadBeginsAtItsThresholdAndLastsASecondLonger() {
        pair.bob.device.load(511, pair.now);
        give(pair.bob, initiation().bytes);
        assertThat(pair.bob.poll(pair.now)).allMatch(Datagram::isResponse).hasSize(1);
        pair.jump(SECOND);
        pair.bob.device.load(512, pair.now);
        pair.bob.device.load(0, pair.now);
        pair.jump(SECOND - 1);
        byte[] initiation = initiationAnyway().bytes;
        give(pair.bob, initiation);
        assertThat(pair.bob.poll(pair.now)).allMatch(Datagram::isCookieReply).hasSize(1);
        pair.jump(1);
        give(pair.bob, initiation);
        assertThat(pair.bob.poll(pair.now)).allMatch(Datagram::isResponse).hasSize(1);
    }

    @Tag("A5.1")
    @Test
    void aWrongMac1GetsNothingEvenUnderLoad() {
        load(pair.bob);
        byte[] initiation = initiation().bytes;
        initiation[InitiationMessage.MAC1] ^= 1;
        give(pair.bob, initiation);
        assertThat(pair.bob.poll(pair.now)).isEmpty();
        assertThat(pair.bob.device.counters().dropped(Drop.INVALID_MAC1)).isOne();
    }

    @Test
    void aSourceGetsFiveRepliesAtOnceAndLeavesTheRestToOthers() {
        load(pair.bob);
        byte[] initiation = initiation().bytes;
        for (int i = 0; i < 2_000; i++) {
            give(pair.bob, initiation);
        }
        assertThat(pair.bob.poll(pair.now)).hasSize(5);
        assertThat(pair.bob.device.counters().dropped(Drop.COOKIE_REPLIES_FULL)).isEqualTo(1_995);
        pair.bob.receive(initiation, new InetSocketAddress("192.0.2.99", 1), pair.now);
        assertThat(pair.bob.poll(pair.now)).hasSize(1);
    }

    @Tag("A10.9")
    @Test
    void cookieRepliesAreNotCountedAsTraffic() {
        load(pair.bob);
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        assertThat(pair.aliceToBob.txBytes()).isEqualTo(148);
        assertThat(pair.aliceToBob.rxBytes()).isZero();
        assertThat(pair.bobToAlice.txBytes()).isZero();
        assertThat(pair.bobToAlice.rxBytes()).isZero();
    }

    private void load(Host host) {
        host.device.load(Constants.UNDER_LOAD_HANDSHAKES, pair.now);
    }

    /**
     * Initiations of alice, each newer than the last, with a cookie that bob, under load, takes.
     */
    private List<Datagram> initiationsWithMac2(int count) {
        load(pair.bob);
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        List<Datagram> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(initiationAnyway());
        }
        return all;
    }

    private Datagram initiation() {
        pair.aliceToBob.initiate(pair.now);
        return pair.alice.poll(pair.now).getFirst();
    }

    /** As if the gate were open. */
    private Datagram initiationAnyway() {
        pair.aliceToBob.handshakeSent(pair.now - 5 * SECOND);
        return initiation();
    }

    private void give(Host host, byte[] bytes) {
        Host from = host == pair.bob ? pair.alice : pair.bob;
        host.receive(bytes, from.address, pair.now);
        host.device.endBatch(pair.now);
    }

    private static byte[] mac2(Datagram initiation) {
        return Arrays.copyOfRange(initiation.bytes, 132, 148);
    }
}
