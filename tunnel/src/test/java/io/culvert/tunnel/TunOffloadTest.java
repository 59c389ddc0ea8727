package io.culvert.tunnel;

import static io.culvert.tunnel.TunHeaders.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.netstack.Checksum;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Joining packets for the kernel, and cutting what it gives: one undoes the other. */
class TunOffloadTest {
    private static final int MSS = 1368;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment slab = arena.allocate(1 << 18, 64);
    private final List<byte[]> writes = new ArrayList<>();
    private long end;

    @AfterEach
    void free() {
        arena.close();
    }

    private TunMerger merger() {
        return new TunMerger(
                arena, true, (iov, count, _) -> writes.add(TunPackets.written(iov, count)));
    }

    private void add(TunMerger merger, byte[] packet) {
        MemorySegment.copy(packet, 0, slab, ValueLayout.JAVA_BYTE, end, packet.length);
        merger.add(slab, end, packet.length);
        end += packet.length + 32; // a tag and the next header lie between
    }

    /** All writes, cut again as the kernel's segmentation would. */
    private List<byte[]> cut() {
        List<byte[]> packets = new ArrayList<>();
        writes.forEach(w -> packets.addAll(cut(w)));
        return packets;
    }

    private List<byte[]> cut(byte[] write) {
        MemorySegment from = arena.allocate(write.length, 64);
        MemorySegment.copy(write, 0, from, ValueLayout.JAVA_BYTE, 0, write.length);
        MemorySegment to = arena.allocate(65536, 64);
        TunSegments segments = new TunSegments();
        assertThat(segments.begin(from, 0, write.length)).isTrue();
        List<byte[]> packets = new ArrayList<>();
        while (segments.hasNext()) {
            int length = segments.next(to, 0, 65536);
            packets.add(to.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE));
        }
        return packets;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void runOfSegmentsIsWrittenOnceAndCutAgainIsWhatItWas(boolean ipv6) {
        TunMerger merger = merger();
        List<byte[]> packets = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            int payload = i == 19 ? 100 : MSS;
            int flags = i == 19 ? ACK | PSH : ACK;
            packets.add(TunPackets.tcp(ipv6, 65530 + i, -5000 + i * MSS, flags, payload, i));
        }
        packets.forEach(p -> add(merger, p));
        merger.flush();
        assertThat(writes).hasSize(1);
        assertThat(cut()).containsExactlyElementsOf(packets);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void runOfDatagramsIsWrittenOnceAndCutAgainIsWhatItWas(boolean ipv6) {
        TunMerger merger = merger();
        List<byte[]> packets = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            packets.add(TunPackets.udp(ipv6, i, i == 9 ? 7 : 1200, i));
        }
        packets.forEach(p -> add(merger, p));
        merger.flush();
        assertThat(writes).hasSize(1);
        assertThat(cut()).containsExactlyElementsOf(packets);
    }

    @Test
    void whatTheKernelCouldNotCutBackIsNotJoined() {
        byte[] first = TunPackets.tcp(false, 1, 1000, ACK, MSS, 1);
        byte[] gap = TunPackets.tcp(false, 2, 1000 + MSS + 1, ACK, MSS, 2);
        byte[] otherId = TunPackets.tcp(false, 9, 1000 + MSS, ACK, MSS, 3);
        byte[] larger = TunPackets.tcp(false, 2, 1000 + MSS, ACK, MSS + 1, 4);
        byte[] fin = TunPackets.tcp(false, 2, 1000 + MSS, ACK | FIN, MSS, 5);
        byte[] damaged = TunPackets.tcp(false, 2, 1000 + MSS, ACK, MSS, 6);
        damaged[damaged.length - 1] ^= 1;
        for (byte[] second : List.of(gap, otherId, larger, fin, damaged)) {
            writes.clear();
            TunMerger merger = merger();
            add(merger, first);
            add(merger, second);
            merger.flush();
            assertThat(writes).hasSize(2);
            assertThat(cut()).containsExactly(first, second);
        }
    }

    @Test
    void pushEndsARun() {
        TunMerger merger = merger();
        List<byte[]> packets = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            packets.add(TunPackets.tcp(false, i, i * MSS, i == 1 ? ACK | PSH : ACK, MSS, i));
        }
        packets.forEach(p -> add(merger, p));
        merger.flush();
        assertThat(writes).hasSize(2);
        assertThat(cut()).containsExactlyElementsOf(packets);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void anyMixtureComesOutAsItWentInFlowByFlow(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<byte[]> packets = new ArrayList<>();
        int[] sequence = new int[4];
        for (int i = 0; i < 120; i++) {
            int flow = random.nextInt(4);
            boolean ipv6 = flow % 2 == 1;
            int payload = random.nextInt(4) == 0 ? random.nextInt(MSS) : MSS;
            int flags = random.nextInt(8) == 0 ? ACK | PSH : ACK;
            packets.add(
                    flow < 2
                            ? TunPackets.tcp(ipv6, i, sequence[flow], flags, payload, i)
                            : TunPackets.udp(ipv6, i, payload, i));
            sequence[flow] += payload;
        }
        TunMerger merger = merger();
        packets.forEach(p -> add(merger, p));
        merger.flush();
        List<byte[]> came = cut();
        for (int protocol : new int[] {TCP, UDP}) {
            for (int version : new int[] {4, 6}) {
                assertThat(of(came, version, protocol))
                        .containsExactlyElementsOf(of(packets, version, protocol));
            }
        }
        assertThat(writes.size()).isLessThan(packets.size());
    }

    private static List<byte[]> of(List<byte[]> packets, int version, int protocol) {
        return packets.stream()
                .filter(p -> p[0] >> 4 == version && p[version == 4 ? 9 : 6] == protocol)
                .toList();
    }

    @Test
    void checksumThatTheKernelLeftOutIsComputed() {
        byte[] whole = TunPackets.udp(true, 0, 333, 4);
        byte[] read = new byte[VirtioNetHeader.SIZE + whole.length];
        System.arraycopy(whole, 0, read, VirtioNetHeader.SIZE, whole.length);
        MemorySegment m = MemorySegment.ofArray(read);
        VirtioNetHeader.writeGso(m, 0, VirtioNetHeader.GSO_NONE, 0, 0, IPV6_HEADER, UDP_CHECKSUM);
        int pseudo = Checksum.add(pseudoHeader(m, VirtioNetHeader.SIZE, true, UDP), 341);
        u16(m, VirtioNetHeader.SIZE + IPV6_HEADER + UDP_CHECKSUM, pseudo);
        assertThat(cut(read)).containsExactly(whole);
    }

    @Test
    void nonsenseFromTheKernelIsDropped() {
        SplittableRandom random = new SplittableRandom(42);
        MemorySegment to = arena.allocate(65536, 64);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(200)];
            random.nextBytes(bytes);
            if (bytes.length > 2) {
                bytes[0] = (byte) random.nextInt(2);
                bytes[1] = (byte) random.nextInt(6);
            }
            MemorySegment from = arena.allocate(256, 64);
            MemorySegment.copy(bytes, 0, from, ValueLayout.JAVA_BYTE, 0, bytes.length);
            TunSegments segments = new TunSegments();
            if (bytes.length >= VirtioNetHeader.SIZE && segments.begin(from, 0, bytes.length)) {
                for (int n = 1; segments.hasNext() && n > 0; ) {
                    n = segments.next(to, 0, 65536);
                    assertThat(n).isPositive();
                }
            }
            if (i % 1000 == 0) {
                end = 0;
            }
        }
    }
}
