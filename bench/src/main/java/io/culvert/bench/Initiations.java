package io.culvert.bench;

import io.culvert.wireguard.Cidr;
import io.culvert.wireguard.Device;
import io.culvert.wireguard.Entropy;
import io.culvert.wireguard.Peer;
import io.culvert.wireguard.PrivateKey;
import io.culvert.wireguard.PublicKey;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Genuine initiations of many peers to one server, made by our own engine before any clock runs.
 * They come in layers: every peer once, then every peer again with a later timestamp, and so on.
 * Whoever has the server's private key answers each of them once.
 */
final class Initiations {
    static final int LENGTH = 148;

    /** Beyond the five seconds after which an initiation is repeated, jitter included. */
    private static final long REPEATED_AFTER = 6_000_000_000L;

    /** Peer number n has the inner address 100.64.0.0 + n (the shared space of RFC 6598). */
    private static final int FIRST_ADDRESS = 100 << 24 | 64 << 16;

    private final int peers;
    private final int layers;
    private final ByteBuffer messages;
    private final PublicKey[] publicKeys;

    private Initiations(int peers, int layers) {
        this.peers = peers;
        this.layers = layers;
        messages = ByteBuffer.allocateDirect(Math.multiplyExact(peers * layers, LENGTH));
        publicKeys = new PublicKey[peers];
    }

    static Initiations prepare(PublicKey server, int peers, int layers, long seed) {
        Initiations all = new Initiations(peers, layers);
        long epoch = System.currentTimeMillis() * 1_000_000;
        IntStream.range(0, peers)
                .parallel()
                .forEach(peer -> all.prepare(peer, server, epoch, seed + peer));
        return all;
    }

    private void prepare(int number, PublicKey server, long epoch, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Entropy entropy =
                (out, offset, length) -> {
                    for (int i = 0; i < length; i++) {
                        out[offset + i] = (byte) random.nextInt();
                    }
                };
        Device device = new Device(entropy, 1420);
        device.wallClock(epoch);
        PrivateKey key = PrivateKey.generate(entropy);
        device.privateKey(key, 0);
        publicKeys[number] = device.publicKey();
        Peer peer = device.addPeer(server);
        peer.endpoint(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1));
        device.up(0);
        MemorySegment all = MemorySegment.ofBuffer(messages);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(2048);
            for (int layer = 0; layer < layers; layer++) {
                long now = layer * REPEATED_AFTER;
                peer.initiate(now);
                if (device.pollTransmit(out, 0, 2048, now) != LENGTH) {
                    throw new IllegalStateException("peer " + number + " made no initiation");
                }
                long at = (long) (layer * peers + number) * LENGTH;
                MemorySegment.copy(out, 0, all, at, LENGTH);
            }
        }
        device.close(layers * REPEATED_AFTER);
        key.destroy();
    }

    int count() {
        return peers * layers;
    }

    int peers() {
        return peers;
    }

    PublicKey publicKey(int peer) {
        return publicKeys[peer];
    }

    static Cidr address(int peer) {
        int address = FIRST_ADDRESS + peer;
        return Cidr.parse(
                "%d.%d.%d.%d/32"
                        .formatted(
                                address >>> 24,
                                address >> 16 & 0xff,
                                address >> 8 & 0xff,
                                address & 0xff));
    }

    /** A view for one sender, to be moved by {@link #select}. */
    ByteBuffer view() {
        return messages.duplicate();
    }

    static void select(ByteBuffer view, int number) {
        view.limit((number + 1) * LENGTH).position(number * LENGTH);
    }
}
