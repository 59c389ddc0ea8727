package io.culvert.wireguard;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Two devices, each the other's peer, in virtual time. What they send arrives at once unless {@link
 * #link} says otherwise, and is kept in {@link #log}.
 */
final class Pair {
    static final long MS = 1_000_000;
    static final long SECOND = 1_000 * MS;

    /** Somewhere below zero, as the origin of monotonic clocks is arbitrary. */
    static final long START = -1_000 * SECOND;

    static final long EPOCH = 1_700_000_000L * SECOND - START;

    final Host alice;
    final Host bob;
    final Peer aliceToBob;
    final Peer bobToAlice;
    final List<Datagram> log = new ArrayList<>();
    Predicate<Datagram> link = datagram -> true;
    long now = START;

    Pair(long seed) {
        Entropy keys = new SeededEntropy(~seed);
        alice =
                new Host(
                        "alice",
                        new InetSocketAddress("192.0.2.1", 51820),
                        PrivateKey.generate(keys),
                        new SeededEntropy(2 * seed));
        bob =
                new Host(
                        "bob",
                        new InetSocketAddress("192.0.2.2", 51821),
                        PrivateKey.generate(keys),
                        new SeededEntropy(2 * seed + 1));
        aliceToBob = alice.device.addPeer(bob.key.publicKey());
        bobToAlice = bob.device.addPeer(alice.key.publicKey());
        aliceToBob.endpoint(bob.address);
        aliceToBob.allow(Cidr.parse("10.0.0.2"));
        aliceToBob.allow(Cidr.parse("fd00::2"));
        bobToAlice.allow(Cidr.parse("10.0.0.1"));
        bobToAlice.allow(Cidr.parse("fd00::1"));
        alice.device.wallClock(EPOCH);
        bob.device.wallClock(EPOCH);
        alice.device.up(now);
        bob.device.up(now);
    }

    /** Lets handshakes be served as {@link Host#defer} says. */
    Pair defer(boolean on) {
        alice.defer(on);
        bob.defer(on);
        return this;
    }

    /** A pair with a session that alice began and bob has confirmed. */
    static Pair connected(long seed) {
        Pair pair = new Pair(seed);
        pair.aliceToBob.initiate(pair.now);
        pair.exchange();
        pair.log.clear();
        pair.alice.events();
        pair.bob.events();
        return pair;
    }

    static byte[] fromAlice(int length) {
        return Packets.ip("10.0.0.1", "10.0.0.2", length);
    }

    static byte[] fromBob(int length) {
        return Packets.ip("10.0.0.2", "10.0.0.1", length);
    }

    /** Seals and delivers, unless it was staged, then exchanges what follows. */
    void send(Host from, byte[] packet) {
        Datagram datagram = from.trySeal(packet, now);
        if (datagram != null) {
            carry(datagram);
        }
        exchange();
    }

    /** Moves datagrams both ways until nobody has one. */
    void exchange() {
        boolean moved;
        do {
            moved = false;
            for (Host host : List.of(alice, bob)) {
                host.device.endBatch(now);
                for (Datagram datagram : host.poll(now)) {
                    carry(datagram);
                    moved = true;
                }
            }
        } while (moved);
        alice.device.nextDeadline();
        bob.device.nextDeadline();
    }

    /** Handles all timers up to an instant, at their own time, with all that follows from them. */
    void advanceTo(long end) {
        for (long due; (due = nextDeadline()) <= end; ) {
            now = Math.max(now, due);
            fire();
        }
        now = end;
    }

    void advance(long nanos) {
        advanceTo(now + nanos);
    }

    /** Lets time pass without any timer: the driver was late. */
    void jump(long nanos) {
        now += nanos;
    }

    void fire() {
        alice.device.handleTimers(now);
        bob.device.handleTimers(now);
        exchange();
    }

    long nextDeadline() {
        return Math.min(alice.device.nextDeadline(), bob.device.nextDeadline());
    }

    List<Datagram> sent(Host host, Predicate<Datagram> kind) {
        return log.stream().filter(d -> d.from == host && kind.test(d)).toList();
    }

    void carry(Datagram datagram) {
        log.add(datagram);
        if (link.test(datagram)) {
            Host to = datagram.from == alice ? bob : alice;
            to.receive(datagram.bytes, datagram.source, now);
        }
    }
}
