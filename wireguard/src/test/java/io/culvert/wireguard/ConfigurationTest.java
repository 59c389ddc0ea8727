package io.culvert.wireguard;

import static io.culvert.wireguard.Constants.NEVER;
import static io.culvert.wireguard.Pair.SECOND;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.culvert.crypto.X25519;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Keys, peers and the device as a whole, changed while in use. */
class ConfigurationTest {
    private static final InetSocketAddress ELSEWHERE = new InetSocketAddress("203.0.113.5", 999);

    private final Pair pair = Pair.connected(1);

    @Tag("A12.7")
    @Test
    void aRemovedPeerLeavesNothingBehind() {
        pair.send(pair.alice, Pair.fromAlice(100));
        pair.jump(181 * SECOND);
        pair.alice.sealTo(Pair.fromAlice(100), pair.now);
        Device alice = pair.alice.device;
        alice.removePeer(pair.aliceToBob);
        assertThat(alice.indices.size()).isZero();
        assertThat(alice.nextDeadline()).isEqualTo(NEVER);
        assertThat(pair.alice.poll(pair.now)).isEmpty();
        assertThat(alice.peer(pair.bob.key.publicKey())).isNull();
        assertThat(alice.peers()).isEmpty();
        assertThat(alice.route(InetAddress.ofLiteral("10.0.0.2"))).isNull();
        assertThat(pair.aliceToBob.staged.isEmpty()).isTrue();
        assertThat(pair.aliceToBob.isAttached()).isFalse();
        assertThat(pair.aliceToBob.handshake.staticSecret.bytes()).isNull();
        assertThat(pair.alice.events()).contains(new DeviceEvent.PeerRemoved(pair.aliceToBob));
        alice.removePeer(pair.aliceToBob);
        assertThat(pair.alice.events()).isEmpty();
    }

    @Tag("A12.7")
    @Test
    void datagramsOfARemovedPeerAreUnknown() {
        Datagram data = pair.bob.seal(Pair.fromBob(100), pair.now);
        pair.alice.device.removePeer(pair.aliceToBob);
        pair.carry(data);
        assertThat(pair.alice.received).isEmpty();
        assertThat(pair.alice.device.counters().dropped(Drop.UNKNOWN_INDEX)).isOne();
    }

    @Tag("A12.7")
    @Test
    void removalWhileAResponseWaitsSendsNothing() {
        pair.jump(10 * SECOND);
        pair.aliceToBob.initiate(pair.now);
        pair.carry(pair.alice.poll(pair.now).getFirst());
        pair.bob.device.removePeer(pair.bobToAlice);
        assertThat(pair.bob.poll(pair.now)).isEmpty();
    }

    @Tag("A12.7")
    @Test
    void aPeerRemovedInTheMiddleOfABatchMovesNoMore() {
        Datagram data = pair.bob.seal(Pair.fromBob(100), pair.now);
        pair.alice.receive(data.bytes, ELSEWHERE, pair.now);
        pair.alice.device.removePeer(pair.aliceToBob);
        pair.alice.device.endBatch(pair.now);
        assertThat(pair.alice.events())
                .containsExactly(new DeviceEvent.PeerRemoved(pair.aliceToBob));
        assertThat(pair.alice.device.nextDeadline()).isEqualTo(NEVER);
    }

    @Test
    void aRemovedPeerTakesSettingsWithoutEffect() {
        Device alice = pair.alice.device;
        alice.removePeer(pair.aliceToBob);
        pair.aliceToBob.allow(Cidr.parse("0.0.0.0/0"));
        pair.aliceToBob.persistentKeepalive(5, pair.now);
        pair.aliceToBob.presharedKey(PresharedKey.generate(new SeededEntropy(1)));
        pair.aliceToBob.initiate(pair.now);
        assertThat(pair.alice.poll(pair.now)).isEmpty();
        assertThat(alice.nextDeadline()).isEqualTo(NEVER);
        assertThat(alice.route(InetAddress.ofLiteral("1.2.3.4"))).isNull();
        assertThat(pair.aliceToBob.handshake.presharedKey).containsOnly(0);
    }

    @Test
    void aPeerAddedTwiceIsTheSame() {
        assertThat(pair.alice.device.addPeer(pair.bob.key.publicKey())).isSameAs(pair.aliceToBob);
        assertThat(pair.alice.device.peers()).containsExactly(pair.aliceToBob);
    }

    @Tag("A12.6")
    @Test
    void aPeerWithOurOwnKeyIsIgnored() {
        Peer self = pair.alice.device.addPeer(pair.alice.key.publicKey());
        self.allow(Cidr.parse("10.7.0.0/16"));
        self.endpoint(pair.bob.address);
        self.persistentKeepalive(1, pair.now);
        assertThat(self.isAttached()).isFalse();
        assertThat(pair.alice.device.peers()).containsExactly(pair.aliceToBob);
        assertThat(pair.alice.device.route(InetAddress.ofLiteral("10.7.0.1"))).isNull();
        assertThat(pair.alice.poll(pair.now)).isEmpty();
    }

    @Tag("A12.5")
    @Test
    void becomingAPeersKeyRemovesThatPeer() {
        pair.alice.device.privateKey(pair.bob.key, pair.now);
        assertThat(pair.alice.device.peers()).isEmpty();
        assertThat(pair.alice.device.publicKey()).isEqualTo(pair.bob.key.publicKey());
        assertThat(pair.alice.events())
                .containsExactly(
                        new DeviceEvent.PeerRemoved(pair.aliceToBob),
                        new DeviceEvent.KeysChanged(pair.bob.key.publicKey()));
    }

    @Tag("A12.5")
    @Test
    void theSameKeyAgainChangesNothing() {
        pair.alice.device.privateKey(PrivateKey.fromBase64(pair.alice.key.toBase64()), pair.now);
        assertThat(pair.alice.events()).isEmpty();
        assertThat(pair.aliceToBob.hasSession(pair.now)).isTrue();
    }

    @Tag("A8.6")
    @Test
    void aKeyChangeStopsSendingButNotReceiving() {
        PrivateKey key = PrivateKey.generate(new SeededEntropy(20));
        pair.alice.device.privateKey(key, pair.now);
        assertThat(pair.aliceToBob.hasSession(pair.now)).isFalse();
        pair.carry(pair.bob.seal(Pair.fromBob(100), pair.now));
        assertThat(pair.alice.received).hasSize(1);
        assertThat(pair.alice.sealTo(Pair.fromAlice(100), pair.now)).isEqualTo(Device.STAGED);
    }

    @Tag("A8.6")
    @Test
    void afterAKeyChangeAHandshakeMayGoAtOnce() {
        PrivateKey key = PrivateKey.generate(new SeededEntropy(20));
        pair.alice.device.privateKey(key, pair.now);
        pair.bob.device.removePeer(pair.bobToAlice);
        Peer again = pair.bob.device.addPeer(key.publicKey());
        again.allow(Cidr.parse("10.0.0.1"));
        pair.send(pair.alice, Pair.fromAlice(100));
        assertThat(pair.bob.received).containsExactly(Pair.fromAlice(100));
    }

    @Tag("A12.11")
    @Test
    void aReplacedPrivateKeyIsZeroed() {
        LocalIdentity old = requireNonNull(pair.alice.device.identity());
        pair.alice.device.privateKey(PrivateKey.generate(new SeededEntropy(20)), pair.now);
        assertThat(old.privateBytes).containsOnly(0);
    }

    @Tag("A12.5")
    @Test
    void withoutAPrivateKeyTheDeviceNeitherBeginsNorAccepts() {
        pair.bob.device.privateKey(null, pair.now);
        assertThat(pair.bob.device.publicKey()).isNull();
        pair.jump(10 * SECOND);
        pair.bobToAlice.initiate(pair.now);
        assertThat(pair.bob.poll(pair.now)).isEmpty();
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        assertThat(pair.sent(pair.bob, datagram -> true)).isEmpty();
        assertThat(pair.bob.device.counters().dropped(Drop.NO_PRIVATE_KEY)).isOne();
    }

    @Tag("A1.12")
    @Test
    void peersOfLowOrderAreConfiguredAndNeverHandshake() {
        for (String point : LowOrderPoints.HEX) {
            Pair fresh = new Pair(2);
            Peer peer = fresh.alice.device.addPeer(LowOrderPoints.key(point));
            peer.endpoint(fresh.bob.address);
            peer.allow(Cidr.parse("10.3.0.0/16"));
            peer.persistentKeepalive(1, fresh.now);
            assertThat(fresh.alice.device.peers()).contains(peer);
            fresh.send(fresh.alice, Packets.ip("10.0.0.1", "10.3.0.1", 100));
            fresh.advance(20 * SECOND);
            assertThat(fresh.log).as(point).isEmpty();
        }
    }

    @Tag("A1.12")
    @Test
    void ephemeralKeysOfLowOrderAreRefused() {
        for (String point : LowOrderPoints.HEX) {
            Pair fresh = new Pair(2);
            byte[] message = new byte[InitiationMessage.LENGTH];
            Wire.intLe(message, 0, InitiationMessage.TYPE);
            System.arraycopy(
                    LowOrderPoints.key(point).bytes(), 0, message, InitiationMessage.EPHEMERAL, 32);
            fresh.bobToAlice.cookies.addMacs(message, InitiationMessage.MAC1, fresh.now);
            fresh.alice.receive(message, fresh.bob.address, fresh.now);
            assertThat(fresh.alice.device.counters().dropped(Drop.NOT_AUTHENTIC)).isOne();
        }
    }

    @Tag("A1.12")
    @Test
    void aPeerOfLowOrderIsNotAnsweredThoughItKnowsTheSharedSecret() {
        for (String point : LowOrderPoints.HEX) {
            Pair fresh = new Pair(2);
            fresh.bob.device.addPeer(LowOrderPoints.key(point));
            for (int i = 1; i <= 2; i++) { // the second time it is known
                byte[] message = initiation(LowOrderPoints.key(point), fresh.bob);
                fresh.bob.receive(message, fresh.alice.address, fresh.now);
                assertThat(fresh.bob.device.counters().dropped(Drop.NOT_AUTHENTIC)).isEqualTo(i);
            }
            assertThat(fresh.bob.poll(fresh.now)).isEmpty();
        }
    }

    /** Right in everything, where the DH of both static keys is zero. */
    private static byte[] initiation(PublicKey initiator, Host responder) {
        LocalIdentity identity = new LocalIdentity(PrivateKey.generate(new SeededEntropy(1)));
        System.arraycopy(initiator.bytes(), 0, identity.publicBytes, 0, 32);
        HandshakeSecrets secrets = new HandshakeSecrets();
        new SeededEntropy(2).fill(secrets.ephemeralPrivate, 0, 32);
        byte[] message = new byte[InitiationMessage.LENGTH];
        Wire.intLe(message, 0, InitiationMessage.TYPE);
        boolean made =
                new NoiseIkPsk2(new Primitives())
                        .createInitiation(
                                new X25519(),
                                secrets,
                                identity,
                                responder.key.publicKey(),
                                new byte[32],
                                HexFormat.of().parseHex("400000006553f10a00000000"),
                                message);
        assertThat(made).isTrue();
        return HandshakeForgery.mac1(message, responder);
    }

    @Tag("A8.7")
    @Test
    void downForgetsSessionsAndWaitingPacketsAndUpBeginsAnew() {
        Device alice = pair.alice.device;
        pair.jump(200 * SECOND);
        pair.alice.sealTo(Pair.fromAlice(100), pair.now);
        alice.down(pair.now);
        assertThat(alice.isUp()).isFalse();
        assertThat(alice.indices.size()).isZero();
        assertThat(alice.nextDeadline()).isEqualTo(NEVER);
        assertThat(pair.alice.poll(pair.now)).isEmpty();
        assertThat(pair.alice.sealTo(Pair.fromAlice(100), pair.now)).isEqualTo(Device.NO_PEER);
        pair.alice.receive(new byte[148], pair.bob.address, pair.now);
        assertThat(alice.counters().dropped(Drop.DOWN)).isEqualTo(2);
        assertThat(alice.counters().dropped(Drop.STAGED_PURGED)).isOne();
        alice.up(pair.now);
        pair.send(pair.alice, Pair.fromAlice(200));
        assertThat(pair.bob.received).containsExactly(Pair.fromAlice(200));
    }

    @Tag("A8.7")
    @Test
    void downForgetsAHandshakeInProgressAndCookieRepliesThatWait() {
        Pair fresh = new Pair(3);
        fresh.aliceToBob.initiate(fresh.now);
        Datagram initiation = fresh.alice.poll(fresh.now).getFirst();
        assertThat(fresh.alice.device.liveIndices()).isOne();
        fresh.bob.device.load(Constants.UNDER_LOAD_HANDSHAKES, fresh.now);
        fresh.carry(initiation);
        assertThat(fresh.bob.device.hasOutput()).isTrue();
        for (Host host : List.of(fresh.alice, fresh.bob)) {
            host.device.down(fresh.now);
            assertThat(host.device.hasOutput()).isFalse();
            host.device.up(fresh.now);
            assertThat(host.poll(fresh.now)).isEmpty();
        }
        assertThat(fresh.alice.device.liveIndices()).isZero();
        assertThat(fresh.aliceToBob.handshake.secrets()).isNull();
    }

    @Test
    void downDoesNotForgetWhereThePeerSpokeLast() {
        Datagram data = pair.bob.seal(Pair.fromBob(100), pair.now);
        pair.alice.receive(data.bytes, ELSEWHERE, pair.now);
        pair.alice.device.down(pair.now);
        assertThat(pair.aliceToBob.endpoint()).isEqualTo(ELSEWHERE);
        assertThat(pair.alice.device.nextDeadline()).isEqualTo(NEVER);
    }

    @Tag("A8.7")
    @Test
    void upDoesNotWaitForTheGateOfBeforeDown() {
        Pair fresh = new Pair(3);
        fresh.aliceToBob.initiate(fresh.now);
        fresh.alice.poll(fresh.now);
        fresh.alice.device.down(fresh.now);
        fresh.alice.device.up(fresh.now);
        fresh.aliceToBob.initiate(fresh.now);
        assertThat(fresh.alice.poll(fresh.now)).hasSize(1);
    }

    @Test
    void upAndDownTwiceChangeNothing() {
        pair.alice.device.up(pair.now);
        assertThat(pair.aliceToBob.hasSession(pair.now)).isTrue();
        pair.alice.device.down(pair.now);
        pair.alice.device.down(pair.now);
        assertThat(pair.alice.device.isUp()).isFalse();
    }

    @Test
    void closeZeroesEverything() {
        Device alice = pair.alice.device;
        LocalIdentity identity = requireNonNull(alice.identity());
        Keypair keypair = requireNonNull(pair.aliceToBob.keypairs.current());
        alice.close(pair.now);
        assertThat(alice.isUp()).isFalse();
        assertThat(identity.privateBytes).containsOnly(0);
        assertThat(keypair.sending.isDestroyed()).isTrue();
        assertThat(alice.peers()).isEmpty();
        assertThat(alice.indices.size()).isZero();
        assertThat(alice.nextDeadline()).isEqualTo(NEVER);
    }

    @Test
    void keysAreGivenOutAsCopies() {
        PrivateKey privateKey = requireNonNull(pair.alice.device.privateKey());
        assertThat(privateKey.bytes()).isEqualTo(pair.alice.key.bytes());
        privateKey.destroy();
        PresharedKey psk = PresharedKey.generate(new SeededEntropy(9));
        pair.aliceToBob.presharedKey(psk);
        pair.aliceToBob.presharedKey().destroy();
        assertThat(pair.aliceToBob.presharedKey().bytes()).isEqualTo(psk.bytes());
        pair.send(pair.alice, Pair.fromAlice(100));
        assertThat(pair.bob.received).hasSize(1);
        pair.alice.device.privateKey(null, pair.now);
        assertThat(pair.alice.device.privateKey()).isNull();
    }

    @Test
    void aPeerIsCalledByItsPublicKey() {
        assertThat(pair.aliceToBob).hasToString("Peer[" + pair.bob.key.publicKey() + "]");
    }

    @Test
    void hasOutputWhileSomethingWaitsToLeave() {
        Device alice = pair.alice.device;
        assertThat(alice.hasOutput()).isFalse();
        pair.aliceToBob.queueKeepalive(pair.now);
        assertThat(alice.hasOutput()).isTrue();
        pair.alice.poll(pair.now);
        assertThat(alice.hasOutput()).isFalse();
        pair.aliceToBob.queueKeepalive(pair.now);
        alice.down(pair.now);
        assertThat(alice.hasOutput()).isFalse();
    }

    @Test
    void eventsThatNobodyAsksForAreBounded() {
        for (int i = 0; i < 3_000; i++) {
            pair.alice.device.privateKey(i % 2 == 0 ? null : pair.alice.key, pair.now);
        }
        assertThat(pair.alice.events()).hasSize(1024);
    }

    @Test
    void refusesAKeepaliveIntervalOutOfRange() {
        for (int seconds : new int[] {-1, 65_536}) {
            assertThatThrownBy(() -> pair.aliceToBob.persistentKeepalive(seconds, pair.now))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(Integer.toString(seconds));
        }
        for (int seconds : new int[] {65_535, 0}) {
            pair.aliceToBob.persistentKeepalive(seconds, pair.now);
            assertThat(pair.aliceToBob.persistentKeepalive()).isEqualTo(seconds);
        }
    }
}
