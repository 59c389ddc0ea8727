package io.culvert.wireguard;

import static io.culvert.wireguard.Constants.NEVER;
import static io.culvert.wireguard.Pair.MS;
import static io.culvert.wireguard.Pair.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Which message, sent or received, moves which timer: each once with all timers idle and once with
 * all of them pending.
 */
@Tag("A7")
class TimerTableTest {
    private static final int PERSISTENT = 25;

    /** A deadline that no message arms. */
    private static final long PENDING = Pair.START + 10_000 * SECOND;

    private final Pair pair = new Pair(3);
    private final PeerTimers timers = pair.aliceToBob.timers;

    @Test
    void initiationSent() {
        for (long before : new long[] {NEVER, PENDING}) {
            prepare(before);
            pair.jump(10 * SECOND);
            pair.aliceToBob.initiate(pair.now);
            assertThat(onlyOne(pair.alice).isInitiation()).isTrue();
            assertJittered(timers.retransmitHandshake, 5 * SECOND);
            assertThat(timers.sendKeepalive).isEqualTo(NEVER);
            assertThat(timers.newHandshake).isEqualTo(before);
            assertThat(timers.zeroKeys).isEqualTo(before);
            assertTraversal();
        }
    }

    @Test
    void responseSent() {
        for (long before : new long[] {NEVER, PENDING}) {
            pair.jump(10 * SECOND);
            give(pair.alice, initiationOfBob());
            prepare(before);
            assertThat(onlyOne(pair.alice).isResponse()).isTrue();
            assertThat(timers.retransmitHandshake).isEqualTo(before);
            assertThat(timers.sendKeepalive).isEqualTo(NEVER);
            assertThat(timers.newHandshake).isEqualTo(before);
            assertThat(timers.zeroKeys).isEqualTo(pair.now + 540 * SECOND);
            assertTraversal();
        }
    }

    @Test
    void keepaliveSent() {
        connect();
        for (long before : new long[] {NEVER, PENDING}) {
            prepare(before);
            pair.aliceToBob.queueKeepalive(pair.now);
            assertThat(onlyOne(pair.alice).isKeepalive()).isTrue();
            assertThat(timers.retransmitHandshake).isEqualTo(before);
            assertThat(timers.sendKeepalive).isEqualTo(NEVER);
            assertThat(timers.newHandshake).isEqualTo(before);
            assertThat(timers.zeroKeys).isEqualTo(before);
            assertTraversal();
        }
    }

    @Test
    void dataSent() {
        connect();
        for (long before : new long[] {NEVER, PENDING}) {
            prepare(before);
            pair.alice.seal(Pair.fromAlice(100), pair.now);
            pair.alice.device.nextDeadline();
            assertThat(timers.retransmitHandshake).isEqualTo(before);
            assertThat(timers.sendKeepalive).isEqualTo(NEVER);
            if (before == NEVER) {
                assertJittered(timers.newHandshake, 15 * SECOND);
            } else {
                assertThat(timers.newHandshake).isEqualTo(PENDING);
            }
            assertThat(timers.zeroKeys).isEqualTo(before);
            assertTraversal();
        }
    }

    @Test
    void initiationReceived() {
        for (long before : new long[] {NEVER, PENDING}) {
            pair.jump(10 * SECOND);
            Datagram initiation = initiationOfBob();
            prepare(before);
            give(pair.alice, initiation);
            assertThat(timers.retransmitHandshake).isEqualTo(before);
            assertThat(timers.sendKeepalive).isEqualTo(before);
            assertThat(timers.newHandshake).isEqualTo(NEVER);
            assertThat(timers.zeroKeys).isEqualTo(before);
            assertTraversal();
        }
    }

    @Test
    void responseReceived() {
        for (long before : new long[] {NEVER, PENDING}) {
            pair.jump(10 * SECOND);
            pair.aliceToBob.initiate(pair.now);
            give(pair.bob, onlyOne(pair.alice));
            Datagram response = onlyOne(pair.bob);
            prepare(before);
            give(pair.alice, response);
            assertThat(timers.retransmitHandshake).isEqualTo(NEVER);
            assertThat(timers.sendKeepalive).isEqualTo(before);
            assertThat(timers.newHandshake).isEqualTo(NEVER);
            assertThat(timers.zeroKeys).isEqualTo(pair.now + 540 * SECOND);
            assertTraversal();
            pair.exchange();
        }
    }

    @Tag("A7.8")
    @Test
    void keepaliveReceived() {
        connect();
        for (long before : new long[] {NEVER, PENDING}) {
            pair.bobToAlice.queueKeepalive(pair.now);
            Datagram keepalive = onlyOne(pair.bob);
            prepare(before);
            give(pair.alice, keepalive);
            assertThat(timers.retransmitHandshake).isEqualTo(before);
            assertThat(timers.sendKeepalive).isEqualTo(before);
            assertThat(timers.newHandshake).isEqualTo(NEVER);
            assertThat(timers.zeroKeys).isEqualTo(before);
            assertTraversal();
        }
    }

    @Test
    void dataReceived() {
        connect();
        for (long before : new long[] {NEVER, PENDING}) {
            Datagram data = pair.bob.seal(Pair.fromBob(60), pair.now);
            prepare(before);
            give(pair.alice, data);
            assertThat(timers.retransmitHandshake).isEqualTo(before);
            assertThat(timers.sendKeepalive)
                    .isEqualTo(before == NEVER ? pair.now + 10 * SECOND : before);
            assertThat(timers.newHandshake).isEqualTo(NEVER);
            assertThat(timers.zeroKeys).isEqualTo(before);
            assertTraversal();
        }
    }

    @Test
    void confirmationOfTheNextSessionReceived() {
        for (long before : new long[] {NEVER, PENDING}) {
            pair.jump(10 * SECOND);
            give(pair.alice, initiationOfBob());
            give(pair.bob, onlyOne(pair.alice));
            Datagram keepalive = onlyOne(pair.bob);
            prepare(before);
            give(pair.alice, keepalive);
            assertThat(timers.retransmitHandshake).isEqualTo(NEVER);
            assertThat(timers.sendKeepalive).isEqualTo(before);
            assertThat(timers.newHandshake).isEqualTo(NEVER);
            assertThat(timers.zeroKeys).isEqualTo(before);
            assertTraversal();
        }
    }

    @Tag("A5.6")
    @Test
    void cookieReplyReceivedMovesNothing() {
        for (long before : new long[] {NEVER, PENDING}) {
            pair.jump(200 * SECOND); // the last cookie is forgotten
            pair.aliceToBob.initiate(pair.now);
            pair.bob.device.load(Constants.UNDER_LOAD_HANDSHAKES, pair.now);
            give(pair.bob, onlyOne(pair.alice));
            Datagram reply = onlyOne(pair.bob);
            assertThat(reply.isCookieReply()).isTrue();
            prepare(before);
            give(pair.alice, reply);
            assertThat(pair.alice.device.counters().cookieRepliesReceived()).isPositive();
            assertThat(timers.retransmitHandshake).isEqualTo(before);
            assertThat(timers.sendKeepalive).isEqualTo(before);
            assertThat(timers.newHandshake).isEqualTo(before);
            assertThat(timers.zeroKeys).isEqualTo(before);
            assertThat(timers.persistentKeepalive).isEqualTo(before);
            assertThat(pair.alice.poll(pair.now)).isEmpty();
        }
    }

    private void connect() {
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        assertThat(pair.aliceToBob.hasSession(pair.now)).isTrue();
    }

    /** Sets all timers, and settles what the preparation of the message left behind. */
    private void prepare(long deadline) {
        pair.aliceToBob.persistentKeepalive(PERSISTENT, pair.now);
        pair.aliceToBob.staged.clear();
        pair.alice.device.endBatch(pair.now);
        timers.retransmitHandshake = deadline;
        timers.sendKeepalive = deadline;
        timers.newHandshake = deadline;
        timers.zeroKeys = deadline;
        timers.persistentKeepalive = deadline;
        pair.aliceToBob.wantsInitiation = false;
    }

    private void assertTraversal() {
        assertThat(timers.persistentKeepalive).isEqualTo(pair.now + PERSISTENT * SECOND);
    }

    private void assertJittered(long deadline, long after) {
        assertThat(deadline).isBetween(pair.now + after, pair.now + after + 333 * MS);
    }

    private Datagram initiationOfBob() {
        pair.bobToAlice.endpoint(pair.alice.address);
        pair.bobToAlice.initiate(pair.now);
        Datagram initiation = onlyOne(pair.bob);
        assertThat(initiation.isInitiation()).isTrue();
        return initiation;
    }

    private void give(Host host, Datagram datagram) {
        host.receive(datagram.bytes, datagram.source, pair.now);
        host.device.endBatch(pair.now);
    }

    private Datagram onlyOne(Host host) {
        List<Datagram> all = host.poll(pair.now);
        host.device.nextDeadline();
        assertThat(all).hasSize(1);
        return all.getFirst();
    }
}
