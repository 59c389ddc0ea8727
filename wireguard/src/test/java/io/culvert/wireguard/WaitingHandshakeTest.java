package io.culvert.wireguard;

import static io.culvert.wireguard.Pair.MS;
import static io.culvert.wireguard.Pair.SECOND;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What may happen to handshake messages while they wait for a loan, between two or at first. */
@Tag("A3.4")
class WaitingHandshakeTest {
    private final Pair pair = new Pair(1);
    private final Device alice = pair.alice.device;
    private final Device bob = pair.bob.device;

    WaitingHandshakeTest() {
        alice.deferHandshakes(true);
        bob.deferHandshakes(true);
    }

    @Tag("A12.7")
    @Test
    void aPeerRemovedWhileItsInitiationWaitsForTheNextStepGetsNothing() {
        for (Drop reason : List.of(Drop.UNKNOWN_PEER, Drop.SUPERSEDED)) {
            Pair other = new Pair(2);
            Device device = other.bob.device;
            device.deferHandshakes(true);
            other.aliceToBob.initiate(other.now);
            other.carry(other.alice.poll(other.now).getFirst());
            serveOnce(device, other.now);
            if (reason == Drop.SUPERSEDED) {
                serveOnce(device, other.now); // and is consumed
            }
            assertThat(device.handshakesWaiting()).isOne();
            device.removePeer(other.bobToAlice);
            Loans.serve(device, other.now);
            assertThat(device.counters().dropped(reason)).isOne();
            assertThat(device.counters().dropped()).isOne();
            assertThat(device.handshakesWaiting()).isZero();
            assertThat(other.bob.poll(other.now)).isEmpty();
            assertThat(other.bobToAlice.handshake.staticSecret.isKnown()).isFalse();
        }
    }

    @Tag("A3.9")
    @Test
    void aResponseThatNobodyAskedForDoesNotWait() {
        pair.carry(initiation());
        Loans.serve(bob, pair.now);
        Datagram response = pair.bob.poll(pair.now).getFirst();
        initiation();
        pair.carry(response);
        assertThat(alice.handshakesWaiting()).isZero();
        assertThat(alice.counters().dropped(Drop.UNKNOWN_INDEX)).isOne();
    }

    @Tag("A3.6")
    @Test
    void aResponseThatWaitsWhileWeAskAgainIsDropped() {
        pair.carry(initiation());
        Loans.serve(bob, pair.now);
        pair.carry(pair.bob.poll(pair.now).getFirst());
        assertThat(alice.handshakesWaiting()).isOne();
        initiation();
        assertThat(lend(alice)).isNull();
        assertThat(alice.handshakesWaiting()).isZero();
        assertThat(alice.counters().dropped(Drop.UNKNOWN_INDEX)).isOne();
        assertThat(pair.aliceToBob.hasSession(pair.now)).isFalse();
    }

    @Tag("A3.2")
    @Test
    void anInitiationThatIsSupersededWhileItsResponseWaitsGetsNone() {
        pair.carry(initiation());
        Loans.serve(bob, pair.now);
        pair.bob.poll(pair.now); // lost; but now the static secret is known
        Datagram older = initiation();
        Datagram newer = initiation();
        pair.carry(older);
        HandshakeWork first = requireNonNull(lend(bob));
        pair.carry(newer);
        HandshakeWork second = requireNonNull(lend(bob));
        bob.returnHandshakes(first, pair.now);
        pair.jump(20 * MS);
        bob.returnHandshakes(second, pair.now);
        assertThat(bob.counters().initiationsReceived()).isEqualTo(3);
        assertThat(bob.handshakesWaiting()).isEqualTo(2);
        Loans.serve(bob, pair.now);
        assertThat(bob.counters().dropped(Drop.SUPERSEDED)).isOne();
        List<Datagram> out = pair.bob.poll(pair.now);
        assertThat(out).hasSize(1).allMatch(Datagram::isResponse);
        pair.carry(out.getFirst());
        Loans.serve(alice, pair.now);
        assertThat(pair.aliceToBob.hasSession(pair.now)).isTrue();
    }

    @Test
    void messagesAtDifferentStepsShareALoan() {
        pair.carry(initiation());
        Loans.serve(bob, pair.now);
        pair.bob.poll(pair.now);
        Host carol = stranger(1);
        pair.carry(initiation()); // of a peer that is known,
        give(pair.bob, carol); // and of one that calls for the first time
        serveOnce(bob, pair.now);
        serveOnce(bob, pair.now);
        serveOnce(bob, pair.now);
        assertThat(bob.handshakesWaiting()).isZero();
        assertThat(bob.counters().initiationsReceived()).isEqualTo(3);
        assertThat(bob.counters().dropped()).isZero();
        assertThat(pair.bob.poll(pair.now)).hasSize(2).allMatch(Datagram::isResponse);
    }

    @Tag("A12.11")
    @Test
    void whatAStepComputedIsForgottenBeforeTheNext() {
        pair.carry(initiation());
        HandshakeWork work = requireNonNull(lend(bob));
        assertThat(work.job(0).shared).containsOnly(0);
        bob.returnHandshakes(work, pair.now);
        work = requireNonNull(lend(bob)); // whose result is the shared secret itself
        assertThat(work.job(0).shared).isNotEqualTo(new byte[32]);
        bob.returnHandshakes(work, pair.now);
        assertThat(work.job(0).shared).containsOnly(0);
    }

    @Tag("A12.11")
    @Test
    void theEphemeralKeyOfAResponseIsNowhereButInItsLoan() {
        pair.carry(initiation());
        serveOnce(bob, pair.now);
        serveOnce(bob, pair.now);
        HandshakeWork work = requireNonNull(bob.lendHandshakes(Integer.MAX_VALUE));
        assertThat(work.batch().size()).isEqualTo(HandshakeJob.MAX_AGREEMENTS);
        HandshakeSecrets secrets = requireNonNull(pair.bobToAlice.handshake.secrets());
        assertThat(secrets.ephemeralPrivate).containsOnly(0);
    }

    @Tag("A5.9")
    @Test
    void beyond4096TheNewestIsRefused() {
        bob.load(Constants.UNDER_LOAD_HANDSHAKES, pair.now);
        pair.carry(initiation());
        pair.carry(pair.bob.poll(pair.now).getFirst());
        byte[] message = initiation().bytes; // with a cookie
        for (int i = 0; i < 4_096; i++) {
            assertThat(bob.handshakesWaiting()).isEqualTo(i);
            assertThat(bob.handshakeLoans.defer(message, pair.alice.address)).isNull();
        }
        assertThat(bob.handshakeLoans.defer(message, pair.alice.address))
                .isEqualTo(Drop.HANDSHAKE_QUEUE_FULL);
        pair.bob.receive(message, pair.alice.address, pair.now);
        assertThat(bob.counters().dropped(Drop.HANDSHAKE_QUEUE_FULL)).isOne();
        assertThat(bob.handshakesWaiting()).isEqualTo(4_096);
        Loans.serve(bob, pair.now);
        assertThat(bob.counters().initiationsReceived()).isOne();
        assertThat(bob.counters().dropped(Drop.OLD_TIMESTAMP)).isEqualTo(4_095);
    }

    @Test
    void aLoanIsNeverLargerThanAskedFor() {
        List<Host> callers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            callers.add(stranger(i));
            give(pair.bob, callers.getLast());
        }
        int most = 1;
        int served = 0;
        for (HandshakeWork work; (work = bob.lendHandshakes(most)) != null; ) {
            assertThat(work.size()).isBetween(1, Math.min(most, HandshakeLoans.BATCH));
            int waiting = bob.handshakesWaiting();
            work.run();
            bob.returnHandshakes(work, pair.now);
            assertThat(bob.handshakesWaiting()).isBetween(waiting, waiting + most);
            served++;
            most = 1 + (7 * served) % 20;
        }
        assertThat(bob.handshakesWaiting()).isZero();
        assertThat(bob.counters().initiationsReceived()).isEqualTo(20);
        assertThat(bob.counters().dropped()).isZero();
        assertThat(pair.bob.poll(pair.now)).hasSize(20).allMatch(Datagram::isResponse);
    }

    @Test
    void whatHasAStepBehindItGoesFirst() {
        pair.carry(initiation());
        serveOnce(bob, pair.now);
        for (int i = 0; i < 3; i++) {
            give(pair.bob, stranger(i));
        }
        HandshakeWork work = requireNonNull(bob.lendHandshakes(1));
        assertThat(work.job(0).step).isEqualTo(HandshakeJob.Step.STATIC_STATIC);
        assertThat(work.job(0).peer).isSameAs(pair.bobToAlice);
    }

    @Test
    void noMoreThan64LoansAreOut() {
        byte[] message = initiation().bytes;
        List<HandshakeWork> out = new ArrayList<>();
        for (int i = 0; i < HandshakeLoans.MAX_LOANS; i++) {
            bob.handshakeLoans.defer(message, pair.alice.address);
            out.add(requireNonNull(bob.lendHandshakes(1)));
        }
        bob.handshakeLoans.defer(message, pair.alice.address);
        assertThat(bob.lendHandshakes(1)).isNull();
        assertThat(bob.handshakesWaiting()).isOne();
        bob.returnHandshakes(out.getFirst(), pair.now);
        assertThat(bob.lendHandshakes(1)).isSameAs(out.getFirst());
    }

    @Test
    void whatWasForgottenTakesNoLoanAlong() {
        for (int i = 0; i < 2 * HandshakeLoans.MAX_LOANS; i++) {
            pair.carry(initiation());
            serveOnce(bob, pair.now);
            bob.down(pair.now);
            bob.up(pair.now);
        }
        for (int i = 0; i < 2; i++) {
            bob.handshakeLoans.defer(initiation().bytes, pair.alice.address);
        }
        HandshakeWork first = requireNonNull(bob.lendHandshakes(1));
        HandshakeWork second = requireNonNull(bob.lendHandshakes(1));
        assertThat(first).isNotSameAs(second);
    }

    @Test
    void whatIsRefusedBeforeItsStepTakesNoLoanAlong() {
        for (int i = 0; i < 2 * HandshakeLoans.MAX_LOANS; i++) {
            pair.carry(initiation());
            Loans.serve(bob, pair.now);
            pair.carry(pair.bob.poll(pair.now).getFirst());
            initiation();
            assertThat(lend(alice)).isNull();
        }
        pair.carry(initiation());
        Loans.serve(bob, pair.now);
        pair.carry(pair.bob.poll(pair.now).getFirst());
        Loans.serve(alice, pair.now);
        assertThat(pair.aliceToBob.hasSession(pair.now)).isTrue();
    }

    @Tag("A12.5")
    @Test
    void whatWaitsForItsNextStepIsForgottenWithTheKey() {
        pair.carry(initiation());
        HandshakeWork work = requireNonNull(lend(bob));
        bob.returnHandshakes(work, pair.now);
        HandshakeJob job = work.job(0);
        assertThat(job.remoteStatic).isEqualTo(pair.alice.key.publicKey().bytes());
        bob.privateKey(PrivateKey.generate(new SeededEntropy(99)), pair.now);
        assertThat(bob.counters().dropped(Drop.SUPERSEDED)).isOne();
        assertThat(bob.handshakesWaiting()).isZero();
        assertThat(lend(bob)).isNull();
        assertThat(job.remoteStatic).containsOnly(0);
        assertThat(job.chainingKey).containsOnly(0);
    }

    /** A host that bob knows and has not heard of yet. */
    private Host stranger(int number) {
        Host host =
                new Host(
                        "stranger" + number,
                        new InetSocketAddress("198.51.100." + number, 1000),
                        PrivateKey.generate(new SeededEntropy(100 + number)),
                        new SeededEntropy(200 + number));
        bob.addPeer(host.key.publicKey());
        host.device.up(pair.now);
        Peer toBob = host.device.addPeer(pair.bob.key.publicKey());
        toBob.endpoint(pair.bob.address);
        toBob.initiate(pair.now);
        return host;
    }

    private void give(Host to, Host from) {
        from.poll(pair.now).forEach(d -> to.receive(d.bytes, d.source, pair.now));
    }

    private @Nullable HandshakeWork lend(Device device) {
        HandshakeWork work = device.lendHandshakes(Integer.MAX_VALUE);
        if (work != null) {
            work.run();
        }
        return work;
    }

    private static void serveOnce(Device device, long now) {
        HandshakeWork work = requireNonNull(device.lendHandshakes(Integer.MAX_VALUE));
        work.run();
        device.returnHandshakes(work, now);
    }

    /** The next initiation of alice, five seconds after the last, not delivered. */
    private Datagram initiation() {
        pair.jump(5 * SECOND);
        pair.aliceToBob.initiate(pair.now);
        return pair.alice.poll(pair.now).getFirst();
    }
}
