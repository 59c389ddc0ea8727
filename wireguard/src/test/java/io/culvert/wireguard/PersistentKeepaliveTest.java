package io.culvert.wireguard;

import static io.culvert.wireguard.Constants.NEVER;
import static io.culvert.wireguard.Pair.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("A7.9")
class PersistentKeepaliveTest {
    @Test
    void speaksEveryIntervalOfSilence() {
        Pair pair = Pair.connected(1);
        pair.aliceToBob.persistentKeepalive(25, pair.now);
        pair.exchange();
        assertThat(pair.log).hasSize(1).allMatch(Datagram::isKeepalive);
        pair.advance(25 * SECOND - 1);
        assertThat(pair.log).hasSize(1);
        pair.advance(1);
        assertThat(pair.log).hasSize(2);
        pair.advance(50 * SECOND);
        assertThat(pair.log).hasSize(4).allMatch(Datagram::isKeepalive);
    }

    @Test
    void isSilentWhileThereIsTraffic() {
        Pair pair = Pair.connected(2);
        pair.aliceToBob.persistentKeepalive(5, pair.now);
        pair.exchange();
        pair.log.clear();
        for (int i = 0; i < 20; i++) {
            pair.advance(4 * SECOND);
            pair.send(
                    i % 2 == 0 ? pair.alice : pair.bob,
                    i % 2 == 0 ? Pair.fromAlice(100) : Pair.fromBob(100));
        }
        assertThat(pair.log).noneMatch(Datagram::isKeepalive);
    }

    @Tag("A7.7")
    @Test
    void bringsTheTunnelUpWithoutTraffic() {
        Pair pair = new Pair(3);
        pair.aliceToBob.persistentKeepalive(25, pair.now);
        pair.exchange();
        assertThat(pair.log).extracting(Datagram::type).containsExactly(1, 2, 4);
    }

    @Tag("A12.8")
    @Test
    void speaksWhenTheDeviceComesUp() {
        Pair pair = new Pair(4);
        pair.alice.device.down(pair.now);
        pair.aliceToBob.persistentKeepalive(25, pair.now);
        pair.exchange();
        assertThat(pair.log).isEmpty();
        pair.alice.device.up(pair.now);
        pair.exchange();
        assertThat(pair.bobToAlice.hasSession(pair.now)).isTrue();
    }

    @Test
    void speaksWhenThePrivateKeyComesLast() {
        Pair pair = new Pair(5);
        pair.alice.device.privateKey(null, pair.now);
        pair.aliceToBob.persistentKeepalive(25, pair.now);
        pair.exchange();
        assertThat(pair.log).isEmpty();
        pair.alice.device.privateKey(pair.alice.key, pair.now);
        pair.exchange();
        assertThat(pair.bobToAlice.hasSession(pair.now)).isTrue();
    }

    @Test
    void offIsOffAtOnce() {
        Pair pair = Pair.connected(6);
        pair.aliceToBob.persistentKeepalive(25, pair.now);
        pair.exchange();
        pair.log.clear();
        pair.aliceToBob.persistentKeepalive(0, pair.now);
        assertThat(pair.aliceToBob.timers.persistentKeepalive).isEqualTo(NEVER);
        assertThat(pair.alice.device.nextDeadline()).isEqualTo(pair.aliceToBob.timers.zeroKeys);
        pair.advance(100 * SECOND);
        assertThat(pair.log).isEmpty();
    }

    @Test
    void anotherIntervalDoesNotSpeakAtOnce() {
        Pair pair = Pair.connected(7);
        pair.aliceToBob.persistentKeepalive(25, pair.now);
        pair.exchange();
        pair.log.clear();
        pair.aliceToBob.persistentKeepalive(60, pair.now);
        pair.exchange();
        assertThat(pair.log).isEmpty();
    }

    @Test
    void renewsSessionsForeverWithoutTraffic() {
        Pair pair = new Pair(8);
        pair.aliceToBob.persistentKeepalive(25, pair.now);
        pair.exchange();
        pair.advance(3600 * SECOND);
        assertThat(pair.bobToAlice.hasSession(pair.now)).isTrue();
        assertThat(pair.sent(pair.alice, Datagram::isInitiation)).hasSizeBetween(25, 30);
    }

    @Test
    void keepsCallingAPeerThatIsAwayAndFindsItAgain() {
        for (int interval : new int[] {1, 25, 600}) {
            Pair pair = Pair.connected(9);
            pair.aliceToBob.persistentKeepalive(interval, pair.now);
            pair.exchange();
            pair.link = datagram -> false;
            pair.advance(3600 * SECOND);
            assertThat(pair.aliceToBob.hasSession(pair.now)).isFalse();
            pair.link = datagram -> true;
            pair.advance((interval + 6) * SECOND);
            assertThat(pair.aliceToBob.hasSession(pair.now)).as("%s s", interval).isTrue();
        }
    }

    @Test
    void keepsCallingWhenTheOtherSideVanishesInTheMiddleOfItsHandshake() {
        Pair pair = new Pair(10);
        pair.bobToAlice.endpoint(pair.alice.address);
        pair.aliceToBob.initiate(pair.now);
        pair.carry(pair.alice.poll(pair.now).getFirst());
        pair.link = datagram -> false;
        pair.bobToAlice.persistentKeepalive(1, pair.now);
        pair.exchange();
        pair.alice.device.down(pair.now);
        pair.alice.device.up(pair.now);
        pair.advance(20 * SECOND);
        assertThat(pair.sent(pair.bob, Datagram::isInitiation)).isNotEmpty();
        pair.link = datagram -> true;
        pair.advance(6 * SECOND);
        assertThat(pair.bobToAlice.hasSession(pair.now)).isTrue();
    }

    @Test
    void beginsOnceTheGateIsOpenWhenTurnedOnBehindIt() {
        Pair pair = new Pair(11);
        pair.bobToAlice.endpoint(pair.alice.address);
        pair.aliceToBob.initiate(pair.now);
        pair.link = datagram -> !datagram.isResponse();
        pair.exchange();
        // alice forgets; bob's response has closed his gate, and nothing else makes him speak
        pair.alice.device.down(pair.now);
        pair.alice.device.up(pair.now);
        pair.advance(3 * SECOND);
        pair.bobToAlice.persistentKeepalive(25, pair.now);
        pair.exchange();
        assertThat(pair.sent(pair.bob, Datagram::isInitiation)).isEmpty();
        pair.link = datagram -> true;
        pair.advance(2 * SECOND + Constants.REKEY_TIMEOUT_JITTER_MAX);
        assertThat(pair.bobToAlice.hasSession(pair.now)).isTrue();
    }
}
