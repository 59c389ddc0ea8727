package io.culvert.tunnel;

import static io.culvert.tunnel.TunnelPair.address;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.wireguard.Cidr;
import io.culvert.wireguard.Device;
import io.culvert.wireguard.Peer;
import io.culvert.wireguard.PrivateKey;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What is on the wire, and for whom: device and framing as the loop joins them, in virtual time.
 */
class WireHygieneTest {
    private static final int MTU = 1420;
    private static final InetSocketAddress STRANGER = address("203.0.113.9", 9);
    private static final byte[] OF_ALICE = {1, (byte) 0xfe, 3};
    private static final byte[] OF_BOB = {7, 8, 9};

    private static final class Datagram {
        final InetSocketAddress to;
        final @Nullable Peer recipient;
        final int trafficClass;
        final byte[] bytes;

        Datagram(Device device, InetSocketAddress to, byte[] bytes) {
            this.to = to;
            recipient = device.recipient();
            trafficClass = device.trafficClass();
            this.bytes = bytes;
        }

        byte[] reserved() {
            return Arrays.copyOfRange(bytes, 1, 4);
        }
    }

    /** One end: a device behind its framing. */
    private static final class End {
        final InetSocketAddress address;
        final Device device;
        final Peer peer;
        final Framing framing;
        private final MemorySegment memory = Arena.ofAuto().allocate(1 << 16);

        End(
                InetSocketAddress address,
                PrivateKey key,
                TunnelConfig.Peer other,
                byte @Nullable [] reserved,
                long seed) {
            this.address = address;
            SplittableRandom random = new SplittableRandom(seed);
            device =
                    new Device(
                            (out, offset, length) -> {
                                byte[] bytes = new byte[length];
                                random.nextBytes(bytes);
                                System.arraycopy(bytes, 0, out, offset, length);
                            },
                            MTU);
            framing =
                    new Framing(
                            TunnelConfig.builder()
                                    .privateKey(key)
                                    .reserved(reserved)
                                    .peer(other)
                                    .build());
            device.privateKey(key, 0);
            device.wallClock(TimeUnit.DAYS.toNanos(20_000));
            peer = device.addPeer(other.publicKey());
            peer.endpoint(other.endpoint());
            other.allowedIps().forEach(peer::allow);
            device.up(0);
        }

        Datagram seal(byte[] packet, long now) {
            return requireNonNull(trySeal(packet, now), "staged or refused");
        }

        @Nullable Datagram trySeal(byte[] packet, long now) {
            memory.fill((byte) 0xa5); // what is left over must not be sent
            MemorySegment.copy(
                    packet, 0, memory, ValueLayout.JAVA_BYTE, Device.HEADER, packet.length);
            return datagram(device.seal(memory, 0, packet.length, now));
        }

        List<Datagram> poll(long now) {
            List<Datagram> all = new ArrayList<>();
            device.endBatch(now);
            while (true) {
                memory.fill((byte) 0xa5);
                Datagram next = datagram(device.pollTransmit(memory, 0, MTU + 64, now));
                if (next == null) {
                    return all;
                }
                all.add(next);
            }
        }

        private @Nullable Datagram datagram(int length) {
            InetSocketAddress to = device.destination();
            if (length <= 0 || to == null) {
                return null;
            }
            framing.outgoing(memory, 0, device.recipient());
            byte[] bytes = memory.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
            return new Datagram(device, to, bytes);
        }

        /** Returns what was inside, padding included, or null. */
        byte @Nullable [] receive(byte[] bytes, InetSocketAddress from, long now) {
            MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
            framing.incoming(memory, 0, bytes.length, Math.max(1, bytes.length));
            int inner = device.receive(memory, 0, bytes.length, from, now);
            return inner == 0
                    ? null
                    : memory.asSlice(Device.HEADER, bytes.length - Device.OVERHEAD)
                            .toArray(ValueLayout.JAVA_BYTE);
        }
    }

    private long now = 1;
    private End alice;
    private End bob;

    @BeforeEach
    void open() {
        PrivateKey aliceKey = PrivateKey.of(pattern(1));
        PrivateKey bobKey = PrivateKey.of(pattern(2));
        InetSocketAddress atAlice = address("192.0.2.1", 1001);
        InetSocketAddress atBob = address("192.0.2.2", 1002);
        alice =
                new End(
                        atAlice,
                        aliceKey,
                        new TunnelConfig.Peer(
                                        bobKey.publicKey(),
                                        null,
                                        atBob,
                                        List.of(Cidr.parse("10.0.0.2"), Cidr.parse("fd00::2")),
                                        0)
                                .withReserved(OF_ALICE),
                        null,
                        1);
        bob =
                new End(
                        atBob,
                        bobKey,
                        new TunnelConfig.Peer(
                                aliceKey.publicKey(),
                                null,
                                null,
                                List.of(Cidr.parse("10.0.0.1"), Cidr.parse("fd00::1")),
                                0),
                        OF_BOB,
                        2);
    }

    @Tag("A2")
    @Test
    void handshakesAndKeepalivesHaveTheirOneSize() {
        List<Datagram> all = handshake();
        assertThat(all).extracting(d -> d.bytes.length).containsExactly(148, 92, 32);
        assertThat(all).extracting(d -> (int) d.bytes[0]).containsExactly(1, 2, 4);
        assertThat(all).extracting(d -> d.trafficClass).containsExactly(0x88, 0x88, 0);
        assertThat(all).extracting(Datagram::reserved).containsExactly(OF_ALICE, OF_BOB, OF_ALICE);
        assertThat(all)
                .extracting(d -> d.recipient)
                .containsExactly(alice.peer, bob.peer, alice.peer);
    }

    @Tag("A10.3")
    @Test
    void dataIsPaddedWithZerosToSixteenButNeverBeyondTheMtu() {
        handshake();
        for (int length = 20; length <= MTU; length++) {
            checkData(alice, bob, packet("10.0.0.1", "10.0.0.2", length), OF_ALICE);
            checkData(bob, alice, packet("10.0.0.2", "10.0.0.1", length), OF_BOB);
            if (length >= 40) {
                checkData(alice, bob, packet("fd00::1", "fd00::2", length), OF_ALICE);
            }
        }
    }

    private void checkData(End from, End to, byte[] packet, byte[] reserved) {
        Datagram datagram = from.seal(packet, now);
        int padded = Math.min(MTU, (packet.length + 15) & -16);
        assertThat(datagram.bytes).hasSize(padded + 32).startsWith(4);
        assertThat(datagram.reserved()).isEqualTo(reserved);
        assertThat(datagram.to).isEqualTo(to.address);
        assertThat(datagram.recipient).isSameAs(from.peer);
        byte[] inside = to.receive(datagram.bytes, from.address, now);
        assertThat(inside).isEqualTo(Arrays.copyOf(packet, padded));
    }

    @Tag("A10.3")
    @Test
    void stagedDataIsPaddedWithZerosToo() {
        byte[] packet = packet("10.0.0.1", "10.0.0.2", 1001);
        assertThat(alice.trySeal(packet, now)).isNull();
        List<Datagram> all = handshake();
        assertThat(all).extracting(d -> d.bytes.length).containsExactly(148, 92, 1008 + 32);
        now++;
        Datagram again = alice.seal(packet, now);
        assertThat(bob.receive(again.bytes, alice.address, now)).endsWith(new byte[7]);
    }

    @Tag("A10.11")
    @Test
    void nothingIsSentToWhomeverAskedForNothing() {
        List<Datagram> seen = new ArrayList<>(handshake());
        seen.add(alice.seal(packet("10.0.0.1", "10.0.0.2", 600), now));
        seen.add(bob.seal(packet("10.0.0.2", "10.0.0.1", 600), now));
        SplittableRandom random = new SplittableRandom(5);
        now += TimeUnit.SECONDS.toNanos(1);
        for (End end : List.of(alice, bob)) {
            for (Datagram datagram : seen) {
                end.receive(flipped(datagram.bytes, random), STRANGER, now);
            }
            for (int type = 0; type <= 5; type++) {
                for (int length = 1; length < 200; length++) {
                    byte[] garbage = new byte[length];
                    random.nextBytes(garbage);
                    garbage[0] = (byte) type;
                    end.receive(garbage, STRANGER, now);
                }
            }
            // a handshake that was already had, from a place where nobody had it
            seen.stream()
                    .filter(d -> d.bytes[0] == 1 || d.bytes[0] == 2)
                    .forEach(d -> end.receive(d.bytes, STRANGER, now));
        }
        assertQuiet();
    }

    @Tag("A5.3")
    @Test
    void underLoadOnlyWhoKnowsOurKeyIsAskedForHisAddressAndWithFewerBytes() {
        SplittableRandom random = new SplittableRandom(6);
        bob.device.load(4096, now);
        alice.peer.initiate(now);
        Datagram initiation = alice.poll(now).getFirst();
        for (int i = 0; i < 200; i++) {
            bob.receive(flipped(initiation.bytes, 4, 132, random), STRANGER, now);
        }
        assertThat(bob.poll(now)).isEmpty();

        bob.receive(initiation.bytes, STRANGER, now);
        Datagram cookie = bob.poll(now).getFirst();
        assertThat(cookie.bytes).hasSize(64).startsWith(3);
        assertThat(cookie.reserved()).isEqualTo(OF_BOB);
        assertThat(cookie.to).isEqualTo(STRANGER);
        assertThat(cookie.recipient).isNull();
        assertThat(cookie.trafficClass).isZero();
    }

    private void assertQuiet() {
        for (int second = 0; second < 5; second++) {
            for (End end : List.of(alice, bob)) {
                end.device.handleTimers(now);
                assertThat(end.poll(now)).allSatisfy(d -> assertThat(d.to).isNotEqualTo(STRANGER));
                assertThat(end.peer.endpoint()).isNotEqualTo(STRANGER);
            }
            now += TimeUnit.SECONDS.toNanos(5);
        }
    }

    /** Alice begins; everything both have to say until they are done. */
    private List<Datagram> handshake() {
        List<Datagram> all = new ArrayList<>();
        alice.peer.initiate(now);
        for (boolean moved = true; moved; ) {
            moved = false;
            for (End end : List.of(alice, bob)) {
                End other = end == alice ? bob : alice;
                for (Datagram datagram : end.poll(now)) {
                    all.add(datagram);
                    other.receive(datagram.bytes, end.address, now);
                    moved = true;
                }
            }
        }
        return all;
    }

    private static byte[] flipped(byte[] bytes, SplittableRandom random) {
        return flipped(bytes, 4, bytes.length, random);
    }

    /** Behind the type and the reserved bytes, which don't count. */
    private static byte[] flipped(byte[] bytes, int from, int to, SplittableRandom random) {
        byte[] copy = bytes.clone();
        copy[random.nextInt(from, to)] ^= (byte) (1 << random.nextInt(8));
        return copy;
    }

    private static byte[] packet(String from, String to, int length) {
        byte[] packet = pattern(length, 11);
        byte[] source = InetAddress.ofLiteral(from).getAddress();
        byte[] destination = InetAddress.ofLiteral(to).getAddress();
        boolean v4 = source.length == 4;
        packet[0] = (byte) (v4 ? 0x45 : 0x60);
        packet[1] = 0;
        int told = v4 ? length : length - 40;
        packet[v4 ? 2 : 4] = (byte) (told >> 8);
        packet[v4 ? 3 : 5] = (byte) told;
        System.arraycopy(source, 0, packet, v4 ? 12 : 8, source.length);
        System.arraycopy(destination, 0, packet, v4 ? 16 : 24, source.length);
        return packet;
    }

    private static byte[] pattern(int seed) {
        return pattern(32, seed);
    }

    private static byte[] pattern(int length, int seed) {
        byte[] bytes = new byte[length];
        new SplittableRandom(seed).nextBytes(bytes);
        return bytes;
    }
}
