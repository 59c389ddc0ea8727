package io.culvert.wireguard;

import static io.culvert.wireguard.Pair.MS;
import static io.culvert.wireguard.Pair.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Both roles of the handshake, and what must not complete one. */
@ParameterizedClass(name = "deferred = {0}")
@ValueSource(booleans = {false, true})
class HandshakeTest {
    private final Pair pair;

    HandshakeTest(boolean deferred) {
        pair = new Pair(1).defer(deferred);
    }

    @Tag("A7.6")
    @Test
    void completesInOneRoundTripAndConfirmsWithAKeepalive() {
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        assertThat(pair.log).extracting(Datagram::type).containsExactly(1, 2, 4);
        assertThat(pair.log).extracting(d -> d.bytes.length).containsExactly(148, 92, 32);
        assertThat(pair.aliceToBob.hasSession(pair.now)).isTrue();
        assertThat(pair.bobToAlice.hasSession(pair.now)).isTrue();
        assertThat(pair.aliceToBob.lastHandshake()).isEqualTo(pair.now + Pair.EPOCH);
        assertThat(pair.bobToAlice.lastHandshake()).isEqualTo(pair.now + Pair.EPOCH);
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

    @Tag("A8.3")
    @Test
    void theResponderWaitsForConfirmationBeforeItSends() {
        pair.link = datagram -> !datagram.isKeepalive();
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        assertThat(pair.bobToAlice.hasSession(pair.now)).isFalse();
        assertThat(pair.bob.sealTo(Pair.fromBob(100), pair.now)).isEqualTo(Device.STAGED);
        pair.exchange();
        assertThat(pair.sent(pair.bob, Datagram::isData)).isEmpty();
        pair.link = datagram -> true;
        pair.send(pair.alice, Pair.fromAlice(100));
        assertThat(pair.alice.received).containsExactly(Pair.fromBob(100));
    }

    @Tag("A3.8")
    @Test
    void aPresharedKeySetBetweenInitiationAndResponseCounts() {
        pair.aliceToBob.initiate(pair.now);
        Datagram initiation = pair.alice.poll(pair.now).getFirst();
        PresharedKey psk = PresharedKey.generate(new SeededEntropy(9));
        pair.aliceToBob.presharedKey(psk);
        pair.bobToAlice.presharedKey(psk);
        pair.carry(initiation);
        pair.exchange();
        assertThat(pair.aliceToBob.hasSession(pair.now)).isTrue();
        assertThat(pair.bobToAlice.hasSession(pair.now)).isTrue();
    }

    @Test
    void differentPresharedKeysGiveNoSession() {
        for (PresharedKey ours : new PresharedKey[] {psk(1), PresharedKey.of(new byte[32])}) {
            Pair mismatched = new Pair(2);
            mismatched.aliceToBob.presharedKey(ours);
            mismatched.bobToAlice.presharedKey(psk(2));
            mismatched.aliceToBob.initiate(mismatched.now);
            mismatched.exchange();
            assertThat(mismatched.log).extracting(Datagram::type).containsExactly(1, 2);
            assertThat(mismatched.aliceToBob.hasSession(mismatched.now)).isFalse();
            assertThat(mismatched.alice.device.counters().dropped(Drop.NOT_AUTHENTIC)).isOne();
        }
    }

    @Test
    void aPresharedKeyChangeLeavesTheSessionAlone() {
        Pair connected = Pair.connected(3);
        connected.aliceToBob.presharedKey(psk(1));
        connected.bobToAlice.presharedKey(psk(2));
        connected.send(connected.alice, Pair.fromAlice(100));
        assertThat(connected.bob.received).hasSize(1);
        connected.jump(130 * SECOND);
        connected.send(connected.alice, Pair.fromAlice(100));
        connected.advance(20 * SECOND);
        assertThat(connected.sent(connected.bob, Datagram::isResponse)).isNotEmpty();
        assertThat(connected.alice.device.counters().responsesReceived()).isOne();
    }

    @Tag("A10.11")
    @Test
    void aStrangerGetsNoAnswer() {
        pair.bob.device.removePeer(pair.bobToAlice);
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        assertThat(pair.log).hasSize(1);
        assertThat(pair.bob.device.counters().dropped(Drop.UNKNOWN_PEER)).isOne();
    }

    @Tag("A5.1")
    @Test
    void anInitiationForSomebodyElseIsDropped() {
        pair.bob.device.privateKey(PrivateKey.generate(new SeededEntropy(77)), pair.now);
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        assertThat(pair.log).hasSize(1);
        assertThat(pair.bob.device.counters().dropped(Drop.INVALID_MAC1)).isOne();
    }

    @Tag("A3.2")
    @Test
    void aReplayedOrOlderInitiationIsDropped() {
        Datagram first = initiation();
        Datagram second = initiation();
        pair.carry(second);
        pair.jump(SECOND);
        pair.carry(second);
        pair.carry(first);
        assertThat(pair.bob.device.counters().initiationsReceived()).isOne();
        assertThat(pair.bob.device.counters().dropped(Drop.OLD_TIMESTAMP)).isEqualTo(2);
    }

    @Tag("A3.2")
    @Test
    void initiationsWithinTwentyMillisecondsAreAFlood() {
        List<Datagram> all = List.of(initiation(), initiation(), initiation());
        pair.carry(all.get(0));
        pair.jump(20 * MS - 1);
        pair.carry(all.get(1));
        assertThat(pair.bob.device.counters().initiationsReceived()).isOne();
        assertThat(pair.bob.device.counters().dropped(Drop.INITIATION_FLOOD)).isOne();
        pair.jump(1);
        pair.carry(all.get(2));
        assertThat(pair.bob.device.counters().initiationsReceived()).isEqualTo(2);
    }

    @Tag("A3.2")
    @Test
    void theGreatestTimestampSurvivesDownUpAndKeyChangeButNotThePeer() {
        Datagram initiation = initiation();
        pair.carry(initiation);
        pair.bob.device.down(pair.now);
        pair.bob.device.up(pair.now);
        pair.bob.device.privateKey(PrivateKey.generate(new SeededEntropy(5)), pair.now);
        pair.bob.device.privateKey(pair.bob.key, pair.now);
        pair.jump(SECOND);
        pair.carry(initiation);
        assertThat(pair.bob.device.counters().dropped(Drop.OLD_TIMESTAMP)).isOne();
        pair.bob.device.removePeer(pair.bobToAlice);
        pair.bob.device.addPeer(pair.alice.key.publicKey());
        pair.carry(initiation);
        assertThat(pair.bob.device.counters().initiationsReceived()).isEqualTo(2);
    }

    @Tag("A4.2")
    @Test
    void aClockThatGoesBackDoesNotShutTheInitiatorOut() {
        pair.carry(initiation());
        pair.alice.device.wallClock(Pair.EPOCH - 3600 * SECOND);
        pair.carry(initiation());
        assertThat(pair.bob.device.counters().initiationsReceived()).isEqualTo(2);
    }

    @Tag("A4.2")
    @Test
    void aPeerThatIsRemovedAndAddedAgainIsSentNoOlderTimestamp() {
        pair.carry(initiation());
        pair.alice.device.wallClock(Pair.EPOCH - 3600 * SECOND);
        pair.alice.device.removePeer(pair.aliceToBob);
        Peer again = pair.alice.device.addPeer(pair.bob.key.publicKey());
        again.endpoint(pair.bob.address);
        pair.jump(SECOND);
        again.initiate(pair.now);
        pair.carry(pair.alice.poll(pair.now).getFirst());
        assertThat(pair.bob.device.counters().initiationsReceived()).isEqualTo(2);
    }

    @Tag("A3.5")
    @Test
    void theIndexOfTheHandshakeBecomesTheIndexOfTheSession() {
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        int sender = Wire.intLe(pair.log.get(0).bytes, InitiationMessage.SENDER);
        assertThat(pair.alice.device.indices.find(sender)).isInstanceOf(Keypair.class);
        assertThat(pair.alice.device.indices.size()).isOne();
        int responder = Wire.intLe(pair.log.get(1).bytes, ResponseMessage.SENDER);
        assertThat(pair.bob.device.indices.find(responder)).isInstanceOf(Keypair.class);
        assertThat(pair.bob.device.indices.size()).isOne();
    }

    @Tag("A3.5")
    @Test
    void aFinishedHandshakeLeavesNoSecretBehind() {
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        for (Handshake handshake : List.of(pair.aliceToBob.handshake, pair.bobToAlice.handshake)) {
            assertThat(handshake.state()).isEqualTo(Handshake.State.ZEROED);
            assertThat(handshake.secrets()).isNull();
        }
    }

    @Tag("A3.1")
    @Test
    void aNewInitiationGivesUpTheOldIndex() {
        initiation();
        initiation();
        assertThat(pair.alice.device.indices.size()).isOne();
    }

    @Tag("A3.6")
    @Test
    void aResponseToASupersededInitiationIsDropped() {
        pair.carry(initiation());
        Datagram response = pair.bob.poll(pair.now).getFirst();
        initiation();
        pair.carry(response);
        assertThat(pair.alice.device.counters().dropped(Drop.UNKNOWN_INDEX)).isOne();
        assertThat(pair.aliceToBob.hasSession(pair.now)).isFalse();
    }

    @Tag("A3.6")
    @Test
    void anIncomingInitiationOverwritesOurOwnInFlight() {
        Datagram ours = initiation();
        pair.bobToAlice.endpoint(pair.alice.address);
        pair.bobToAlice.initiate(pair.now);
        Datagram theirs = pair.bob.poll(pair.now).getFirst();
        pair.carry(theirs);
        assertThat(pair.aliceToBob.handshake.state())
                .isIn(Handshake.State.INITIATION_CONSUMED, Handshake.State.RESPONSE_MIXED);
        pair.carry(ours);
        Datagram response = pair.bob.poll(pair.now).getFirst();
        pair.carry(response);
        assertThat(pair.alice.device.counters().dropped(Drop.UNKNOWN_INDEX)).isOne();
    }

    @Tag("A3.6")
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void simultaneousInitiationsConverge(boolean withData) {
        for (long seed = 0; seed < 50; seed++) {
            Pair both = new Pair(seed);
            both.bobToAlice.endpoint(both.alice.address);
            Datagram fromAlice = begin(both, both.alice, both.aliceToBob, withData);
            Datagram fromBob = begin(both, both.bob, both.bobToAlice, withData);
            both.jump(20 * MS);
            both.carry(fromAlice);
            both.carry(fromBob);
            both.exchange();
            assertThat(both.aliceToBob.hasSession(both.now)).isFalse();
            both.advance(6 * SECOND);
            assertThat(both.aliceToBob.hasSession(both.now)).isTrue();
            assertThat(both.bobToAlice.hasSession(both.now)).isTrue();
            assertThat(both.alice.received).hasSize(withData ? 1 : 0);
            assertThat(both.bob.received).hasSize(withData ? 1 : 0);
        }
    }

    private static Datagram begin(Pair pair, Host host, Peer peer, boolean withData) {
        if (withData) {
            byte[] packet = host == pair.alice ? Pair.fromAlice(99) : Pair.fromBob(99);
            assertThat(host.sealTo(packet, pair.now)).isEqualTo(Device.STAGED);
        } else {
            peer.initiate(pair.now);
        }
        return host.poll(pair.now).getFirst();
    }

    @Tag("A2")
    @Test
    void unknownTypesWrongLengthsAndReservedBytesAreDropped() {
        Datagram initiation = initiation();
        Device bob = pair.bob.device;
        int dropped = 0;
        for (int length : new int[] {0, 1, 3, 4, 31, 147}) {
            assertThat(receive(Arrays.copyOf(initiation.bytes, length))).isNull();
            assertThat(bob.counters().dropped(Drop.MALFORMED)).isEqualTo(++dropped);
        }
        receive(Arrays.copyOf(initiation.bytes, 149));
        assertThat(bob.counters().dropped(Drop.MALFORMED)).isEqualTo(++dropped);
        for (int type : new int[] {0, 5, 255, 0x101, 0x10001, 0x1000001, 0x104}) {
            byte[] bytes = initiation.bytes.clone();
            Wire.intLe(bytes, 0, type);
            receive(bytes);
            assertThat(bob.counters().dropped(Drop.MALFORMED)).isEqualTo(++dropped);
        }
        assertThat(bob.counters().dropped()).isEqualTo(dropped);
        pair.carry(initiation);
        assertThat(bob.counters().initiationsReceived()).isOne();
    }

    private byte @Nullable [] receive(byte[] bytes) {
        return pair.bob.receive(bytes, pair.alice.address, pair.now);
    }

    /** The next initiation of alice, five seconds after the last, not delivered. */
    private Datagram initiation() {
        pair.jump(5 * SECOND);
        pair.aliceToBob.initiate(pair.now);
        Datagram initiation = pair.alice.poll(pair.now).getFirst();
        assertThat(initiation.isInitiation()).isTrue();
        return initiation;
    }

    private static PresharedKey psk(long seed) {
        return PresharedKey.generate(new SeededEntropy(seed));
    }
}
