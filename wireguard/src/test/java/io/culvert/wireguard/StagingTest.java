package io.culvert.wireguard;

import static io.culvert.wireguard.Pair.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Packets that wait for a session. */
@Tag("A10.2")
class StagingTest {
    private final Pair pair = new Pair(1);

    @Test
    void leaveInOrderWhenTheSessionStands() {
        List<byte[]> packets = stage(pair, 100);
        pair.exchange();
        assertThat(pair.bob.received).containsExactlyElementsOf(packets);
        assertThat(pair.log).extracting(Datagram::type).startsWith(1, 2, 4);
    }

    @Test
    void theOldestGivesWayBeyond128() {
        List<byte[]> packets = stage(pair, 130);
        pair.exchange();
        assertThat(pair.bob.received).containsExactlyElementsOf(packets.subList(2, 130));
        assertThat(pair.alice.device.counters().dropped(Drop.STAGED_OVERFLOW)).isEqualTo(2);
    }

    @Test
    void areCopies() {
        byte[] packet = Pair.fromAlice(100);
        pair.alice.sealTo(packet, pair.now);
        pair.alice.sealTo(Pair.fromAlice(200), pair.now);
        pair.exchange();
        assertThat(pair.bob.received).containsExactly(packet, Pair.fromAlice(200));
    }

    @Test
    void areNotOvertakenByLaterPackets() {
        List<byte[]> packets = stage(pair, 3);
        pair.carry(pair.alice.poll(pair.now).getFirst());
        pair.carry(pair.bob.poll(pair.now).getFirst());
        // the session stands, but nobody polled yet
        byte[] late = Pair.fromAlice(300);
        assertThat(pair.alice.sealTo(late, pair.now)).isEqualTo(Device.STAGED);
        pair.exchange();
        packets.add(late);
        assertThat(pair.bob.received).containsExactlyElementsOf(packets);
    }

    @Tag("A7.7")
    @Test
    void aKeepaliveWaitsOnlyAlone() {
        pair.aliceToBob.queueKeepalive(pair.now);
        assertThat(pair.aliceToBob.staged.size()).isOne();
        pair.aliceToBob.queueKeepalive(pair.now);
        assertThat(pair.aliceToBob.staged.size()).isOne();
        stage(pair, 1);
        pair.exchange();
        assertThat(pair.sent(pair.alice, Datagram::isKeepalive)).hasSize(1);
        assertThat(pair.bob.received).hasSize(1);
    }

    @Tag("A8.3")
    @Test
    void ofTheResponderLeaveUponConfirmation() {
        pair.bobToAlice.endpoint(pair.alice.address);
        pair.link = datagram -> !datagram.isInitiation() || datagram.from == pair.alice;
        byte[] packet = Pair.fromBob(100);
        pair.send(pair.bob, packet);
        assertThat(pair.alice.received).isEmpty();
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        assertThat(pair.alice.received).containsExactly(packet);
    }

    @Test
    void askForANewSessionWhenTheirsEndsBeforeTheyCouldLeave() {
        Pair connected = Pair.connected(2);
        connected.aliceToBob.queueKeepalive(connected.now);
        connected.jump(180 * Pair.SECOND);
        assertThat(connected.alice.poll(connected.now)).hasSize(1).allMatch(Datagram::isInitiation);
    }

    @Test
    void ofThoseThatAreGivenUpPacketsAreCountedAndAKeepaliveIsNot() {
        pair.aliceToBob.queueKeepalive(pair.now);
        stage(pair, 2);
        assertThat(pair.aliceToBob.staged.size()).isEqualTo(3);
        pair.alice.device.down(pair.now);
        assertThat(pair.alice.device.counters().dropped(Drop.STAGED_PURGED)).isEqualTo(2);
    }

    @Test
    void surviveRetriesUntilThePeerAnswers() {
        pair.link = datagram -> false;
        List<byte[]> packets = stage(pair, 5);
        pair.exchange();
        pair.advance(60 * SECOND);
        pair.link = datagram -> true;
        pair.advance(6 * SECOND);
        assertThat(pair.bob.received).containsExactlyElementsOf(packets);
    }

    private static List<byte[]> stage(Pair pair, int count) {
        List<byte[]> packets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] packet = Pair.fromAlice(40 + i);
            assertThat(pair.alice.sealTo(packet, pair.now)).isEqualTo(Device.STAGED);
            packets.add(packet);
        }
        return packets;
    }
}
