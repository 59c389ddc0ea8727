package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.interop.KernelPair.Dialler;
import io.culvert.interop.KernelPair.Ends;
import io.culvert.netstack.TcpConnection;
import java.net.StandardSocketOptions;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A reader that stops, at either end of a connection with the kernel's TCP. */
@Execution(ExecutionMode.CONCURRENT)
@Timeout(60)
class KernelWindowInteropTest {
    private static final int MIB = 1 << 20;

    @ParameterizedTest
    @EnumSource
    void theKernelsReaderStopsAndGoesOn(Dialler who) throws Exception {
        try (KernelPair pair = KernelPair.start()) {
            pair.kernel.set("ipv4/tcp_rmem", "4096 65536 65536");
            try (Ends ends = pair.connect(who, false, new StackStream(4 * MIB))) {
                pair.await(ends, i -> i.sendWindow() == 0 && i.inflight() == 0);
                Map<String, Long> before = pair.kernel.counters();
                pair.awaitCounted(before, "TcpInSegs", 2); // probes
                ends.kernels().receive(MIB);
                pair.await(ends, i -> i.sendWindow() == 0 && i.inflight() == 0);
                assertThat(ends.kernels().receiveToEnd()).isEqualTo(4 * MIB);
                ends.kernels().finish();
                ends.ours().awaitClosed();
            }
            // A probe is a byte of new data, which must lie beyond a window of 0.
            assertThat(pair.anomalies()).containsOnlyKeys("TcpExtBeyondWindow");
        }
    }

    @ParameterizedTest
    @EnumSource
    void ourReaderStopsAndGoesOn(Dialler who) throws Exception {
        try (KernelPair pair = KernelPair.start()) {
            StackStream ours = new StackStream(0).readsNothing();
            try (Ends ends = pair.connect(who, false, ours);
                    Concurrently sending = new Concurrently()) {
                sending.run(() -> ends.kernels().send(4 * MIB).finish());
                pair.await(ends, i -> i.receiveWindow() == 0);
                pair.awaitCounted(pair.kernel.counters(), "TcpExtTCPWinProbe", 2);
                read(pair, ends);
                assertThat(ours.awaitEnd()).isEqualTo(4 * MIB);
            }
            assertThat(pair.anomalies()).isEmpty();
        }
    }

    private static void read(KernelPair pair, Ends ends) {
        TcpConnection _ =
                pair.host.call(() -> {
                    ends.ours().reads = true;
                    ends.ours().read(ends.connection());
                    return ends.connection();
                });
    }

    /** Linux gives such a socket 2304 bytes: windows of less than two segments. */
    @ParameterizedTest
    @EnumSource
    void theKernelsBufferIsTheSmallestThereIs(Dialler who) throws Exception {
        try (KernelPair pair = KernelPair.start()) {
            pair.kernel.set("ipv4/tcp_rmem", "2304 2304 2304");
            try (Ends ends =
                    pair.connect(
                            who,
                            false,
                            new StackStream(MIB),
                            s -> s.setOption(StandardSocketOptions.SO_SNDBUF, 4096))) {
                pair.exchange(ends, MIB);
            }
            assertThat(pair.anomalies()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void ourBufferIsTheSmallestThereIs(Dialler who) throws Exception {
        try (KernelPair pair =
                KernelPair.start(1420, b -> b.receiveBuffer(4096).maxReceiveBuffer(4096))) {
            pair.exchange(who, false, MIB);
            assertThat(pair.anomalies()).isEmpty();
        }
    }
}
