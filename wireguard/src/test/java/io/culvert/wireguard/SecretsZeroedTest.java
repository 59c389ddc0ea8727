package io.culvert.wireguard;

import static io.culvert.wireguard.Pair.SECOND;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.crypto.X25519;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Keys and what leads to them are zeroed where they lie when they are replaced or given up. */
@Tag("A12.11")
class SecretsZeroedTest {
    private final Pair pair = new Pair(1);
    private final Handshake handshake = pair.aliceToBob.handshake;

    @Test
    void aPrivateKeyAndTheSecretsMadeWithItGoWhenItIsReplaced() {
        byte[] privateKey = requireNonNull(pair.alice.device.identity()).privateBytes;
        pair.aliceToBob.initiate(pair.now);
        pair.alice.poll(pair.now);
        byte[] staticStatic = requireNonNull(handshake.staticSecret.bytes());
        HandshakeSecrets inProgress = requireNonNull(handshake.secrets());
        assertThat(staticStatic).isNotEqualTo(new byte[32]);
        pair.alice.device.privateKey(PrivateKey.generate(new SeededEntropy(7)), pair.now);
        assertThat(privateKey).containsOnly(0);
        assertThat(staticStatic).containsOnly(0);
        assertZero(inProgress);
    }

    @Test
    void aHandshakeThatEndsInASessionLeavesNothing() {
        pair.aliceToBob.initiate(pair.now);
        Datagram initiation = pair.alice.poll(pair.now).getFirst();
        HandshakeSecrets ofAlice = requireNonNull(handshake.secrets());
        assertThat(ofAlice.ephemeralPrivate).isNotEqualTo(new byte[32]);
        pair.carry(initiation);
        HandshakeSecrets ofBob = requireNonNull(pair.bobToAlice.handshake.secrets());
        assertThat(ofBob.chainingKey).isNotEqualTo(new byte[32]);
        pair.exchange();
        assertThat(pair.aliceToBob.hasSession(pair.now)).isTrue();
        assertZero(ofAlice);
        assertZero(ofBob);
    }

    @Test
    void aNewInitiationZeroesTheOldEphemeralKey() {
        pair.aliceToBob.initiate(pair.now);
        pair.alice.poll(pair.now);
        byte[] before = requireNonNull(handshake.secrets()).ephemeralPrivate.clone();
        pair.jump(6 * SECOND);
        pair.aliceToBob.initiate(pair.now);
        pair.alice.poll(pair.now);
        assertThat(requireNonNull(handshake.secrets()).ephemeralPrivate).isNotEqualTo(before);
    }

    @Test
    void aRemovedPeerHoldsNothing() {
        pair.aliceToBob.presharedKey(PresharedKey.generate(new SeededEntropy(3)));
        pair.bobToAlice.presharedKey(PresharedKey.generate(new SeededEntropy(3)));
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        Keypair session = requireNonNull(pair.aliceToBob.keypairs.current());
        byte[] staticStatic = requireNonNull(handshake.staticSecret.bytes());
        byte[] presharedKey = handshake.presharedKey;
        assertThat(presharedKey).isNotEqualTo(new byte[32]);
        pair.alice.device.removePeer(pair.aliceToBob);
        assertThat(staticStatic).containsOnly(0);
        assertThat(presharedKey).containsOnly(0);
        assertThat(session.sending.isDestroyed()).isTrue();
        assertThat(session.receiving.isDestroyed()).isTrue();
        assertThat(pair.aliceToBob.cookies.cookie()).isNull();
    }

    @Test
    void aReplacedSessionIsZeroed() {
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        Keypair first = requireNonNull(pair.aliceToBob.keypairs.current());
        for (int i = 0; i < 2; i++) {
            pair.advance(6 * SECOND);
            pair.aliceToBob.initiate(pair.now);
            pair.exchange();
        }
        assertThat(first.sending.isDestroyed()).isTrue();
        assertThat(first.receiving.isDestroyed()).isTrue();
    }

    @Test
    void aCookieIsZeroedWithItsPeer() {
        pair.bob.device.load(Constants.UNDER_LOAD_HANDSHAKES, pair.now);
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        byte[] cookie = requireNonNull(pair.aliceToBob.cookies.cookie());
        assertThat(cookie).isNotEqualTo(new byte[16]);
        pair.alice.device.removePeer(pair.aliceToBob);
        assertThat(cookie).containsOnly(0);
    }

    @Test
    void aCookieIsZeroedWithTheSessions() {
        pair.bob.device.load(Constants.UNDER_LOAD_HANDSHAKES, pair.now);
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        byte[] cookie = requireNonNull(pair.aliceToBob.cookies.cookie());
        pair.advance(6 * SECOND);
        assertThat(pair.aliceToBob.hasSession(pair.now)).isTrue();
        pair.advance(540 * SECOND);
        assertThat(pair.aliceToBob.keypairs.isEmpty()).isTrue();
        assertThat(cookie).containsOnly(0);
    }

    @Test
    void anInitiationThatComesInZeroesOurOwnInFlight() {
        pair.aliceToBob.initiate(pair.now);
        pair.alice.poll(pair.now);
        byte[] ephemeral = requireNonNull(handshake.secrets()).ephemeralPrivate;
        assertThat(ephemeral).isNotEqualTo(new byte[32]);
        pair.bobToAlice.endpoint(pair.alice.address);
        pair.bobToAlice.initiate(pair.now);
        pair.carry(pair.bob.poll(pair.now).getFirst());
        assertThat(ephemeral).containsOnly(0);
    }

    @Test
    void aRefusedInitiationLeavesNothing() {
        pair.aliceToBob.initiate(pair.now);
        Datagram first = pair.alice.poll(pair.now).getFirst();
        pair.aliceToBob.handshakeSent(pair.now - 5 * SECOND);
        pair.aliceToBob.initiate(pair.now);
        Datagram second = pair.alice.poll(pair.now).getFirst();
        pair.carry(first);
        for (Datagram refused : List.of(first, second)) {
            pair.carry(refused);
            assertThat(pair.bob.device.noise.isWiped()).isTrue();
        }
        assertThat(pair.bob.device.counters().dropped(Drop.OLD_TIMESTAMP)).isOne();
        assertThat(pair.bob.device.counters().dropped(Drop.INITIATION_FLOOD)).isOne();
        byte[] forged = second.bytes.clone();
        forged[InitiationMessage.TIMESTAMP] ^= 1;
        HandshakeForgery.mac1(forged, pair.bob);
        pair.bob.receive(forged, second.source, pair.now);
        assertThat(pair.bob.device.counters().dropped(Drop.NOT_AUTHENTIC)).isOne();
        assertThat(pair.bob.device.noise.isWiped()).isTrue();
    }

    @Test
    void aRefusedResponseLeavesNothing() {
        pair.bobToAlice.presharedKey(PresharedKey.generate(new SeededEntropy(3)));
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        assertThat(pair.alice.device.counters().dropped(Drop.NOT_AUTHENTIC)).isOne();
        assertThat(pair.alice.device.noise.isWiped()).isTrue();
    }

    @Tag("A1.10")
    @Test
    void anInitiationToAPointOfLowOrderIsNotMade() {
        NoiseIkPsk2 noise = new NoiseIkPsk2(new Primitives());
        assertThat(noise.isWiped()).isTrue();
        for (String point : LowOrderPoints.HEX) {
            boolean made =
                    noise.createInitiation(
                            new X25519(),
                            new HandshakeSecrets(),
                            new LocalIdentity(pair.alice.key),
                            LowOrderPoints.key(point),
                            new byte[32],
                            new byte[Tai64n.LENGTH],
                            new byte[InitiationMessage.LENGTH]);
            assertThat(made).isFalse();
            assertThat(noise.isWiped()).isTrue();
        }
        byte[] secret = pair.alice.key.bytes();
        noise.load(secret, secret);
        assertThat(noise.isWiped()).isFalse();
    }

    @Test
    void scratchHoldsNothingBetweenMessages() {
        pair.bob.device.load(Constants.UNDER_LOAD_HANDSHAKES, pair.now);
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        assertScratchIsZero();
        pair.advance(6 * SECOND);
        assertThat(pair.aliceToBob.hasSession(pair.now)).isTrue();
        assertScratchIsZero();
    }

    private void assertScratchIsZero() {
        for (Host host : new Host[] {pair.alice, pair.bob}) {
            byte[] scratch = host.device.crypto.scratch.toArray(Wire.BYTE);
            assertThat(scratch).containsOnly(0);
            assertThat(host.device.noise.isWiped()).isTrue();
        }
    }

    private static void assertZero(HandshakeSecrets secrets) {
        assertThat(secrets.chainingKey).containsOnly(0);
        assertThat(secrets.hash).containsOnly(0);
        assertThat(secrets.ephemeralPrivate).containsOnly(0);
        assertThat(secrets.ephemeralPublic).containsOnly(0);
    }
}
