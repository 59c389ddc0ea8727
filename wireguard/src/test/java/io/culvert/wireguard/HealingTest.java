package io.culvert.wireguard;

import static io.culvert.wireguard.Pair.SECOND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A peer that doesn't answer is looked for elsewhere; one that does is left alone. */
@Tag("HEAL")
class HealingTest {
    private static final InetSocketAddress DEAD4 = new InetSocketAddress("203.0.113.5", 999);
    private static final InetSocketAddress OTHER4 = new InetSocketAddress("203.0.113.6", 999);
    private static final InetSocketAddress DEAD6 = new InetSocketAddress("2001:db8::5", 999);
    private static final InetSocketAddress OTHER6 = new InetSocketAddress("2001:db8::6", 999);

    private final Pair pair = new Pair(1);
    private final List<DeviceEvent> events = new ArrayList<>();
    private final List<Long> eventTimes = new ArrayList<>();

    HealingTest() {
        pair.link =
                datagram ->
                        !datagram.destination.equals(DEAD4)
                                && !datagram.destination.equals(DEAD6)
                                && !datagram.destination.equals(OTHER4)
                                && !datagram.destination.equals(OTHER6);
    }

    @Test
    void eachUnansweredInitiationGoesToTheNextAddressFamiliesInTurn() {
        pair.aliceToBob.endpoints(List.of(DEAD6, OTHER6, DEAD4, OTHER4), pair.now);
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        pair.advance(25 * SECOND);
        assertThat(pair.log)
                .extracting(d -> d.destination)
                .containsExactly(DEAD6, DEAD4, OTHER6, OTHER4, DEAD6);
    }

    @Test
    void theFirstAddressThatAnswersIsKept() {
        pair.send(pair.alice, Pair.fromAlice(100)); // to where it is: nothing to look for
        pair.aliceToBob.endpoint(null);
        pair.aliceToBob.keypairs.clear();
        pair.aliceToBob.endpoints(List.of(DEAD6, pair.bob.address), pair.now);
        pair.jump(5 * SECOND);
        byte[] packet = Pair.fromAlice(200);
        pair.send(pair.alice, packet);
        assertThat(pair.aliceToBob.endpoint()).isEqualTo(DEAD6);
        pair.advance(5334 * Pair.MS);
        assertThat(pair.aliceToBob.endpoint()).isEqualTo(pair.bob.address);
        assertThat(pair.bob.received).contains(packet);
        pair.log.clear();
        run(100 * SECOND);
        assertThat(pair.log).noneMatch(d -> d.destination.equals(DEAD6));
    }

    @Test
    void packetsWaitForTheAddressOfAName() {
        pair.aliceToBob.endpoint(null);
        pair.aliceToBob.endpoints(List.of(), pair.now);
        byte[] packet = Pair.fromAlice(100);
        assertThat(pair.alice.sealTo(packet, pair.now)).isEqualTo(Device.STAGED);
        pair.exchange();
        run(12 * SECOND);
        assertThat(pair.log).isEmpty();
        assertThat(unanswered()).isNotEmpty();
        assertThat(events).noneMatch(DeviceEvent.SocketUnanswered.class::isInstance);
        pair.aliceToBob.endpoints(List.of(pair.bob.address), pair.now);
        pair.exchange();
        assertThat(pair.bob.received).containsExactly(packet);
    }

    @Test
    void anUnansweredNameIsReportedAfterFiveSecondsAndThenEveryTen() {
        pair.aliceToBob.endpoint(null);
        pair.aliceToBob.endpoints(List.of(DEAD4), pair.now);
        long start = pair.now;
        pair.send(pair.alice, Pair.fromAlice(100));
        run(90 * SECOND);
        List<Long> times = times(DeviceEvent.EndpointUnanswered.class);
        assertThat(times.getFirst() - start).isBetween(5 * SECOND, 5334 * Pair.MS);
        assertThat(times).hasSizeBetween(7, 9);
        for (int i = 1; i < times.size(); i++) {
            assertThat(times.get(i) - times.get(i - 1)).isGreaterThanOrEqualTo(10 * SECOND);
        }
    }

    @Test
    void aPeerWithoutANameIsNeverReported() {
        pair.aliceToBob.endpoint(DEAD4);
        pair.send(pair.alice, Pair.fromAlice(100));
        run(90 * SECOND);
        assertThat(unanswered()).isEmpty();
    }

    @Test
    void silenceUnderALivingSessionIsReportedWithTheNewHandshake() {
        connect();
        pair.link = datagram -> false;
        pair.aliceToBob.endpoints(List.of(pair.bob.address), pair.now);
        long start = pair.now;
        pair.send(pair.alice, Pair.fromAlice(100));
        run(16 * SECOND);
        assertThat(times(DeviceEvent.EndpointUnanswered.class))
                .singleElement()
                .satisfies(at -> assertThat(at - start).isBetween(15 * SECOND, 15334 * Pair.MS));
    }

    @Test
    void aNewAddressIsAskedAtOnceThoughTheGateIsClosed() {
        connect();
        pair.aliceToBob.endpoints(List.of(pair.bob.address), pair.now);
        pair.bob.address = OTHER4;
        pair.link = datagram -> datagram.destination.equals(OTHER4) || datagram.from == pair.bob;
        byte[] lost = Pair.fromAlice(100);
        pair.send(pair.alice, lost);
        run(15334 * Pair.MS);
        assertThat(unanswered()).hasSize(1);
        pair.aliceToBob.endpoints(List.of(OTHER4), pair.now);
        pair.exchange();
        assertThat(pair.aliceToBob.endpoint()).isEqualTo(OTHER4);
        assertThat(pair.alice.events())
                .contains(new DeviceEvent.HandshakeCompleted(pair.aliceToBob));
    }

    @Test
    void aHealthyPeerStaysWhereItIsWhateverTheNameSays() {
        connect();
        pair.aliceToBob.endpoints(List.of(DEAD4, DEAD6), pair.now);
        assertThat(pair.aliceToBob.endpoint()).isEqualTo(pair.bob.address);
        pair.send(pair.alice, Pair.fromAlice(100));
        assertThat(pair.bob.received).hasSize(1);
    }

    @Test
    void theAddressThatTheNameStillHasIsKeptThoughNotTheFirst() {
        pair.aliceToBob.endpoint(null);
        pair.aliceToBob.endpoints(List.of(DEAD4, DEAD6), pair.now);
        pair.aliceToBob.endpoints(List.of(DEAD6, DEAD4), pair.now);
        assertThat(pair.aliceToBob.endpoint()).isEqualTo(DEAD4);
    }

    @Test
    void noAnswerFromDnsLeavesWhatWas() {
        pair.aliceToBob.endpoint(null);
        pair.aliceToBob.endpoints(List.of(DEAD4), pair.now);
        pair.aliceToBob.endpoints(List.of(), pair.now);
        assertThat(pair.aliceToBob.endpoint()).isEqualTo(DEAD4);
    }

    @Test
    @Tag("A11.4")
    void aConfiguredAddressEndsTheSearch() {
        pair.aliceToBob.endpoints(List.of(DEAD4, DEAD6), pair.now);
        pair.aliceToBob.endpoint(OTHER4);
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        run(60 * SECOND);
        assertThat(pair.log).extracting(d -> d.destination).containsOnly(OTHER4);
        assertThat(unanswered()).isEmpty();
    }

    @Test
    void aHealthyTunnelReportsNothingForHours() {
        pair.aliceToBob.endpoint(null);
        pair.aliceToBob.endpoints(List.of(pair.bob.address, DEAD4), pair.now);
        pair.alice.events();
        long[] count = {0};
        pair.link = datagram -> ++count[0] % 10 != 0; // one of ten is lost, handshakes too
        for (int i = 0; i < 2000; i++) {
            pair.send(pair.alice, Pair.fromAlice(100));
            pair.send(pair.bob, Pair.fromBob(100));
            run(4 * SECOND);
        }
        assertThat(pair.alice.device.counters().initiationsSent()).isGreaterThan(50);
        assertThat(events)
                .noneMatch(e ->
                        e instanceof DeviceEvent.EndpointUnanswered
                                || e instanceof DeviceEvent.SocketUnanswered
                                || e instanceof DeviceEvent.EndpointTried);
    }

    @Test
    void theSocketIsSuspectedWhenNobodyAnswersAndEverMoreSeldom() {
        pair.link = datagram -> false;
        long start = pair.now;
        for (int i = 0; i < 60; i++) {
            pair.send(pair.alice, Pair.fromAlice(100));
            run(10 * SECOND);
        }
        List<Long> times = times(DeviceEvent.SocketUnanswered.class);
        assertThat(times.getFirst() - start).isBetween(10 * SECOND, 10667 * Pair.MS);
        assertThat(times).hasSizeBetween(5, 7);
        for (int i = 1; i < times.size(); i++) {
            assertThat(times.get(i) - times.get(i - 1))
                    .isGreaterThanOrEqualTo((10L << (i - 1)) * SECOND);
        }
    }

    @Test
    void anAnswerMakesTheNextSuspicionPrompt() {
        pair.link = datagram -> false;
        for (int i = 0; i < 34; i++) { // the next suspicion is due in five minutes
            pair.send(pair.alice, Pair.fromAlice(100));
            run(10 * SECOND);
        }
        pair.link = datagram -> true;
        run(6 * SECOND);
        events.clear();
        eventTimes.clear();
        pair.link = datagram -> false;
        pair.jump(200 * SECOND);
        long start = pair.now;
        pair.send(pair.alice, Pair.fromAlice(100));
        run(11 * SECOND);
        assertThat(times(DeviceEvent.SocketUnanswered.class))
                .singleElement()
                .satisfies(at -> assertThat(at - start).isLessThan(10667 * Pair.MS));
    }

    @Test
    void aServerWhoseCallerVanishedDoesNotSuspectItsSocket() {
        connect();
        pair.link = datagram -> false;
        for (int i = 0; i < 30; i++) {
            pair.send(pair.bob, Pair.fromBob(100));
            run(10 * SECOND);
        }
        assertThat(pair.bob.device.counters().initiationsSent()).isGreaterThan(10);
        assertThat(pair.bob.events()).noneMatch(DeviceEvent.SocketUnanswered.class::isInstance);
    }

    @Test
    void oneDeadPeerAmongLivingOnesIsNoReasonToSuspectTheSocket() {
        PublicKey key = PrivateKey.generate(new SeededEntropy(99)).publicKey();
        Peer dead = pair.alice.device.addPeer(key);
        dead.endpoint(DEAD4);
        dead.allow(Cidr.parse("10.0.0.9"));
        for (int i = 0; i < 60; i++) {
            pair.send(pair.alice, Pair.fromAlice(100));
            pair.send(pair.alice, Packets.ip("10.0.0.1", "10.0.0.9", 100));
            run(10 * SECOND);
        }
        assertThat(pair.sent(pair.alice, d -> d.destination.equals(DEAD4))).hasSizeGreaterThan(50);
        assertThat(events).noneMatch(DeviceEvent.SocketUnanswered.class::isInstance);
    }

    @Test
    @Tag("A12.9")
    void afterSleepAPeerWithASessionIsCalledAtOnce() {
        connect();
        pair.alice.events();
        pair.jump(8 * 3600 * SECOND);
        pair.alice.device.resumed(pair.now);
        pair.exchange();
        assertThat(pair.alice.events())
                .contains(
                        new DeviceEvent.SourceAddressStale(pair.aliceToBob),
                        new DeviceEvent.HandshakeCompleted(pair.aliceToBob));
        assertThat(pair.aliceToBob.hasSession(pair.now)).isTrue();
    }

    @Test
    @Tag("A12.9")
    void afterAShortSleepTheGateIsOpenAndTheOldSessionGoesOnUntilTheNewOneStands() {
        connect();
        pair.jump(SECOND);
        pair.alice.device.resumed(pair.now);
        assertThat(pair.alice.trySeal(Pair.fromAlice(100), pair.now)).isNotNull();
        assertThat(pair.alice.poll(pair.now))
                .singleElement()
                .extracting(Datagram::type)
                .isEqualTo(1);
    }

    @Test
    @Tag("A12.9")
    void afterSleepSessionsBeyondTheirAgeAreNotUsed() {
        connect();
        pair.jump(3600 * SECOND);
        pair.alice.device.resumed(pair.now);
        assertThat(pair.alice.sealTo(Pair.fromAlice(100), pair.now)).isEqualTo(Device.STAGED);
    }

    @Test
    void afterSleepPeersWithAKeepaliveOrWaitingDataAreCalledAndOthersNot() {
        pair.alice.device.resumed(pair.now);
        pair.exchange();
        assertThat(pair.log).isEmpty();
        pair.link = datagram -> false;
        pair.send(pair.alice, Pair.fromAlice(100));
        pair.log.clear();
        pair.jump(SECOND);
        pair.alice.device.resumed(pair.now);
        pair.exchange();
        assertThat(pair.log).extracting(Datagram::type).containsExactly(1);
        Pair other = new Pair(2);
        other.link = datagram -> false;
        other.aliceToBob.persistentKeepalive(25, other.now);
        other.exchange();
        other.log.clear();
        other.jump(SECOND);
        other.alice.device.resumed(other.now);
        other.exchange();
        assertThat(other.log).extracting(Datagram::type).containsExactly(1);
    }

    @Test
    void aNameThatWasNotResolvedIsRefusedAmongAddresses() {
        assertThatThrownBy(() ->
                        pair.aliceToBob.endpoints(
                                List.of(DEAD4, InetSocketAddress.createUnresolved("a.test", 1)),
                                pair.now))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a.test");
    }

    private void connect() {
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        pair.log.clear();
        pair.alice.events();
        pair.bob.events();
    }

    /** Lets time pass and notes alice's events with the time of the timer that caused them. */
    private void run(long nanos) {
        long end = pair.now + nanos;
        collect();
        for (long due; (due = pair.nextDeadline()) <= end; ) {
            pair.advanceTo(Math.max(pair.now, due));
            collect();
        }
        pair.advanceTo(end);
        collect();
    }

    private void collect() {
        for (DeviceEvent event : pair.alice.events()) {
            events.add(event);
            eventTimes.add(pair.now);
        }
    }

    private List<DeviceEvent> unanswered() {
        return events.stream().filter(DeviceEvent.EndpointUnanswered.class::isInstance).toList();
    }

    private List<Long> times(Class<? extends DeviceEvent> kind) {
        List<Long> times = new ArrayList<>();
        for (int i = 0; i < events.size(); i++) {
            if (kind.isInstance(events.get(i))) {
                times.add(eventTimes.get(i));
            }
        }
        return times;
    }
}
