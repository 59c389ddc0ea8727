package io.culvert.wireguard;

import static io.culvert.wireguard.Pair.MS;
import static io.culvert.wireguard.Pair.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A device whose handshakes wait, against more of them than it can answer. */
@Tag("A5.9")
@Tag("A5.11")
class HandshakeFloodTest {
    private final Pair pair = new Pair(1);
    private final Device bob = pair.bob.device;
    private final DeviceCounters counters = bob.counters();

    HandshakeFloodTest() {
        bob.deferHandshakes(true);
    }

    @Tag("A5.1")
    @Test
    void aWrongMac1NeitherWaitsNorBringsLoad() {
        byte[] wrong = initiation().bytes;
        wrong[InitiationMessage.MAC1] ^= 1;
        flood(wrong, 10_000);
        assertThat(counters.dropped(Drop.INVALID_MAC1)).isEqualTo(10_000);
        assertThat(bob.handshakesWaiting()).isZero();
        handshakeSucceedsAtOnce();
    }

    @Test
    void aReplayFromForgedAddressesCostsNoMoreThanTheThreshold() {
        byte[] valid = initiation().bytes;
        flood(valid, 50_000);
        assertThat(bob.handshakesWaiting()).isEqualTo(Constants.UNDER_LOAD_HANDSHAKES);
        Loans.serve(bob, pair.now);
        assertThat(counters.initiationsReceived()).isOne();
        assertThat(counters.dropped(Drop.OLD_TIMESTAMP))
                .isEqualTo(Constants.UNDER_LOAD_HANDSHAKES - 1);
        long cookies = counters.dropped(Drop.COOKIE_SENT);
        assertThat(cookies).isEqualTo(OutputQueue.MAX_COOKIE_REPLIES);
        assertThat(cookies + counters.dropped(Drop.COOKIE_REPLIES_FULL))
                .isEqualTo(50_000 - Constants.UNDER_LOAD_HANDSHAKES);
    }

    @Test
    void theLoadLastsASecondAfterTheQueueWasLong() {
        byte[] valid = initiation().bytes;
        flood(valid, Constants.UNDER_LOAD_HANDSHAKES + 1);
        Loans.serve(bob, pair.now);
        pair.bob.poll(pair.now);
        pair.jump(SECOND - 1);
        flood(valid, 1);
        assertThat(pair.bob.poll(pair.now)).hasSize(1).allMatch(Datagram::isCookieReply);
        pair.jump(1);
        flood(valid, 1);
        assertThat(bob.handshakesWaiting()).isOne();
    }

    @Test
    void aQueueBelowTheThresholdBringsNoLoad() {
        flood(initiation().bytes, Constants.UNDER_LOAD_HANDSHAKES - 1);
        pair.carry(initiation());
        assertThat(counters.dropped(Drop.COOKIE_SENT)).isZero();
        assertThat(bob.handshakesWaiting()).isEqualTo(Constants.UNDER_LOAD_HANDSHAKES);
    }

    @Test
    void cookieRepliesAreBoundedInTime() {
        byte[] valid = initiation().bytes;
        flood(valid, Constants.UNDER_LOAD_HANDSHAKES);
        int replies = 0;
        for (int i = 0; i < 1_000; i++) {
            for (int source = 0; source < 100; source++) {
                pair.bob.receive(valid, source(100 * (i % 10) + source), pair.now);
            }
            replies += pair.bob.poll(pair.now).size();
            pair.jump(MS);
        }
        assertThat(replies).isBetween(10_000, 10_000 + OutputQueue.MAX_COOKIE_REPLIES + 20);
    }

    @Tag("A5.3")
    @Tag("A5.10")
    @Test
    void proofOfAnAddressAdmitsABurstOfFiveThenTwentyASecond() {
        flood(initiation().bytes, Constants.UNDER_LOAD_HANDSHAKES);
        pair.carry(initiation());
        pair.bob
                .poll(pair.now)
                .forEach(reply -> pair.alice.receive(reply.bytes, pair.bob.address, pair.now));
        Loans.serve(bob, pair.now);
        List<byte[]> proven = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            proven.add(initiationAnyway().bytes);
        }
        int admitted = 0;
        for (int i = 0; i < 30; i++) {
            give(proven.get(i));
        }
        admitted += bob.handshakesWaiting();
        assertThat(admitted).isEqualTo(5);
        Loans.serve(bob, pair.now);
        for (int i = 30; i < 60; i++) {
            pair.jump(10 * MS);
            give(proven.get(i));
        }
        assertThat(bob.handshakesWaiting()).isEqualTo(6); // 300 ms at 20 a second
        assertThat(counters.dropped(Drop.RATE_LIMITED)).isEqualTo(25 + 24);
    }

    @Tag("D10.1")
    @Test
    void theLongestPathIsSevenMessages() {
        pair.alice.device.deferHandshakes(true);
        Set<Integer> loaded = new TreeSet<>();
        pair.bobToAlice.endpoint(pair.alice.address);
        overload(pair.alice);
        overload(pair.bob);
        pair.aliceToBob.initiate(pair.now);
        for (long end = pair.now + 20 * SECOND; !pair.aliceToBob.hasSession(pair.now); ) {
            exchange();
            loaded.add(pair.log.size());
            long due = Math.max(pair.now, pair.nextDeadline());
            assertThat(due).isLessThan(end);
            pair.now = due;
            overload(pair.alice);
            overload(pair.bob);
            pair.alice.device.handleTimers(due);
            pair.bob.device.handleTimers(due);
        }
        exchange();
        // initiation, cookie; with mac2 initiation, response, cookie; then both with mac2
        assertThat(pair.log.stream().filter(d -> d.type() != TransportMessage.TYPE))
                .extracting(Datagram::type)
                .containsExactly(1, 3, 1, 2, 3, 1, 2);
        assertThat(loaded).isNotEmpty();
    }

    @Test
    void anHonestInitiatorGetsThroughAFloodWithoutEnd() {
        byte[] valid = initiation().bytes;
        long begin = pair.now;
        pair.aliceToBob.initiate(pair.now);
        while (!pair.aliceToBob.hasSession(pair.now)) {
            assertThat(pair.now - begin).isLessThan(30 * SECOND);
            flood(valid, 600);
            pair.alice.device.handleTimers(pair.now);
            exchange();
            pair.jump(100 * MS);
        }
        assertThat(counters.dropped(Drop.COOKIE_SENT)).isPositive();
    }

    private void handshakeSucceedsAtOnce() {
        pair.aliceToBob.handshakeSent(pair.now - 5 * SECOND);
        pair.aliceToBob.initiate(pair.now);
        exchange();
        assertThat(pair.aliceToBob.hasSession(pair.now)).isTrue();
    }

    private void exchange() {
        boolean moved;
        do {
            moved = false;
            for (Host host : List.of(pair.alice, pair.bob)) {
                Loans.serve(host.device, pair.now);
                host.device.endBatch(pair.now);
                for (Datagram datagram : host.poll(pair.now)) {
                    Host to = host == pair.alice ? pair.bob : pair.alice;
                    if (datagram.destination.equals(to.address)) {
                        pair.carry(datagram);
                        moved = true;
                    }
                }
            }
        } while (moved);
    }

    /** The same message from ever new addresses. */
    private void flood(byte[] message, int count) {
        for (int i = 0; i < count; i++) {
            pair.bob.receive(message, source(i), pair.now);
        }
    }

    private void give(byte[] message) {
        pair.bob.receive(message, pair.alice.address, pair.now);
    }

    private void overload(Host host) {
        host.device.load(Constants.UNDER_LOAD_HANDSHAKES, pair.now);
        host.device.load(0, pair.now);
    }

    private static InetSocketAddress source(int number) {
        byte[] address = {(byte) 203, (byte) (number >>> 16), (byte) (number >>> 8), (byte) number};
        try {
            return new InetSocketAddress(InetAddress.getByAddress(address), 1 + number % 60_000);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    private Datagram initiation() {
        pair.jump(5 * SECOND);
        return initiationAnyway();
    }

    /** As if the gate were open. */
    private Datagram initiationAnyway() {
        pair.aliceToBob.handshakeSent(pair.now - 5 * SECOND);
        pair.aliceToBob.initiate(pair.now);
        return pair.alice.poll(pair.now).getFirst();
    }
}
