package io.culvert.wireguard;

import static io.culvert.wireguard.Pair.SECOND;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.culvert.crypto.ChaCha20Poly1305;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Packets in and out of an established session. */
class DataPathTest {
    private static final int AT = 48;

    private final Pair pair = Pair.connected(1);
    private final MemorySegment memory = Arena.ofAuto().allocate(70_000);

    @Tag("A10.3")
    @ParameterizedTest
    @CsvSource({
        "20, 64",
        "32, 64",
        "33, 80",
        "1408, 1440",
        "1409, 1452",
        "1420, 1452",
        "1421, 1468"
    })
    void datagramsAreAsLongAsPaddingAndMtuSay(int packet, int datagram) {
        assertThat(pair.alice.seal(Pair.fromAlice(packet), pair.now).bytes).hasSize(datagram);
    }

    @Tag("A10.3")
    @Test
    void paddingIsZeroWhateverLayBehindThePacket() {
        memory.fill((byte) 0xee);
        byte[] packet = Pair.fromAlice(1409);
        MemorySegment.copy(packet, 0, memory, Wire.BYTE, AT + Device.HEADER, packet.length);
        int length = pair.alice.device.seal(memory, AT, packet.length, pair.now);
        Keypair receiver = requireNonNull(pair.bobToAlice.keypairs.current());
        long counter = TransportMessage.counter(memory, AT);
        assertThat(
                        new ChaCha20Poly1305()
                                .open(
                                        receiver.receiving,
                                        counter,
                                        memory,
                                        AT + Device.HEADER,
                                        length - Device.HEADER))
                .isTrue();
        byte[] padded =
                memory.asSlice(AT + Device.HEADER, length - Device.OVERHEAD).toArray(Wire.BYTE);
        assertThat(padded).hasSize(1420).startsWith(packet);
        assertThat(Arrays.copyOfRange(padded, 1409, 1420)).containsOnly(0);
    }

    @Test
    void worksInPlaceAtAnyOffsetAndTouchesNothingOutside() {
        memory.fill((byte) 0x77);
        byte[] packet = Pair.fromAlice(101);
        MemorySegment.copy(packet, 0, memory, Wire.BYTE, AT + Device.HEADER, packet.length);
        int length = pair.alice.device.seal(memory, AT, packet.length, pair.now);
        assertThat(memory.asSlice(0, AT).toArray(Wire.BYTE)).containsOnly(0x77);
        long end = AT + Device.HEADER + 101 + Device.MAX_PADDING + Device.TAG;
        assertThat(memory.asSlice(end).toArray(Wire.BYTE)).containsOnly(0x77);
        int inner = pair.bob.device.receive(memory, AT, length, pair.alice.address, pair.now);
        assertThat(inner).isEqualTo(101);
        assertThat(memory.asSlice(AT + Device.HEADER, inner).toArray(Wire.BYTE)).isEqualTo(packet);
        assertThat(pair.bob.device.sender()).isSameAs(pair.bobToAlice);
    }

    @Tag("A10.6")
    @Test
    void theInnerLengthTruncatesThePadding() {
        pair.carry(pair.alice.seal(Pair.fromAlice(33), pair.now));
        assertThat(pair.bob.received).containsExactly(Pair.fromAlice(33));
    }

    @Tag("A10.6")
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 19, 97, 0xffff})
    void anIpv4LengthBeyondThePacketOrBelowItsHeaderIsDropped(int total) {
        byte[] packet = Pair.fromAlice(80);
        packet[2] = (byte) (total >>> 8);
        packet[3] = (byte) total;
        assertMalformed(packet);
    }

    @Tag("A10.6")
    @Test
    void everyIpv6LengthThatWouldWrapIn16BitsIsDropped() {
        for (int payload = 0xffd8; payload <= 0xffff; payload++) {
            byte[] packet = Packets.ip("fd00::1", "fd00::2", 80);
            packet[4] = (byte) (payload >>> 8);
            packet[5] = (byte) payload;
            assertMalformed(packet);
        }
    }

    @Tag("A10.6")
    @Test
    void ipv6LengthsUpToThePlaintextAreGood() {
        byte[] packet = Packets.ip("fd00::1", "fd00::2", 80);
        for (int payload = 0; payload <= 40; payload++) {
            packet[5] = (byte) payload;
            Datagram datagram = pair.alice.seal(packet, pair.now);
            assertThat(pair.bob.receive(datagram.bytes, datagram.source, pair.now))
                    .hasSize(40 + payload);
        }
        packet[5] = 41;
        assertMalformed(packet);
    }

    @Tag("A10.6")
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 5, 7, 15})
    void otherVersionsAreDropped(int version) {
        byte[] inner = Pair.fromAlice(64);
        // sealed as IPv4, then made something else under the same keys
        inner[0] = (byte) (version << 4 | 5);
        assertThat(sealAnyway(inner)).isPositive();
        assertThat(pair.bob.device.counters().dropped(Drop.MALFORMED_PACKET)).isOne();
    }

    @Tag("A10.8")
    @Test
    void aMalformedPacketIsStillAReasonForAKeepalive() {
        byte[] packet = Pair.fromAlice(80);
        packet[2] = (byte) 0xff;
        assertMalformed(packet);
        pair.log.clear();
        pair.advance(10 * SECOND);
        assertThat(pair.sent(pair.bob, Datagram::isKeepalive)).hasSize(1);
    }

    @Tag("A10.1")
    @Test
    void packetsThatAreNoPacketsGoNowhere() {
        byte[] wrongVersion = Pair.fromAlice(100);
        wrongVersion[0] = 0x55;
        for (byte[] packet :
                new byte[][] {
                    new byte[0],
                    new byte[] {0x45},
                    Arrays.copyOf(Pair.fromAlice(100), 19),
                    Arrays.copyOf(Packets.ip("fd00::1", "fd00::2", 80), 39),
                    wrongVersion,
                    Packets.ip("10.0.0.1", "10.0.0.77", 100)
                }) {
            assertThat(pair.alice.sealTo(packet, pair.now)).isEqualTo(Device.NO_PEER);
        }
        assertThat(pair.alice.device.counters().dropped(Drop.NO_ROUTE)).isEqualTo(6);
    }

    @Tag("A10.1")
    @Test
    void aHeaderThatIsNotWholeNamesNoPeerWhateverLiesBehindIt() {
        byte[] ipv4 = Pair.fromAlice(20);
        byte[] ipv6 = Packets.ip("fd00::1", "fd00::2", 40);
        for (byte[] packet : new byte[][] {ipv4, ipv6}) {
            MemorySegment.copy(packet, 0, memory, Wire.BYTE, AT + Device.HEADER, packet.length);
            Device alice = pair.alice.device;
            assertThat(alice.seal(memory, AT, packet.length - 1, pair.now))
                    .isEqualTo(Device.NO_PEER);
            pair.carry(pair.alice.seal(packet, pair.now));
        }
        assertThat(pair.bob.received).containsExactly(ipv4, ipv6);
    }

    @Tag("A10.9")
    @Test
    void countsBytesAsTheKernelDoes() {
        Pair fresh = new Pair(2);
        for (int i = 0; i < 10; i++) {
            fresh.send(fresh.alice, Pair.fromAlice(84));
            fresh.send(fresh.bob, Pair.fromBob(84));
        }
        // ten pings: what the kernel's own test demands
        assertThat(fresh.aliceToBob.rxBytes()).isEqualTo(1372);
        assertThat(fresh.aliceToBob.txBytes()).isEqualTo(1428);
        assertThat(fresh.bobToAlice.rxBytes()).isEqualTo(1428);
        assertThat(fresh.bobToAlice.txBytes()).isEqualTo(1372);
    }

    @Tag("A10.9")
    @Test
    void aPacketFromAForbiddenSourceIsNotCountedAsReceived() {
        long before = pair.bobToAlice.rxBytes();
        pair.carry(pair.alice.seal(Packets.ip("10.9.9.9", "10.0.0.2", 100), pair.now));
        assertThat(pair.bobToAlice.rxBytes()).isEqualTo(before);
        assertThat(pair.bob.device.counters().dropped(Drop.SOURCE_NOT_ALLOWED)).isOne();
    }

    @Tag("A9")
    @Test
    void outOfOrderPacketsArriveOnceEach() {
        Datagram first = pair.alice.seal(Pair.fromAlice(100), pair.now);
        Datagram second = pair.alice.seal(Pair.fromAlice(200), pair.now);
        for (Datagram datagram : new Datagram[] {second, first, second, first}) {
            pair.carry(datagram);
        }
        assertThat(pair.bob.received).containsExactly(Pair.fromAlice(200), Pair.fromAlice(100));
        assertThat(pair.bob.device.counters().dropped(Drop.REPLAYED)).isEqualTo(2);
    }

    @Tag("A10.5")
    @Test
    void countersAreAllottedInTheOrderOfSealing() {
        long first = counter(pair.alice.seal(Pair.fromAlice(100), pair.now));
        for (int i = 1; i < 100; i++) {
            assertThat(counter(pair.alice.seal(Pair.fromAlice(100), pair.now)))
                    .isEqualTo(first + i);
        }
    }

    @Test
    void tooLittleRoomIsRefusedAndLosesNothing() {
        Pair fresh = new Pair(3);
        assertThat(fresh.alice.sealTo(Pair.fromAlice(1420), fresh.now)).isEqualTo(Device.STAGED);
        Device alice = fresh.alice.device;
        assertThatThrownBy(() -> alice.pollTransmit(memory, 0, 147, fresh.now))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("147");
        assertThat(alice.pollTransmit(memory, 0, 148, fresh.now)).isEqualTo(148);
        Pair after = Pair.connected(4);
        after.jump(200 * SECOND);
        // padded to the MTU
        assertThat(after.alice.sealTo(Pair.fromAlice(1409), after.now)).isEqualTo(Device.STAGED);
        after.carry(after.alice.poll(after.now).getFirst());
        after.carry(after.bob.poll(after.now).getFirst());
        assertThatThrownBy(() -> after.alice.device.pollTransmit(memory, 0, 1451, after.now))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(after.alice.device.pollTransmit(memory, 0, 1452, after.now)).isEqualTo(1452);
    }

    @Test
    void aResponseAndACookieReplyWaitForRoomToo() {
        Pair fresh = new Pair(3);
        fresh.aliceToBob.initiate(fresh.now);
        Datagram initiation = fresh.alice.poll(fresh.now).getFirst();
        Device bob = fresh.bob.device;
        fresh.carry(initiation);
        assertThatThrownBy(() -> bob.pollTransmit(memory, 0, 91, fresh.now))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("92");
        assertThat(bob.pollTransmit(memory, 0, 92, fresh.now)).isEqualTo(92);
        bob.load(Constants.UNDER_LOAD_HANDSHAKES, fresh.now);
        fresh.carry(initiation);
        assertThatThrownBy(() -> bob.pollTransmit(memory, 0, 63, fresh.now))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("64");
        assertThat(bob.pollTransmit(memory, 0, 64, fresh.now)).isEqualTo(64);
    }

    @Test
    void refusesAnMtuOutOfRange() {
        for (int mtu : new int[] {-1, 65_536}) {
            assertThatThrownBy(() -> new Device(new SeededEntropy(1), mtu))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining(Integer.toString(mtu));
        }
        for (int mtu : new int[] {0, 65_535}) {
            assertThat(new Device(new SeededEntropy(1), mtu).mtu).isEqualTo(mtu);
        }
    }

    private void assertMalformed(byte[] packet) {
        long before = pair.bob.device.counters().dropped(Drop.MALFORMED_PACKET);
        pair.carry(pair.alice.seal(packet, pair.now));
        pair.bob.device.endBatch(pair.now);
        assertThat(pair.bob.received).doesNotContain(packet);
        assertThat(pair.bob.device.counters().dropped(Drop.MALFORMED_PACKET)).isEqualTo(before + 1);
    }

    /** Seals what {@link Device#seal} would refuse, and gives it to bob. */
    private int sealAnyway(byte[] inner) {
        Keypair keypair = requireNonNull(pair.aliceToBob.keypairs.current());
        long counter = keypair.sendingCounter++;
        TransportMessage.header(memory, 0, keypair.remoteIndex, counter);
        MemorySegment.copy(inner, 0, memory, Wire.BYTE, Device.HEADER, inner.length);
        new ChaCha20Poly1305().seal(keypair.sending, counter, memory, Device.HEADER, inner.length);
        int length = inner.length + Device.OVERHEAD;
        assertThat(pair.bob.device.receive(memory, 0, length, pair.alice.address, pair.now))
                .isZero();
        return length;
    }

    private static long counter(Datagram datagram) {
        return TransportMessage.counter(MemorySegment.ofArray(datagram.bytes), 0);
    }
}
