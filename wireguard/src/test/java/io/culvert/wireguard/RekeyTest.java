package io.culvert.wireguard;

import static io.culvert.wireguard.Pair.SECOND;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** When sessions are renewed, by whom, and when they are no longer used. */
class RekeyTest {
    private static final long LIMIT = Constants.REJECT_AFTER_MESSAGES;

    private final Pair pair = Pair.connected(1);

    @Tag("A7.3")
    @Test
    void theInitiatorRenewsWhenItSendsAfterTwoMinutes() {
        pair.jump(120 * SECOND - 1);
        pair.send(pair.alice, Pair.fromAlice(100));
        assertThat(initiations(pair.alice)).isEmpty();
        pair.jump(1);
        pair.send(pair.alice, Pair.fromAlice(100));
        assertThat(initiations(pair.alice)).hasSize(1);
        assertThat(pair.sent(pair.bob, Datagram::isResponse)).hasSize(1);
        assertThat(pair.bob.received).hasSize(2);
    }

    @Tag("A7.3")
    @Test
    void theResponderNeverRenewsByAge() {
        for (int i = 0; i < 17; i++) {
            pair.jump(10 * SECOND);
            pair.bob.seal(Pair.fromBob(100), pair.now);
        }
        assertThat(pair.bob.poll(pair.now)).isEmpty();
    }

    @Tag("A7.4")
    @Test
    void anInitiatorThatOnlyReceivesRenewsOnceAt165Seconds() {
        pair.jump(165 * SECOND - 1);
        give(pair.alice, pair.bob.seal(Pair.fromBob(100), pair.now));
        assertThat(pair.alice.poll(pair.now)).isEmpty();
        pair.jump(1);
        give(pair.alice, pair.bob.seal(Pair.fromBob(100), pair.now));
        assertThat(pair.alice.poll(pair.now)).hasSize(1).allMatch(Datagram::isInitiation);
        pair.jump(5 * SECOND);
        give(pair.alice, pair.bob.seal(Pair.fromBob(100), pair.now));
        assertThat(pair.alice.poll(pair.now)).isEmpty();
    }

    @Tag("A7.4")
    @Test
    void aResponderThatOnlyReceivesDoesNotRenew() {
        pair.jump(179 * SECOND);
        give(pair.bob, pair.alice.seal(Pair.fromAlice(100), pair.now));
        assertThat(pair.bob.poll(pair.now)).isEmpty();
    }

    @Tag("A7.3")
    @Test
    void bothRenewAfterTooManyMessages() {
        for (Host host : List.of(pair.alice, pair.bob)) {
            pair.jump(6 * SECOND);
            byte[] packet = host == pair.alice ? Pair.fromAlice(100) : Pair.fromBob(100);
            current(host).sendingCounter = Constants.REKEY_AFTER_MESSAGES - 1;
            host.seal(packet, pair.now);
            assertThat(host.poll(pair.now)).isEmpty();
            host.seal(packet, pair.now);
            assertThat(host.poll(pair.now)).hasSize(1).allMatch(Datagram::isInitiation);
        }
    }

    @Tag("A7.5")
    @Test
    void nothingIsSentFromTheMessageLimitOn() {
        current(pair.alice).sendingCounter = LIMIT - 1;
        Datagram last = pair.alice.seal(Pair.fromAlice(100), pair.now);
        give(pair.bob, last);
        assertThat(pair.bob.received).hasSize(1);
        pair.jump(6 * SECOND);
        assertThat(pair.alice.sealTo(Pair.fromAlice(100), pair.now)).isEqualTo(Device.STAGED);
        assertThat(pair.aliceToBob.hasSession(pair.now)).isFalse();
        assertThat(pair.alice.poll(pair.now)).hasSize(1).allMatch(Datagram::isInitiation);
        assertThat(current(pair.alice).sendingCounter).isEqualTo(LIMIT);
    }

    @Tag("A7.5")
    @Test
    void nothingIsReceivedFromTheMessageLimitOn() {
        current(pair.alice).sendingCounter = LIMIT - 1;
        Datagram last = pair.alice.seal(Pair.fromAlice(100), pair.now);
        byte[] beyond = last.bytes.clone();
        for (long counter : new long[] {LIMIT, LIMIT + 1, -1}) {
            for (int i = 0; i < Long.BYTES; i++) {
                beyond[TransportMessage.COUNTER + i] = (byte) (counter >>> (8 * i));
            }
            pair.bob.receive(beyond, last.source, pair.now);
        }
        assertThat(pair.bob.device.counters().dropped(Drop.SESSION_EXPIRED)).isEqualTo(3);
        give(pair.bob, last);
        assertThat(pair.bob.received).hasSize(1);
    }

    @Tag("A7.5")
    @Test
    void nothingIsSentAfterThreeMinutes() {
        pair.jump(180 * SECOND - 1);
        pair.alice.seal(Pair.fromAlice(100), pair.now);
        pair.alice.poll(pair.now);
        pair.jump(1);
        assertThat(pair.alice.sealTo(Pair.fromAlice(100), pair.now)).isEqualTo(Device.STAGED);
        assertThat(pair.bob.sealTo(Pair.fromBob(100), pair.now)).isEqualTo(Device.STAGED);
        assertThat(pair.bob.poll(pair.now)).hasSize(1).allMatch(Datagram::isInitiation);
    }

    @Tag("A7.5")
    @Test
    void nothingIsReceivedAfterThreeMinutes() {
        pair.jump(180 * SECOND - 1);
        Datagram first = pair.alice.seal(Pair.fromAlice(100), pair.now);
        Datagram second = pair.alice.seal(Pair.fromAlice(200), pair.now);
        give(pair.bob, first);
        pair.jump(1);
        give(pair.bob, second);
        assertThat(pair.bob.received).containsExactly(Pair.fromAlice(100));
        assertThat(pair.bob.device.counters().dropped(Drop.SESSION_EXPIRED)).isOne();
    }

    @Tag("A8.1")
    @Test
    void theOldSessionReceivesWhileTheNewOneTakesOver() {
        pair.jump(130 * SECOND);
        Datagram old = pair.alice.seal(Pair.fromAlice(100), pair.now);
        pair.exchange();
        assertThat(initiations(pair.alice)).hasSize(1);
        give(pair.bob, old);
        assertThat(pair.bob.received).hasSize(1);
        assertThat(pair.alice.device.indices.size()).isEqualTo(2);
    }

    @Test
    void trafficFlowsUndisturbedThroughManySessions() {
        int sent = 0;
        for (long second = 0; second < 3600; second++) {
            pair.send(pair.alice, Pair.fromAlice(100));
            pair.send(pair.bob, Pair.fromBob(100));
            sent++;
            pair.advance(SECOND);
        }
        assertThat(pair.bob.received).hasSize(sent);
        assertThat(pair.alice.received).hasSize(sent);
        assertThat(initiations(pair.alice)).hasSize(29);
        assertThat(initiations(pair.bob)).isEmpty();
        assertThat(pair.alice.device.indices.size()).isLessThanOrEqualTo(2);
    }

    private void give(Host host, Datagram datagram) {
        host.receive(datagram.bytes, datagram.source, pair.now);
        host.device.endBatch(pair.now);
    }

    private Keypair current(Host host) {
        Peer peer = host == pair.alice ? pair.aliceToBob : pair.bobToAlice;
        return requireNonNull(peer.keypairs.current());
    }

    private List<Datagram> initiations(Host host) {
        return pair.sent(host, Datagram::isInitiation);
    }
}
