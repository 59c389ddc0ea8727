package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TcpSecretsTest {
    private static final long V4 = IpAddress.v4(0x0a000002);
    private static final long V6 = 0xfd00_0000_0000_0000L;

    private final TcpSecrets secrets = of(0);

    private static TcpSecrets of(int key) {
        byte[] secret = new byte[32];
        secret[0] = (byte) key;
        return new TcpSecrets(NetStackConfig.builder().secret(secret).build());
    }

    private static TcpFlow flow(long hi, long lo, int remote, int ports) {
        return new TcpAddresses(hi, lo, hi, lo + remote, ports, 0);
    }

    @Test
    void sequenceNumbersRunWithAClockOfFourMicroseconds() {
        TcpFlow f = flow(0, V4, 1, 5);
        int first = secrets.initialSequence(f, 0);
        assertThat(secrets.initialSequence(f, 3_999)).isEqualTo(first);
        assertThat(secrets.initialSequence(f, 4_000)).isEqualTo(first + 1);
        assertThat(secrets.initialSequence(f, 1_000_000_000L)).isEqualTo(first + 250_000);
    }

    @Test
    void numbersDifferByFlowAndBySecret() {
        List<TcpFlow> flows =
                List.of(flow(0, V4, 1, 5), flow(0, V4, 2, 5), flow(0, V4, 1, 6), flow(V6, 1, 1, 5));
        Set<Integer> sequences = new HashSet<>();
        Set<Integer> timestamps = new HashSet<>();
        Set<Long> seeds = new HashSet<>();
        for (TcpSecrets s : List.of(secrets, of(1))) {
            for (TcpFlow f : flows) {
                sequences.add(s.initialSequence(f, 0));
                timestamps.add(s.timestampOffset(f));
                seeds.add(s.congestionSeed(f, 7));
                seeds.add(s.congestionSeed(f, -7));
            }
        }
        assertThat(sequences).hasSize(8).doesNotContain(0);
        assertThat(timestamps).hasSize(8).doesNotContain(0).doesNotContainAnyElementsOf(sequences);
        assertThat(seeds).hasSize(16).doesNotContain(0L);
    }

    @Test
    void labelsAreOfIpv6AndHaveTwentyBits() {
        assertThat(secrets.flowLabel(flow(0, V4, 1, 5))).isZero();
        int all = 0;
        for (int i = 0; i < 100; i++) {
            int label = secrets.flowLabel(flow(V6, 1, i, 5));
            assertThat(label).isBetween(0, 0xfffff);
            assertThat(secrets.flowLabel(flow(V6, 1, i, 5))).isEqualTo(label);
            all |= label;
        }
        assertThat(all).isEqualTo(0xfffff);
    }

    @Test
    void searchesForAPortBeginAnywhereAndNowhereNegative() {
        int all = 0;
        for (int port = 0; port < 200; port++) {
            int offset = secrets.portOffset(0, V4, 0, V4 + 1, port);
            assertThat(offset).isNotNegative();
            all |= offset;
        }
        assertThat(all).isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void jitterIsBelowItsBoundAndReachesAllOfIt() {
        Set<Integer> seen = new HashSet<>();
        for (int turn = 0; turn < 200; turn++) {
            seen.add(secrets.jitter(turn, 5));
        }
        assertThat(seen).containsExactlyInAnyOrder(0, 1, 2, 3, 4);
    }
}
