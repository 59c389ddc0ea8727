package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.interop.KernelPair.Dialler;
import io.culvert.interop.KernelPair.Ends;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A cable that loses, doubles and overtakes packets in both directions, as a seed decides. */
@Timeout(60)
class KernelFaultsInteropTest {
    private static final int MIB = 1 << 20;

    /**
     * What the kernel says of segments that come late: their timestamps, numbers and SACK blocks
     * are of the past, and not each is answered.
     */
    private static final Set<String> OF_LATE_SEGMENTS =
            Set.of(
                    "TcpExtPAWSEstab",
                    "TcpExtPAWSOldAck",
                    "TcpExtTCPACKSkippedPAWS",
                    "TcpExtTCPACKSkippedSeq",
                    "TcpExtTCPACKSkippedChallenge",
                    "TcpExtTCPChallengeACK",
                    "TcpExtTCPSACKDiscard");

    /** Shares of packets that vanish, come twice or late, and what the kernel may say of it. */
    record Faults(
            long seed, double loss, double duplication, double reordering, Set<String> explained) {
        FaultyLink link(long direction) {
            return new FaultyLink(2 * seed + direction, loss, duplication, reordering);
        }
    }

    static Stream<Arguments> everyFault() {
        List<Faults> kinds =
                List.of(
                        new Faults(1, 0.02, 0, 0, Set.of()),
                        new Faults(2, 0, 0.02, 0, OF_LATE_SEGMENTS),
                        new Faults(3, 0, 0, 0.03, OF_LATE_SEGMENTS),
                        new Faults(4, 0.01, 0.01, 0.02, OF_LATE_SEGMENTS));
        return kinds.stream()
                .flatMap(f ->
                        Stream.of(
                                Arguments.of(f, Dialler.WE, true),
                                Arguments.of(f, Dialler.KERNEL, true),
                                Arguments.of(f, Dialler.WE, false),
                                Arguments.of(f, Dialler.KERNEL, false)));
    }

    @ParameterizedTest
    @MethodSource("everyFault")
    void everyByteArrives(Faults faults, Dialler who, boolean sack) throws Exception {
        FaultyLink toUs = faults.link(0);
        FaultyLink toKernel = faults.link(1);
        try (KernelPair pair = KernelPair.start(1420, b -> b, toUs, toKernel)) {
            pair.kernel.set("ipv4/tcp_sack", sack ? "1" : "0");
            try (Ends ends = pair.connect(who, true, new StackStream(4 * MIB))) {
                pair.exchange(ends, 4 * MIB);
            }
            assertThat(toKernel.faults()).as("faults on the cable").isGreaterThan(20);
            assertThat(pair.anomalies().keySet()).isSubsetOf(faults.explained);
        }
    }
}
