package io.culvert.wireguard;

import static io.culvert.wireguard.Constants.NEVER;
import static io.culvert.wireguard.Pair.MS;
import static io.culvert.wireguard.Pair.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The promises of the timers, each just before its time and at it. */
class TimerTest {
    private static final long JITTER = 333 * MS;

    @Tag("A7.10")
    @Test
    void repeatsAnInitiationAfterFiveSecondsAndJitter() {
        Pair pair = silent(1);
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        pair.advance(5 * SECOND - 1);
        assertThat(initiations(pair)).hasSize(1);
        pair.advance(JITTER + 1);
        assertThat(initiations(pair)).hasSize(2);
    }

    @Tag("A7.10")
    @Test
    void drawsJitterAfreshEachTime() {
        Pair pair = silent(1);
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        pair.advance(90 * SECOND);
        List<Long> gaps = gaps(pair);
        assertThat(gaps).hasSizeGreaterThan(10).doesNotHaveDuplicates();
        assertThat(gaps)
                .allSatisfy(gap -> assertThat(gap).isBetween(5 * SECOND, 5 * SECOND + JITTER));
    }

    @Tag("A7.2")
    @Test
    void givesUpAfterTwentyInitiationsAndDropsWhatIsStaged() {
        Pair pair = silent(2);
        pair.send(pair.alice, Pair.fromAlice(100));
        long start = pair.now;
        pair.advance(95 * SECOND - 1);
        assertThat(pair.aliceToBob.staged.size()).isOne();
        pair.advanceTo(start + 300 * SECOND);
        assertThat(initiations(pair)).hasSize(20);
        assertThat(initiations(pair).getLast().at - start)
                .isBetween(95 * SECOND, 95 * SECOND + 19 * JITTER);
        assertThat(pair.alice.events()).contains(new DeviceEvent.HandshakeGaveUp(pair.aliceToBob));
        assertThat(pair.aliceToBob.staged.isEmpty()).isTrue();
        assertThat(pair.alice.device.counters().dropped(Drop.STAGED_PURGED)).isOne();
    }

    @Tag("A7.2")
    @Test
    void leavesTheKeyTimerRunningWhenItGivesUp() {
        Pair pair = silent(2);
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        pair.advance(107 * SECOND);
        assertThat(pair.aliceToBob.timers.isRetrying()).isFalse();
        assertThat(pair.aliceToBob.timers.zeroKeys).isNotEqualTo(NEVER);
        pair.advance(600 * SECOND);
        assertThat(pair.alice.device.nextDeadline()).isEqualTo(NEVER);
        assertThat(pair.alice.device.indices.size()).isZero();
    }

    @Tag("A7.2")
    @Test
    void beginsAgainWithAnotherPacketAfterGivingUp() {
        Pair pair = silent(3);
        pair.send(pair.alice, Pair.fromAlice(100));
        pair.advance(200 * SECOND);
        pair.link = datagram -> true;
        byte[] packet = Pair.fromAlice(200);
        pair.send(pair.alice, packet);
        assertThat(pair.bob.received).containsExactly(packet);
    }

    @Tag("A7.1")
    @Test
    void keepsTryingWhileThereIsANewReason() {
        Pair pair = silent(4);
        for (int i = 0; i < 10; i++) {
            pair.send(pair.alice, Pair.fromAlice(100));
            pair.advance(50 * SECOND);
        }
        assertThat(initiations(pair)).hasSizeGreaterThan(90);
        assertThat(pair.alice.events()).noneMatch(DeviceEvent.HandshakeGaveUp.class::isInstance);
    }

    @Tag("A7.1")
    @Test
    void initiatesAtMostOnceInFiveSeconds() {
        Pair pair = silent(5);
        for (int i = 0; i < 600; i++) {
            pair.send(pair.alice, Pair.fromAlice(100));
            pair.aliceToBob.initiate(pair.now);
            pair.exchange();
            pair.advance(100 * MS);
        }
        assertThat(gaps(pair))
                .allSatisfy(gap -> assertThat(gap).isGreaterThanOrEqualTo(5 * SECOND));
        assertThat(initiations(pair)).hasSizeBetween(11, 12);
    }

    @Tag("A7.1")
    @Test
    void doesNotInitiateWithinFiveSecondsOfItsOwnResponse() {
        Pair pair = Pair.connected(6);
        pair.jump(5 * SECOND - 1);
        pair.bobToAlice.initiate(pair.now);
        pair.exchange();
        assertThat(pair.log).isEmpty();
        pair.jump(1);
        pair.bobToAlice.initiate(pair.now);
        pair.exchange();
        assertThat(pair.sent(pair.bob, Datagram::isInitiation)).hasSize(1);
    }

    @Tag("A7.1")
    @Test
    void aResponseThatLeavesFirstClosesTheGateForAWaitingInitiation() {
        Pair pair = Pair.connected(6);
        pair.jump(10 * SECOND);
        pair.aliceToBob.initiate(pair.now);
        pair.bobToAlice.initiate(pair.now);
        pair.carry(pair.alice.poll(pair.now).getFirst());
        assertThat(pair.bob.poll(pair.now)).hasSize(1).allMatch(Datagram::isResponse);
    }

    @Test
    void answersDataWithOneKeepaliveAfterTenSecondsOfSilence() {
        Pair pair = Pair.connected(7);
        pair.send(pair.alice, Pair.fromAlice(100));
        pair.jump(SECOND);
        pair.send(pair.alice, Pair.fromAlice(100));
        pair.log.clear();
        pair.advance(9 * SECOND - 1);
        assertThat(pair.log).isEmpty();
        pair.advance(1);
        assertThat(pair.sent(pair.bob, Datagram::isKeepalive)).hasSize(1);
        pair.advance(60 * SECOND);
        assertThat(pair.log).hasSize(1);
    }

    @Tag("A7.8")
    @Test
    void neverAnswersAKeepaliveWithAKeepalive() {
        Pair pair = Pair.connected(8);
        pair.aliceToBob.queueKeepalive(pair.now);
        pair.exchange();
        pair.advance(100 * SECOND);
        assertThat(pair.log).hasSize(1).allMatch(Datagram::isKeepalive);
    }

    @Test
    void sendsNoKeepaliveWhenItAnsweredWithData() {
        Pair pair = Pair.connected(9);
        pair.send(pair.alice, Pair.fromAlice(100));
        pair.jump(9 * SECOND);
        pair.send(pair.bob, Pair.fromBob(100));
        pair.log.clear();
        pair.advance(9 * SECOND);
        assertThat(pair.log).isEmpty();
    }

    @Test
    void owesAnotherKeepaliveOnlyWhenMoreDataCameMeanwhile() {
        for (int packets = 1; packets <= 2; packets++) {
            Pair pair = Pair.connected(10);
            for (int i = 0; i < packets; i++) {
                Datagram data = pair.alice.seal(Pair.fromAlice(100), pair.now);
                pair.bob.receive(data.bytes, data.source, pair.now);
            }
            pair.bob.device.endBatch(pair.now);
            pair.jump(10 * SECOND);
            pair.bob.device.handleTimers(pair.now);
            assertThat(pair.bobToAlice.timers.sendKeepalive)
                    .isEqualTo(packets == 1 ? NEVER : pair.now + 10 * SECOND);
        }
    }

    @Test
    void startsANewHandshakeFifteenSecondsAfterTheFirstUnansweredData() {
        Pair pair = Pair.connected(11);
        pair.link = datagram -> false;
        long start = pair.now;
        pair.send(pair.alice, Pair.fromAlice(100));
        pair.advance(14 * SECOND);
        pair.send(pair.alice, Pair.fromAlice(100));
        pair.advanceTo(start + 15 * SECOND - 1);
        assertThat(initiations(pair)).isEmpty();
        pair.advanceTo(start + 15 * SECOND + JITTER);
        assertThat(initiations(pair)).hasSize(1);
        assertThat(pair.alice.events())
                .contains(new DeviceEvent.SourceAddressStale(pair.aliceToBob));
    }

    @Test
    void startsNoHandshakeWhenTheDataWasAnswered() {
        Pair pair = Pair.connected(12);
        pair.send(pair.alice, Pair.fromAlice(100));
        pair.advance(60 * SECOND);
        assertThat(initiations(pair)).isEmpty();
    }

    @Test
    void anAnswerInTheSameTurnCountsAsLaterThanTheData() {
        Pair pair = Pair.connected(12);
        pair.jump(130 * SECOND);
        Datagram data = pair.alice.seal(Pair.fromAlice(100), pair.now);
        pair.bob.receive(data.bytes, data.source, pair.now);
        pair.carry(pair.alice.poll(pair.now).getFirst());
        pair.carry(pair.bob.poll(pair.now).getFirst());
        assertThat(pair.alice.device.counters().responsesReceived()).isEqualTo(2);
        pair.alice.device.nextDeadline();
        assertThat(pair.aliceToBob.timers.newHandshake).isEqualTo(NEVER);
        pair.exchange();
        pair.alice.seal(Pair.fromAlice(100), pair.now);
        Datagram answer = pair.bob.seal(Pair.fromBob(100), pair.now);
        pair.carry(answer);
        pair.alice.device.nextDeadline();
        assertThat(pair.aliceToBob.timers.newHandshake).isEqualTo(NEVER);
    }

    @Test
    void anAnswerBeforeTheDeadlineCountsThoughItsBatchDidNotEnd() {
        Pair pair = Pair.connected(12);
        pair.send(pair.alice, Pair.fromAlice(100));
        pair.jump(15 * SECOND - 1);
        Datagram answer = pair.bob.seal(Pair.fromBob(100), pair.now);
        pair.alice.receive(answer.bytes, answer.source, pair.now);
        pair.jump(SECOND);
        pair.alice.device.handleTimers(pair.now);
        assertThat(pair.alice.poll(pair.now)).isEmpty();
    }

    @Test
    void forgetsAllKeysNineMinutesAfterTheLastSession() {
        Pair pair = Pair.connected(13);
        long session = pair.now;
        pair.advanceTo(session + 540 * SECOND - 1);
        assertThat(pair.aliceToBob.keypairs.isEmpty()).isFalse();
        assertThat(pair.bob.device.indices.size()).isOne();
        pair.advance(1);
        assertThat(pair.aliceToBob.keypairs.isEmpty()).isTrue();
        assertThat(pair.alice.device.indices.size()).isZero();
        assertThat(pair.bob.device.indices.size()).isZero();
        assertThat(pair.alice.events()).contains(new DeviceEvent.SessionsExpired(pair.aliceToBob));
        assertThat(pair.alice.device.nextDeadline()).isEqualTo(NEVER);
    }

    @Tag("A7.12")
    @Test
    void neverNamesADeadlineThatTimersLeftBehind() {
        for (long seed = 0; seed < 20; seed++) {
            Pair pair = new Pair(seed);
            pair.aliceToBob.persistentKeepalive(7, pair.now);
            pair.link = datagram -> datagram.at % 3 != 0;
            for (int i = 0; i < 200; i++) {
                pair.now += 1 + (i * 7_919L + seed) % 20 * SECOND;
                pair.alice.device.handleTimers(pair.now);
                pair.bob.device.handleTimers(pair.now);
                assertThat(pair.nextDeadline()).isGreaterThan(pair.now);
                pair.exchange();
            }
        }
    }

    @Tag("A7.12")
    @Test
    void oneLateCallHandlesEveryDeadline() {
        Pair pair = Pair.connected(14);
        pair.send(pair.alice, Pair.fromAlice(100));
        pair.jump(3600 * SECOND);
        pair.alice.device.handleTimers(pair.now);
        assertThat(pair.aliceToBob.keypairs.isEmpty()).isTrue();
        assertThat(pair.alice.device.nextDeadline()).isGreaterThan(pair.now);
    }

    @Tag("A7.12")
    @Test
    void equalSeedsGiveEqualSchedules() {
        assertThat(schedule(1)).isEqualTo(schedule(1)).isNotEqualTo(schedule(2));
    }

    private static List<Long> schedule(long seed) {
        Pair pair = silent(seed);
        pair.send(pair.alice, Pair.fromAlice(100));
        pair.advance(60 * SECOND);
        return pair.log.stream().map(datagram -> datagram.at).toList();
    }

    private static Pair silent(long seed) {
        Pair pair = new Pair(seed);
        pair.link = datagram -> false;
        return pair;
    }

    private static List<Datagram> initiations(Pair pair) {
        return pair.sent(pair.alice, Datagram::isInitiation);
    }

    private static List<Long> gaps(Pair pair) {
        List<Long> gaps = new ArrayList<>();
        List<Datagram> all = initiations(pair);
        for (int i = 1; i < all.size(); i++) {
            gaps.add(all.get(i).at - all.get(i - 1).at);
        }
        return gaps;
    }
}
