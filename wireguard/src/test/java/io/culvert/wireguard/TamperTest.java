package io.culvert.wireguard;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.crypto.Blake2s;
import java.net.InetSocketAddress;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A byte changed anywhere in any message is met with silence and changes nothing. */
@Tag("A9")
@Tag("A10.11")
class TamperTest {
    @Test
    void initiation() {
        Pair pair = new Pair(1);
        pair.aliceToBob.initiate(pair.now);
        Datagram initiation = pair.alice.poll(pair.now).getFirst();
        // without load nobody looks at mac2
        refusesEveryChange(pair, pair.bob, initiation, 0, InitiationMessage.MAC1 + 16);
        pair.carry(initiation);
        assertThat(pair.bob.device.counters().initiationsReceived()).isOne();
    }

    @Test
    void initiationWithMacMadeAnew() {
        Pair pair = new Pair(2);
        pair.aliceToBob.initiate(pair.now);
        Datagram initiation = pair.alice.poll(pair.now).getFirst();
        for (int at = InitiationMessage.EPHEMERAL; at < InitiationMessage.MAC1; at++) {
            byte[] changed = changed(initiation, at);
            macAnew(changed, InitiationMessage.MAC1, pair.bob);
            refuses(pair, pair.bob, changed, initiation);
        }
        assertThat(pair.bob.device.counters().dropped(Drop.NOT_AUTHENTIC))
                .isEqualTo(InitiationMessage.MAC1 - InitiationMessage.EPHEMERAL);
        pair.carry(initiation);
        assertThat(pair.bob.device.counters().initiationsReceived()).isOne();
    }

    @Tag("A3.4")
    @Test
    void response() {
        Pair pair = new Pair(3);
        Datagram response = response(pair);
        refusesEveryChange(pair, pair.alice, response, 0, ResponseMessage.MAC1 + 16);
        pair.carry(response);
        assertThat(pair.aliceToBob.hasSession(pair.now)).isTrue();
    }

    @Tag("A3.4")
    @Test
    void responseWithMacMadeAnew() {
        Pair pair = new Pair(4);
        Datagram response = response(pair);
        for (int at = ResponseMessage.RECEIVER; at < ResponseMessage.MAC1; at++) {
            byte[] changed = changed(response, at);
            macAnew(changed, ResponseMessage.MAC1, pair.alice);
            refuses(pair, pair.alice, changed, response);
        }
        pair.carry(response);
        assertThat(pair.aliceToBob.hasSession(pair.now)).isTrue();
    }

    @Tag("A5.6")
    @Test
    void cookieReply() {
        Pair pair = new Pair(5);
        pair.aliceToBob.initiate(pair.now);
        pair.bob.device.load(Constants.UNDER_LOAD_HANDSHAKES, pair.now);
        pair.carry(pair.alice.poll(pair.now).getFirst());
        Datagram reply = pair.bob.poll(pair.now).getFirst();
        refusesEveryChange(pair, pair.alice, reply, 0, reply.bytes.length);
        pair.carry(reply);
        assertThat(pair.alice.device.counters().cookieRepliesReceived()).isOne();
    }

    @Test
    void data() {
        Pair pair = Pair.connected(6);
        Datagram data = pair.alice.seal(Pair.fromAlice(61), pair.now);
        refusesEveryChange(pair, pair.bob, data, 0, data.bytes.length);
        pair.carry(data);
        assertThat(pair.bob.received).containsExactly(Pair.fromAlice(61));
    }

    @Test
    void keepalive() {
        Pair pair = Pair.connected(7);
        pair.aliceToBob.queueKeepalive(pair.now);
        Datagram keepalive = pair.alice.poll(pair.now).getFirst();
        refusesEveryChange(pair, pair.bob, keepalive, 0, keepalive.bytes.length);
        long before = pair.bob.device.counters().keepalivesReceived();
        pair.carry(keepalive);
        assertThat(pair.bob.device.counters().keepalivesReceived()).isEqualTo(before + 1);
    }

    @Test
    void confirmationOfASession() {
        Pair pair = new Pair(8);
        Datagram response = response(pair);
        pair.carry(response);
        Datagram confirmation = pair.alice.poll(pair.now).getFirst();
        refusesEveryChange(pair, pair.bob, confirmation, 0, confirmation.bytes.length);
        assertThat(pair.bobToAlice.hasSession(pair.now)).isFalse();
        pair.carry(confirmation);
        assertThat(pair.bobToAlice.hasSession(pair.now)).isTrue();
    }

    @Test
    void truncatedAndLengthenedData() {
        Pair pair = Pair.connected(9);
        Datagram data = pair.alice.seal(Pair.fromAlice(61), pair.now);
        for (int length = 0; length < data.bytes.length + 40; length++) {
            if (length != data.bytes.length) {
                refuses(pair, pair.bob, Arrays.copyOf(data.bytes, length), data);
            }
        }
        pair.carry(data);
        assertThat(pair.bob.received).hasSize(1);
    }

    private static Datagram response(Pair pair) {
        pair.aliceToBob.initiate(pair.now);
        pair.carry(pair.alice.poll(pair.now).getFirst());
        return pair.bob.poll(pair.now).getFirst();
    }

    private static void refusesEveryChange(
            Pair pair, Host host, Datagram datagram, int from, int to) {
        for (int at = from; at < to; at++) {
            refuses(pair, host, changed(datagram, at), datagram);
        }
    }

    private static byte[] changed(Datagram datagram, int at) {
        byte[] changed = datagram.bytes.clone();
        changed[at] ^= (byte) (1 << (at % Byte.SIZE));
        return changed;
    }

    private static void refuses(Pair pair, Host host, byte[] bytes, Datagram original) {
        String before = state(pair, host);
        long dropped = host.device.counters().dropped();
        host.receive(bytes, new InetSocketAddress("203.0.113.66", 666), pair.now);
        host.device.endBatch(pair.now);
        assertThat(host.device.counters().dropped()).as("%s", original).isEqualTo(dropped + 1);
        assertThat(state(pair, host)).isEqualTo(before);
        assertThat(host.poll(pair.now)).isEmpty();
    }

    /** All that a message may change. */
    private static String state(Pair pair, Host host) {
        Peer peer = host == pair.alice ? pair.aliceToBob : pair.bobToAlice;
        DeviceCounters counters = host.device.counters();
        return String.join(
                " ",
                String.valueOf(peer.endpoint()),
                peer.handshake.state().name(),
                Long.toString(host.device.nextDeadline()),
                Long.toString(peer.rxBytes() + peer.txBytes() + peer.lastHandshake()),
                Integer.toString(host.device.indices.size()),
                Boolean.toString(peer.hasSession(pair.now)),
                Boolean.toString(host.device.hasOutput()),
                Long.toString(counters.initiationsReceived() + counters.responsesReceived()),
                Long.toString(counters.cookieRepliesReceived() + counters.packetsReceived()),
                Long.toString(counters.keepalivesReceived()),
                Integer.toString(host.received.size()));
    }

    private static void macAnew(byte[] message, int mac1, Host receiver) {
        Macs.compute(
                new Blake2s(Macs.MAC_LENGTH),
                Macs.mac1Key(receiver.key.publicKey().bytes()),
                message,
                mac1,
                message,
                mac1);
    }
}
