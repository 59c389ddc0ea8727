package io.culvert.wireguard;

import static io.culvert.wireguard.FuzzInput.require;
import static java.util.Objects.requireNonNull;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Two devices with a session, and an attacker who delivers what was sent in any order, any number
 * of times, changed in any way. What comes out is what the other side put in, once; a refusal
 * changes nothing.
 */
public final class TransportFuzz {
    private static final InetSocketAddress ATTACKER = new InetSocketAddress("203.0.113.66", 666);
    private static final int MAX_STEPS = 200;

    private final Pair pair = Pair.connected(1);
    private final List<Datagram> sent = new ArrayList<>();
    private final Map<Datagram, byte[]> packets = new HashMap<>();
    private final Map<Datagram, Boolean> taken = new HashMap<>();

    private TransportFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        TransportFuzz run = new TransportFuzz();
        FuzzInput input = new FuzzInput(data);
        for (int step = 0; step < MAX_STEPS && !input.isEmpty(); step++) {
            run.step(input);
        }
    }

    private void step(FuzzInput input) {
        switch (input.octet() % 7) {
            case 0, 1 -> seal(input);
            case 2 -> keepalive(input.flag());
            case 3 -> pick(input, this::deliver);
            case 4 -> pick(input, datagram -> forge(datagram, input.mutate(datagram.bytes)));
            case 5 -> speakNonsense(input);
            default -> pair.jump(input.below(2_000) * 50L * Pair.MS);
        }
    }

    private void seal(FuzzInput input) {
        boolean byAlice = input.flag();
        boolean ipv6 = input.flag();
        String alice = ipv6 ? "fd00::1" : "10.0.0.1";
        String bob = ipv6 ? "fd00::2" : "10.0.0.2";
        int length = (ipv6 ? 40 : 20) + input.octet();
        byte[] packet = Packets.ip(byAlice ? alice : bob, byAlice ? bob : alice, length);
        Datagram datagram = (byAlice ? pair.alice : pair.bob).trySeal(packet, pair.now);
        if (datagram != null) {
            sent.add(datagram);
            packets.put(datagram, packet);
        }
    }

    private void keepalive(boolean byAlice) {
        (byAlice ? pair.aliceToBob : pair.bobToAlice).queueKeepalive(pair.now);
        for (Datagram datagram : (byAlice ? pair.alice : pair.bob).poll(pair.now)) {
            if (datagram.isKeepalive()) {
                sent.add(datagram);
                packets.put(datagram, new byte[0]);
            }
        }
    }

    private void pick(FuzzInput input, java.util.function.Consumer<Datagram> action) {
        if (!sent.isEmpty()) {
            action.accept(sent.get(input.below(sent.size())));
        }
    }

    /** What was really sent is taken once, as long as its session lives. */
    private void deliver(Datagram datagram) {
        Host to = datagram.from == pair.alice ? pair.bob : pair.alice;
        Peer peer = peer(to);
        long before = Fingerprint.of(peer);
        long rx = peer.rxBytes();
        boolean alive = requireNonNull(peer.keypairs.current()).mayReceive(0, pair.now);
        byte[] packet = to.receive(datagram.bytes, datagram.source, pair.now);
        boolean accepted = peer.rxBytes() == rx + datagram.bytes.length;
        require(accepted == (alive && !taken.containsKey(datagram)), "taken once: " + datagram);
        if (accepted) {
            taken.put(datagram, true);
            byte[] expected = requireNonNull(packets.get(datagram));
            require(Arrays.equals(packet == null ? new byte[0] : packet, expected), "the packet");
            require(packet == null || to.device.sender() == peer, "the sender");
        } else {
            require(packet == null, "nothing comes out");
            require(Fingerprint.of(peer) == before, "a replay changes nothing");
        }
        to.device.endBatch(pair.now);
    }

    /** Anything else is refused, and counted once. */
    private void forge(Datagram original, byte[] bytes) {
        if (sent.stream().anyMatch(genuine -> Arrays.equals(genuine.bytes, bytes))) {
            return;
        }
        Host to = original.from == pair.alice ? pair.bob : pair.alice;
        Peer peer = peer(to);
        to.device.endBatch(pair.now);
        to.poll(pair.now); // what it wanted to say anyway
        to.device.endBatch(pair.now);
        long before = Fingerprint.of(peer);
        long dropped = to.device.counters().dropped();
        byte[] packet = to.receive(bytes, ATTACKER, pair.now);
        to.device.endBatch(pair.now);
        require(packet == null, "nothing comes out of a forgery");
        require(to.device.counters().dropped() == dropped + 1, "a forgery is counted");
        require(Fingerprint.of(peer) == before, "a forgery changes nothing");
        require(!to.device.hasOutput(), "a forgery is not answered");
    }

    /**
     * A peer with a valid session puts anything into it: out comes a packet of its own, or none.
     */
    private void speakNonsense(FuzzInput input) {
        Host to = input.flag() ? pair.alice : pair.bob;
        Peer from = to == pair.alice ? pair.bobToAlice : pair.aliceToBob;
        byte[] plain = input.bytes(input.below(400));
        if (plain.length > 0 && input.flag()) {
            plain[0] = (byte) (input.flag() ? 0x45 : 0x60);
        }
        Keypair keypair = requireNonNull(from.keypairs.current());
        if (!keypair.maySend(pair.now)) {
            return;
        }
        byte @Nullable [] packet = to.receive(Transport.seal(keypair, plain), ATTACKER, pair.now);
        to.device.endBatch(pair.now);
        require(ATTACKER.equals(peer(to).endpoint()), "who has the keys may roam");
        if (packet != null) {
            require(Arrays.equals(packet, Arrays.copyOf(plain, packet.length)), "a prefix of it");
            require(isWhole(packet), "as long as its header says");
            require(isOf(to == pair.alice ? 2 : 1, packet), "from an address of its own");
        }
    }

    private static boolean isWhole(byte[] packet) {
        if (packet[0] >>> 4 == 4) {
            return packet.length >= 20
                    && packet.length == ((packet[2] & 0xff) << 8 | (packet[3] & 0xff));
        }
        return packet[0] >>> 4 == 6
                && packet.length == 40 + ((packet[4] & 0xff) << 8 | (packet[5] & 0xff));
    }

    private static boolean isOf(int host, byte[] packet) {
        byte[] expected = Packets.ip("10.0.0." + host, "10.0.0.9", 20);
        byte[] expected6 = Packets.ip("fd00::" + host, "fd00::9", 40);
        return packet[0] >>> 4 == 4
                ? Arrays.equals(packet, 12, 16, expected, 12, 16)
                : Arrays.equals(packet, 8, 24, expected6, 8, 24);
    }

    private Peer peer(Host host) {
        return host == pair.alice ? pair.aliceToBob : pair.bobToAlice;
    }
}
