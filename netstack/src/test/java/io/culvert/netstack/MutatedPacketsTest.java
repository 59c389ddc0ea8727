package io.culvert.netstack;

import static io.culvert.netstack.Host.MILLI;
import static io.culvert.netstack.Host.PEER4;
import static io.culvert.netstack.Host.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever arrives, nothing is thrown, what comes out is sound, and nothing is left behind. */
class MutatedPacketsTest {
    private static final int PACKETS = 100_000;

    private final Host host = new Host();
    private final MemorySegment zeros = Host.segment(new byte[3000]);

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
        List<byte[]> samples = SamplePackets.ALL;
        UdpForwards forwards = new UdpForwards();
        UdpLog log = new UdpLog();
        host.stack.forwarder(forwards);
        UdpSocket own = host.stack.udp(false, 2000, log);
        host.stack.udp(true, 2000, log);
        for (int i = 0; i < PACKETS; i++) {
            byte[] p = mutate(samples.get(random.nextInt(samples.size())), random);
            host.inputAtEnd(p);
            if (i % 10_000 == 0) {
                host.stack.forwarder(i % 30_000 == 0 ? null : forwards);
            }
            if (random.nextInt(20) == 0) {
                own.send(Host.address(PEER4, 1000), zeros, 0, random.nextInt(3000));
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
}
