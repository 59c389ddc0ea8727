package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.interop.KernelPair.Dialler;
import io.culvert.netstack.CloseCause;
import io.culvert.netstack.TcpConnection;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Many connections with the kernel's TCP, one after the other and all at once. */
@Timeout(120)
class KernelCrowdInteropTest {
    private static final int IN_SEQUENCE = 10_000;
    private static final int AT_ONCE = 1_000;
    private static final int PORT = 80;

    /** Bytes of a connection, each way: less than a segment, and more than ten. */
    private static long length(int number) {
        return 1 + number * 7919L % 16_384;
    }

    @ParameterizedTest
    @EnumSource
    void tenThousandInSequence(Dialler who) throws IOException {
        try (KernelPair pair = KernelPair.start();
                ServerSocketChannel listener = pair.kernel.listen(false, PORT)) {
            boolean _ = pair.host.call(() -> listen(pair));
            for (int i = 0; i < IN_SEQUENCE; i++) {
                exchange(pair, who, listener, length(i));
            }
            everythingIsOver(pair, who, IN_SEQUENCE);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aThousandAtOnce(Dialler who) throws IOException {
        try (KernelPair pair = KernelPair.start();
                ServerSocketChannel listener = pair.kernel.listen(false, PORT)) {
            boolean _ = pair.host.call(() -> listen(pair));
            try (Concurrently all = new Concurrently()) {
                for (int i = 0; i < AT_ONCE; i++) {
                    long length = length(i);
                    all.run(() -> exchange(pair, who, listener, length));
                }
            }
            everythingIsOver(pair, who, AT_ONCE);
        }
    }

    private static boolean listen(KernelPair pair) {
        var _ = pair.host.stack.listen(null, PORT, _ -> StackStream.answering());
        return true;
    }

    /** Who dials sends that much; the other end answers with as much. */
    private static void exchange(
            KernelPair pair, Dialler who, ServerSocketChannel listener, long length)
            throws IOException {
        if (who == Dialler.KERNEL) {
            try (SocketChannel channel = pair.kernel.socket(false)) {
                channel.connect(new InetSocketAddress(KernelHost.OURS4, PORT));
                KernelStream kernels = new KernelStream(channel).send(length).finish();
                assertThat(kernels.receiveToEnd()).isEqualTo(length);
            }
            return;
        }
        StackStream ours = new StackStream(length);
        TcpConnection _ =
                pair.host.call(() ->
                        pair.host.stack.connect(
                                new InetSocketAddress(KernelHost.KERNEL4, PORT), ours));
        try (KernelStream kernels = new KernelStream(listener.accept())) {
            kernels.send(kernels.receiveToEnd()).finish();
        }
        assertThat(ours.awaitEnd()).isEqualTo(length);
        assertThat(ours.awaitClosed()).isEqualTo(CloseCause.CLOSED);
    }

    private static void everythingIsOver(KernelPair pair, Dialler who, int connections) {
        Map<String, Long> kernels = pair.kernel.counters();
        String opens = who == Dialler.WE ? "TcpPassiveOpens" : "TcpActiveOpens";
        assertThat(kernels).containsEntry(opens, (long) connections);
        assertThat(kernels).containsEntry("TcpEstabResets", 0L);
        assertThat(pair.anomalies()).isEmpty();
        KernelPair.await(() -> pair.host.call(pair.host.stack::liveFlows), n -> n == 0);
    }
}
