package io.culvert.wireguard;

import static io.culvert.wireguard.Pair.SECOND;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What may happen to a device while the work of a handshake message is on loan. */
@Tag("A3.4")
class DeferredHandshakeTest {
    private final Pair pair = new Pair(1);
    private final Device alice = pair.alice.device;
    private final Device bob = pair.bob.device;

    DeferredHandshakeTest() {
        alice.deferHandshakes(true);
        bob.deferHandshakes(true);
    }

    @Test
    void nothingIsAnsweredBeforeTheWorkIsBack() {
        pair.carry(initiation());
        assertThat(bob.handshakesWaiting()).isOne();
        assertThat(pair.bob.poll(pair.now)).isEmpty();
        HandshakeWork opened = lend(bob);
        assertThat(opened.size()).isOne();
        assertThat(bob.handshakesWaiting()).isZero();
        giveBack(bob, opened); // es: the peer is known, ss not yet
        giveBack(bob, lend(bob)); // ss: the initiation is authentic
        assertThat(bob.counters().initiationsReceived()).isOne();
        assertThat(pair.bob.poll(pair.now)).isEmpty();
        giveBack(bob, lend(bob)); // ee and se
        assertThat(bob.lendHandshakes(Integer.MAX_VALUE)).isNull();
        assertThat(pair.bob.poll(pair.now)).hasSize(1).allMatch(Datagram::isResponse);
    }

    @Test
    void theStaticSecretIsComputedOncePerPeer() {
        pair.carry(initiation());
        Loans.serve(bob, pair.now);
        pair.carry(initiation());
        giveBack(bob, lend(bob));
        assertThat(bob.counters().initiationsReceived()).isEqualTo(2);
    }

    @Test
    void aResponseIsOpenedOnLoanToo() {
        pair.carry(initiation());
        Loans.serve(bob, pair.now);
        pair.carry(pair.bob.poll(pair.now).getFirst());
        assertThat(pair.aliceToBob.hasSession(pair.now)).isFalse();
        giveBack(alice, lend(alice));
        assertThat(pair.aliceToBob.hasSession(pair.now)).isTrue();
    }

    @Tag("A3.2")
    @Test
    void ofTwoInitiationsThatComeBackInReverseTheNewerStands() {
        Datagram older = initiation();
        Datagram newer = initiation();
        pair.carry(older);
        HandshakeWork first = lend(bob);
        pair.carry(newer);
        HandshakeWork second = lend(bob);
        giveBack(bob, second);
        Loans.serve(bob, pair.now);
        giveBack(bob, first);
        Loans.serve(bob, pair.now);
        assertThat(bob.counters().dropped(Drop.OLD_TIMESTAMP)).isOne();
        Datagram response = onlyResponse();
        assertThat(Wire.intLe(response.bytes, ResponseMessage.RECEIVER))
                .isEqualTo(Wire.intLe(newer.bytes, InitiationMessage.SENDER));
    }

    @Tag("A3.2")
    @Test
    void anInitiationThatIsSupersededWhileItsResponseIsComputedGetsNone() {
        pair.carry(initiation());
        giveBack(bob, lend(bob));
        giveBack(bob, lend(bob));
        HandshakeWork response = lend(bob);
        pair.jump(SECOND);
        Datagram newer = initiation();
        pair.carry(newer);
        giveBack(bob, lend(bob)); // now there are two responses under way
        giveBack(bob, response);
        assertThat(bob.counters().dropped(Drop.SUPERSEDED)).isOne();
        assertThat(pair.bob.poll(pair.now)).isEmpty();
        Loans.serve(bob, pair.now);
        pair.carry(onlyResponse());
        Loans.serve(alice, pair.now);
        assertThat(pair.aliceToBob.hasSession(pair.now)).isTrue();
    }

    @Tag("A3.6")
    @Test
    void aResponseThatComesBackAfterItsInitiationWasOverwrittenIsDropped() {
        pair.carry(initiation());
        Loans.serve(bob, pair.now);
        pair.carry(onlyResponse());
        HandshakeWork response = lend(alice);
        pair.jump(6 * SECOND);
        pair.aliceToBob.initiate(pair.now);
        pair.alice.poll(pair.now);
        giveBack(alice, response);
        assertThat(alice.counters().dropped(Drop.UNKNOWN_INDEX)).isOne();
        assertThat(pair.aliceToBob.hasSession(pair.now)).isFalse();
    }

    @Test
    void ofTwoCopiesOfAResponseOneCounts() {
        pair.carry(initiation());
        Loans.serve(bob, pair.now);
        Datagram response = onlyResponse();
        pair.carry(response);
        HandshakeWork first = lend(alice);
        pair.carry(response);
        HandshakeWork second = lend(alice);
        giveBack(alice, second);
        giveBack(alice, first);
        assertThat(alice.counters().responsesReceived()).isOne();
        assertThat(alice.counters().dropped(Drop.UNKNOWN_INDEX)).isOne();
    }

    @Tag("A12.7")
    @Test
    void aPeerRemovedInFlightGetsNothingAtAnyStep() {
        for (int step = 0; step < 3; step++) {
            Pair other = new Pair(step);
            Device device = other.bob.device;
            device.deferHandshakes(true);
            other.aliceToBob.initiate(other.now);
            other.carry(other.alice.poll(other.now).getFirst());
            for (int done = 0; done < step; done++) {
                device.returnHandshakes(Loans.borrow(device, other.now).getFirst(), other.now);
            }
            HandshakeWork work = Loans.borrow(device, other.now).getFirst();
            device.removePeer(other.bobToAlice);
            // the same key again is another peer
            device.addPeer(other.alice.key.publicKey());
            device.returnHandshakes(work, other.now);
            boolean knownAnew = step == 0;
            Loans.serve(device, other.now);
            assertThat(other.bob.poll(other.now)).hasSize(knownAnew ? 1 : 0);
            assertThat(device.indices.size()).isEqualTo(knownAnew ? 1 : 0);
            assertThat(other.bobToAlice.handshake.secrets()).isNull();
            assertThat(other.bobToAlice.handshake.staticSecret.bytes()).isNull();
        }
    }

    @Tag("A12.5")
    @Test
    void aPrivateKeyChangedInFlightVoidsWhatItWasUsedFor() {
        for (int step = 0; step < 3; step++) {
            Pair other = new Pair(step);
            Device device = other.bob.device;
            device.deferHandshakes(true);
            other.aliceToBob.initiate(other.now);
            other.carry(other.alice.poll(other.now).getFirst());
            for (int done = 0; done < step; done++) {
                device.returnHandshakes(Loans.borrow(device, other.now).getFirst(), other.now);
            }
            HandshakeWork work = Loans.borrow(device, other.now).getFirst();
            device.privateKey(PrivateKey.generate(new SeededEntropy(99)), other.now);
            device.returnHandshakes(work, other.now);
            Loans.serve(device, other.now);
            assertThat(device.counters().dropped(Drop.SUPERSEDED)).isOne();
            assertThat(other.bob.poll(other.now)).isEmpty();
            assertThat(other.bobToAlice.handshake.staticSecret.isKnown()).isFalse();
        }
    }

    @Tag("A12.5")
    @Test
    void messagesThatWaitForAnOldPrivateKeyAreForgotten() {
        pair.carry(initiation());
        bob.privateKey(PrivateKey.generate(new SeededEntropy(99)), pair.now);
        assertThat(bob.handshakesWaiting()).isZero();
        assertThat(bob.lendHandshakes(Integer.MAX_VALUE)).isNull();
        assertThat(bob.counters().dropped(Drop.SUPERSEDED)).isOne();
    }

    @Tag("A3.8")
    @Test
    void aPresharedKeySetWhileTheWorkIsOutCounts() {
        pair.carry(initiation());
        giveBack(bob, lend(bob));
        giveBack(bob, lend(bob));
        HandshakeWork work = lend(bob);
        PresharedKey key = PresharedKey.generate(new SeededEntropy(9));
        pair.bobToAlice.presharedKey(key);
        giveBack(bob, work);
        pair.carry(onlyResponse());
        HandshakeWork response = lend(alice);
        pair.aliceToBob.presharedKey(key);
        giveBack(alice, response);
        assertThat(pair.aliceToBob.hasSession(pair.now)).isTrue();
    }

    @Tag("A8.7")
    @Test
    void whatWasUnderWayWhenTheDeviceWentDownIsVoid() {
        pair.carry(initiation());
        HandshakeWork out = lend(bob);
        pair.carry(initiation());
        bob.down(pair.now);
        assertThat(bob.handshakesWaiting()).isZero();
        bob.up(pair.now);
        giveBack(bob, out);
        Loans.serve(bob, pair.now);
        assertThat(bob.counters().dropped(Drop.SUPERSEDED)).isEqualTo(2);
        assertThat(bob.counters().initiationsReceived()).isZero();
        assertThat(pair.bob.poll(pair.now)).isEmpty();
    }

    @Test
    void workThatNobodyRanIsDroppedAndHoldsNoKey() {
        pair.carry(initiation());
        HandshakeWork work = requireNonNull(bob.lendHandshakes(Integer.MAX_VALUE));
        assertThat(work.batch().size()).isOne();
        giveBack(bob, work);
        assertThat(work.batch().size()).isZero();
        assertThat(bob.counters().dropped(Drop.SUPERSEDED)).isOne();
        assertThat(bob.counters().dropped()).isOne();
        assertThat(bob.handshakesWaiting()).isZero();
    }

    @Test
    void workThatNobodyRanInItsSecondRoundTeachesNothing() {
        pair.carry(initiation());
        giveBack(bob, lend(bob));
        giveBack(bob, requireNonNull(bob.lendHandshakes(Integer.MAX_VALUE)));
        assertThat(bob.counters().dropped(Drop.SUPERSEDED)).isOne();
        assertThat(pair.bobToAlice.handshake.staticSecret.isKnown()).isFalse();
        pair.carry(initiation());
        Loans.serve(bob, pair.now);
        assertThat(bob.counters().initiationsReceived()).isOne();
    }

    @Test
    void aLoanComesBackOnceAndToItsOwnDevice() {
        pair.carry(initiation());
        HandshakeWork work = lend(bob);
        assertThatThrownBy(() -> giveBack(alice, work)).isInstanceOf(IllegalStateException.class);
        giveBack(bob, work);
        assertThatThrownBy(() -> giveBack(bob, work)).isInstanceOf(IllegalStateException.class);
    }

    @Tag("A12.11")
    @Test
    void aLoanThatIsBackHoldsNoSecret() {
        pair.carry(initiation());
        HandshakeWork work = lend(bob);
        HandshakeJob job = work.job(0);
        assertThat(work.batch().size()).isZero();
        giveBack(bob, work);
        giveBack(bob, lend(bob));
        giveBack(bob, lend(bob));
        assertThat(work.size()).isZero();
        for (byte[] secret :
                List.of(
                        job.message,
                        job.chainingKey,
                        job.hash,
                        job.shared,
                        job.remoteStatic,
                        job.ephemeral)) {
            assertThat(secret).containsOnly(0);
        }
        assertThat(job.peer).isNull();
    }

    @Test
    void worksReturnInAnyOrder() {
        List<Pair> pairs = new ArrayList<>();
        Device server = pair.bob.device;
        for (int i = 0; i < 100; i++) {
            Pair client = new Pair(1000 + i);
            client.aliceToBob.endpoint(null);
            client.alice.device.removePeer(client.aliceToBob);
            Peer toServer = client.alice.device.addPeer(pair.bob.key.publicKey());
            toServer.endpoint(pair.bob.address);
            server.addPeer(client.alice.key.publicKey());
            toServer.initiate(client.now);
            Datagram initiation = client.alice.poll(client.now).getFirst();
            pair.bob.receive(initiation.bytes, initiation.source, pair.now);
            pairs.add(client);
        }
        for (int round = 0; server.handshakesWaiting() > 0; round++) {
            List<HandshakeWork> works = Loans.borrow(server, pair.now);
            assertThat(works).hasSizeGreaterThan(100 / HandshakeLoans.BATCH);
            if (round % 2 == 0) {
                Collections.reverse(works);
            }
            works.forEach(work -> server.returnHandshakes(work, pair.now));
        }
        assertThat(server.counters().initiationsReceived()).isEqualTo(100);
        List<Datagram> responses = pair.bob.poll(pair.now);
        assertThat(responses).hasSize(100);
        for (Pair client : pairs) {
            responses.forEach(r -> client.alice.receive(r.bytes, r.source, client.now));
            assertThat(client.alice.device.counters().responsesReceived()).isOne();
        }
    }

    private Datagram onlyResponse() {
        List<Datagram> out = pair.bob.poll(pair.now);
        assertThat(out).hasSize(1).allMatch(Datagram::isResponse);
        return out.getFirst();
    }

    private HandshakeWork lend(Device device) {
        HandshakeWork work = requireNonNull(device.lendHandshakes(Integer.MAX_VALUE));
        work.run();
        return work;
    }

    private void giveBack(Device device, HandshakeWork work) {
        device.returnHandshakes(work, pair.now);
        device.endBatch(pair.now);
    }

    /** The next initiation of alice, five seconds after the last, not delivered. */
    private Datagram initiation() {
        pair.jump(5 * SECOND);
        pair.aliceToBob.initiate(pair.now);
        return pair.alice.poll(pair.now).getFirst();
    }
}
