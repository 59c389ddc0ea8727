package io.culvert.wireguard;

import static io.culvert.wireguard.Pair.MS;
import static io.culvert.wireguard.Pair.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The addresses of a name, what is told of them, and what speaks for our own socket. */
@Tag("HEAL")
class EndpointSearchTest {
    private static final InetSocketAddress DEAD4 = new InetSocketAddress("203.0.113.5", 999);
    private static final InetSocketAddress DEAD6 = new InetSocketAddress("2001:db8::5", 999);
    private static final InetSocketAddress ELSEWHERE = new InetSocketAddress("203.0.113.7", 999);

    private final Pair pair = new Pair(1);
    private final Peer peer = pair.aliceToBob;

    EndpointSearchTest() {
        pair.alice.events();
    }

    @Test
    void anEndpointIsANameUntilAnAddressIsSet() {
        assertThat(peer.hasNamedEndpoint()).isFalse();
        peer.endpoints(List.of(), pair.now);
        assertThat(peer.hasNamedEndpoint()).isTrue();
        peer.endpoint(DEAD4);
        assertThat(peer.hasNamedEndpoint()).isFalse();
    }

    @Test
    void eachMoveToAnotherAddressIsTold() {
        pair.link = datagram -> false;
        peer.endpoints(List.of(DEAD6, DEAD4), pair.now);
        assertThat(pair.alice.events())
                .containsExactly(new DeviceEvent.EndpointTried(peer, pair.bob.address, DEAD6));
        peer.initiate(pair.now);
        pair.exchange();
        pair.advance(6 * SECOND);
        assertThat(pair.alice.events()).contains(new DeviceEvent.EndpointTried(peer, DEAD6, DEAD4));
    }

    @Test
    void whatWasStagedUnderASessionLeavesWhenTheAddressIsKnown() {
        connect();
        peer.endpoint(null);
        peer.endpoints(List.of(), pair.now);
        assertThat(pair.alice.sealTo(Pair.fromAlice(100), pair.now)).isEqualTo(Device.STAGED);
        assertThat(pair.alice.poll(pair.now)).isEmpty();
        peer.endpoints(List.of(pair.bob.address), pair.now);
        List<Datagram> out = pair.alice.poll(pair.now);
        assertThat(out).hasSize(1).allMatch(Datagram::isData);
        assertThat(out.getFirst().destination).isEqualTo(pair.bob.address);
    }

    @Test
    void aPeerThatSpokeInThisBatchIsNotLookedForElsewhere() {
        connect();
        peer.endpoints(List.of(pair.bob.address), pair.now);
        Datagram answer = pair.bob.seal(Pair.fromBob(100), pair.now);
        pair.link = datagram -> false;
        pair.send(pair.alice, Pair.fromAlice(100));
        pair.advance(15 * SECOND + 333 * MS);
        pair.alice.events();
        pair.alice.receive(answer.bytes, ELSEWHERE, pair.now);
        peer.endpoints(List.of(DEAD4), pair.now);
        assertThat(peer.endpoint()).isEqualTo(ELSEWHERE);
        assertThat(pair.alice.events())
                .containsExactly(
                        new DeviceEvent.EndpointChanged(peer, pair.bob.address, ELSEWHERE));
    }

    @Test
    void aSilentPeerIsLookedForElsewhereThoughItsSessionIsYoung() {
        connect();
        pair.link = datagram -> false;
        pair.send(pair.alice, Pair.fromAlice(100));
        pair.advance(14 * SECOND);
        peer.endpoints(List.of(DEAD4), pair.now);
        assertThat(peer.endpoint()).isEqualTo(pair.bob.address);
        pair.advance(SECOND + 333 * MS);
        peer.endpoints(List.of(DEAD4), pair.now);
        assertThat(peer.endpoint()).isEqualTo(DEAD4);
    }

    @Test
    void whoSpokeSinceTheLastInitiationIsLeftAloneThoughItsSessionEnded() {
        for (boolean speaks : new boolean[] {false, true}) {
            Pair fresh = Pair.connected(3);
            fresh.link = datagram -> !datagram.isInitiation();
            fresh.jump(178 * SECOND);
            fresh.send(fresh.alice, Pair.fromAlice(100));
            assertThat(fresh.sent(fresh.alice, Datagram::isInitiation)).hasSize(1);
            if (speaks) {
                fresh.send(fresh.bob, Pair.fromBob(100));
            }
            fresh.advance(3 * SECOND);
            assertThat(fresh.aliceToBob.hasSession(fresh.now)).isFalse();
            fresh.aliceToBob.endpoints(List.of(DEAD4), fresh.now);
            assertThat(fresh.aliceToBob.endpoint()).isEqualTo(speaks ? fresh.bob.address : DEAD4);
        }
    }

    @Test
    void afterGivingUpTheNextAttemptGoesToTheNextAddress() {
        pair.link = datagram -> false;
        peer.endpoints(List.of(DEAD6, DEAD4), pair.now);
        pair.send(pair.alice, Pair.fromAlice(100));
        pair.advance(200 * SECOND);
        assertThat(pair.alice.events()).contains(new DeviceEvent.HandshakeGaveUp(peer));
        assertThat(pair.log).hasSize(20);
        pair.send(pair.alice, Pair.fromAlice(100));
        assertThat(pair.log.getLast().destination).isNotEqualTo(pair.log.get(19).destination);
    }

    @Test
    void anInitiationOfAnotherPeerShowsThatTheSocketWorks() {
        for (boolean another : new boolean[] {false, true}) {
            Pair fresh = new Pair(2);
            PublicKey key = PrivateKey.generate(new SeededEntropy(9)).publicKey();
            Peer dead = fresh.alice.device.addPeer(key);
            dead.endpoint(DEAD4);
            long once = fresh.now + 5 * SECOND;
            fresh.link = datagram -> datagram.from == fresh.bob && datagram.at < once;
            fresh.bobToAlice.endpoint(fresh.alice.address);
            dead.initiate(fresh.now);
            fresh.exchange();
            fresh.advance(3 * SECOND);
            if (another) {
                fresh.bobToAlice.initiate(fresh.now);
                fresh.carry(fresh.bob.poll(fresh.now).getFirst());
            }
            fresh.advance(8 * SECOND);
            assertThat(fresh.alice.events().contains(new DeviceEvent.SocketUnanswered()))
                    .isEqualTo(!another);
        }
    }

    @Test
    void aSessionOfAnotherPeerSpeaksForTheSocketUntilItIsSilentItself() {
        for (boolean silent : new boolean[] {false, true}) {
            Pair fresh = Pair.connected(2);
            PublicKey key = PrivateKey.generate(new SeededEntropy(9)).publicKey();
            Peer dead = fresh.bob.device.addPeer(key);
            dead.endpoint(DEAD4);
            fresh.link = datagram -> false;
            if (silent) {
                fresh.send(fresh.bob, Pair.fromBob(100)); // to one that merely called
                fresh.advance(16 * SECOND);
            }
            fresh.bob.events();
            dead.initiate(fresh.now);
            fresh.exchange();
            fresh.advance(4 * SECOND);
            assertThat(fresh.bob.events()).doesNotContain(new DeviceEvent.SocketUnanswered());
            fresh.advance(7 * SECOND);
            assertThat(fresh.bob.events().contains(new DeviceEvent.SocketUnanswered()))
                    .isEqualTo(silent);
        }
    }

    @Test
    void whatWasHeardLongAgoSaysNothingOfTheSocketNow() {
        connect();
        pair.link = datagram -> false;
        pair.jump(200 * SECOND);
        pair.send(pair.alice, Pair.fromAlice(100));
        pair.advance(11 * SECOND);
        assertThat(pair.alice.events()).contains(new DeviceEvent.SocketUnanswered());
    }

    @Tag("A12.9")
    @Test
    void whatWasHeardBeforeTheSleepIsOlderThanTheSleep() {
        connect();
        Datagram data = pair.bob.seal(Pair.fromBob(100), pair.now);
        pair.alice.receive(data.bytes, ELSEWHERE, pair.now);
        pair.jump(3600 * SECOND);
        pair.alice.device.resumed(pair.now);
        assertThat(pair.alice.events())
                .containsExactly(
                        new DeviceEvent.EndpointChanged(peer, pair.bob.address, ELSEWHERE),
                        new DeviceEvent.SourceAddressStale(peer));
    }

    @Tag("A12.9")
    @Test
    void silenceOfBeforeTheSleepSaysNothing() {
        connect();
        pair.link = datagram -> false;
        pair.send(pair.alice, Pair.fromAlice(100));
        pair.advance(15 * SECOND + 333 * MS);
        pair.alice.device.resumed(pair.now);
        peer.endpoints(List.of(DEAD4), pair.now);
        assertThat(peer.endpoint()).isEqualTo(pair.bob.address);
    }

    @Tag("A12.9")
    @Test
    void aDeviceThatIsDownSleepsOn() {
        pair.alice.device.down(pair.now);
        pair.alice.device.resumed(pair.now);
        assertThat(pair.alice.events()).isEmpty();
    }

    private void connect() {
        peer.initiate(pair.now);
        pair.exchange();
        pair.log.clear();
        pair.alice.events();
    }
}
