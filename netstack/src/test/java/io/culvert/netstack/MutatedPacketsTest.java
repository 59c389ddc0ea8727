package io.culvert.netstack;

import static io.culvert.netstack.Host.MILLI;
import static io.culvert.netstack.Host.OWN4;
import static io.culvert.netstack.Host.OWN6;
import static io.culvert.netstack.Host.PEER4;
import static io.culvert.netstack.Host.PEER6;
import static io.culvert.netstack.Host.SECOND;
import static io.culvert.netstack.PacketBuilder.bytes;
import static io.culvert.netstack.PacketBuilder.packet;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever arrives, nothing is thrown, what comes out is sound, and nothing is left behind. */
class MutatedPacketsTest {
    private static final int PACKETS = 100_000;

    private final Host host = new Host();
    private final MemorySegment exact = Arena.ofAuto().allocate(70_000);

    private static List<byte[]> samples() {
        List<byte[]> all = new ArrayList<>();
        byte[] padded = bytes(0, 1, 4, 0, 0, 0, 0);
        byte[] routing = bytes(0, 3, 1, 0, 0, 0, 0);
        String[][] ways = {
            {PEER4, OWN4}, {PEER4, "9.9.9.9"}, {PEER6, OWN6}, {PEER6, "2001:db8::1"}
        };
        for (String[] way : ways) {
            all.add(packet(way[0], way[1]).udp(1000, 2000, new byte[100]).build());
            all.add(packet(way[0], way[1]).udp(1001, 53, new byte[0]).build());
            all.add(
                    packet(way[0], way[1])
                            .tcp(5, 80, 1, 2, 2, 3, bytes(2, 4, 5, 0), new byte[30])
                            .build());
            all.add(packet(way[0], way[1]).icmp(8, 0, 1, new byte[30]).build());
            all.add(packet(way[0], way[1]).icmp(128, 0, 1, new byte[30]).build());
            byte[] quoted = packet(way[1], way[0]).udp(2000, 1000, new byte[30]).build();
            for (int type : new int[] {1, 2, 3, 4, 11, 12}) {
                all.add(packet(way[0], way[1]).icmp(type, 3, 1000, quoted).build());
            }
            all.addAll(
                    packet(way[0], way[1]).id(7).udp(1000, 2000, new byte[3000]).fragments(1400));
        }
        all.add(packet(PEER4, OWN4).options(7, 7, 4, 0, 0, 0, 0, 0).udp(1, 2, new byte[9]).build());
        all.add(
                packet(PEER6, OWN6)
                        .extension(0, padded)
                        .extension(43, routing)
                        .extension(60, padded)
                        .udp(1, 2000, new byte[9])
                        .build());
        return all;
    }

    private static byte[] mutate(byte[] sample, Random random) {
        byte[] p = sample.clone();
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            int at = random.nextInt(Math.min(p.length, random.nextBoolean() ? 48 : p.length));
            switch (random.nextInt(4)) {
                case 0 -> p[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> p[at] = (byte) random.nextInt(256);
                case 2 -> p[at] = (byte) (random.nextBoolean() ? 0 : 255);
                default -> p = Arrays.copyOf(p, random.nextInt(p.length + 20) + 1);
            }
        }
        if (random.nextBoolean()) {
            PacketBuilder.fixTransportChecksum(p);
        }
        boolean v4 = p[0] >>> 4 == 4 && p.length >= 20;
        return v4 && random.nextInt(8) > 0 ? PacketBuilder.fixV4Checksum(p) : p;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void nothingIsThrownAndNothingIsLeft(long seed) {
        Random random = new Random(seed);
        List<byte[]> samples = samples();
        UdpForwards forwards = new UdpForwards();
        UdpLog log = new UdpLog();
        host.stack.forwarder(forwards);
        UdpSocket own = host.stack.udp(false, 2000, log);
        host.stack.udp(true, 2000, log);
        for (int i = 0; i < PACKETS; i++) {
            byte[] p = mutate(samples.get(random.nextInt(samples.size())), random);
            input(p);
            if (i % 10_000 == 0) {
                host.stack.forwarder(i % 30_000 == 0 ? null : forwards);
            }
            if (random.nextInt(20) == 0) {
                own.send(Host.address(PEER4, 1000), exact, 0, random.nextInt(3000));
                host.turn();
                host.advance(random.nextInt(20) * MILLI);
            }
        }
        host.turn();
        assertThat(log.data).isNotEmpty();
        assertThat(forwards.flows).isNotEmpty();
        Counters c = host.stack.counters();
        assertThat(
                        new long[] {
                            c.ipInHdrErrors, c.ipInExtensionErrors, c.ipReasmOks, c.ipReasmFails
                        })
                .as("the mutations reach every corner")
                .doesNotContain(0);
        assertThat(new long[] {c.icmpInErrors, c.icmpInUnmatched, c.icmpInIgnored, c.icmpInEchos})
                .doesNotContain(0);
        assertThat(new long[] {c.udpInErrors, c.udpInCsumErrors, c.udpNoPorts, c.ipInNoRoutes})
                .doesNotContain(0);
        host.advance(400 * SECOND);
        assertThat(host.stack.timers.armed()).isZero();
        assertThat(host.pool.inUse()).isZero();
        host.close();
    }

    /** At the end of its memory, so that reading on would throw. */
    private void input(byte[] packet) {
        long at = exact.byteSize() - packet.length;
        MemorySegment.copy(packet, 0, exact, ValueLayout.JAVA_BYTE, at, packet.length);
        host.stack.input(exact, at, packet.length, host.now);
    }
}
