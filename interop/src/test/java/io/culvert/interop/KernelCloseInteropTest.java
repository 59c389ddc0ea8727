package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.culvert.interop.KernelPair.Dialler;
import io.culvert.interop.KernelPair.Ends;
import io.culvert.netstack.CloseCause;
import io.culvert.netstack.TcpConnection;
import io.culvert.netstack.TcpState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every way in which a connection with the kernel's TCP ends. */
@Timeout(60)
class KernelCloseInteropTest {
    private static final int MIB = 1 << 20;

    private final KernelPair pair = KernelPair.start();

    @AfterEach
    void close() {
        pair.close();
    }

    private Ends connect(Dialler who, StackStream ours) throws IOException {
        return pair.connect(who, false, ours);
    }

    private void run(Ends ends, Consumer<TcpConnection> call) {
        boolean _ =
                pair.host.call(() -> {
                    call.accept(ends.connection());
                    return true;
                });
    }

    @ParameterizedTest
    @EnumSource
    void weSendOnAfterTheKernelsEndOfStream(Dialler who) throws IOException {
        try (Ends ends = connect(who, new StackStream(0).keepsOutputOpen())) {
            ends.kernels().send(1000).finish();
            assertThat(ends.ours().awaitEnd()).isEqualTo(1000);
            run(ends, c -> ends.ours().sendLast(c, MIB));
            assertThat(ends.kernels().receiveToEnd()).isEqualTo(MIB);
            assertThat(ends.ours().awaitClosed()).isEqualTo(CloseCause.CLOSED);
        }
        assertThat(pair.anomalies()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void theKernelSendsOnAfterOurEndOfStream(Dialler who) throws IOException {
        try (Ends ends = connect(who, new StackStream(1000))) {
            assertThat(ends.kernels().receiveToEnd()).isEqualTo(1000);
            pair.await(ends, i -> i.state() == TcpState.FIN_WAIT_2);
            ends.kernels().send(MIB).finish();
            assertThat(ends.ours().awaitEnd()).isEqualTo(MIB);
            assertThat(ends.ours().awaitClosed()).isEqualTo(CloseCause.CLOSED);
        }
        assertThat(pair.anomalies()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void theKernelClosesWhileDataIsUnread(Dialler who) throws IOException {
        try (Ends ends = connect(who, new StackStream(100).keepsOutputOpen())) {
            pair.await(ends, i -> i.delivered() >= 100);
            ends.kernels().close();
            assertThat(ends.ours().awaitClosed()).isEqualTo(CloseCause.RESET);
        }
    }

    @ParameterizedTest
    @EnumSource
    void weCloseWhileDataIsUnread(Dialler who) throws IOException {
        StackStream ours = new StackStream(0).keepsOutputOpen().readsNothing();
        try (Ends ends = connect(who, ours)) {
            ends.kernels().send(100);
            pair.await(ends, i -> i.available() == 100);
            run(ends, TcpConnection::close);
            assertThatThrownBy(() -> ends.kernels().receiveToEnd())
                    .isInstanceOf(SocketException.class)
                    .hasMessageContaining("reset");
        }
    }

    @ParameterizedTest
    @EnumSource
    void theKernelResets(Dialler who) throws IOException {
        try (Ends ends = connect(who, new StackStream(0).keepsOutputOpen())) {
            ends.kernels().channel.setOption(StandardSocketOptions.SO_LINGER, 0);
            ends.kernels().close();
            assertThat(ends.ours().awaitClosed()).isEqualTo(CloseCause.RESET);
        }
    }

    @ParameterizedTest
    @EnumSource
    void weReset(Dialler who) throws IOException {
        try (Ends ends = connect(who, new StackStream(0).keepsOutputOpen())) {
            run(ends, TcpConnection::abort);
            assertThatThrownBy(() -> ends.kernels().receiveToEnd())
                    .isInstanceOf(SocketException.class)
                    .hasMessageContaining("reset");
            assertThat(ends.ours().awaitClosed()).isEqualTo(CloseCause.ABORTED);
        }
    }

    @ParameterizedTest
    @EnumSource
    void weSendToAKernelThatReadsNoMore(Dialler who) throws IOException {
        try (Ends ends = connect(who, new StackStream(0).keepsOutputOpen())) {
            ends.kernels().close();
            ends.ours().awaitEnd();
            run(ends, c -> ends.ours().sendLast(c, 1000));
            assertThat(ends.ours().awaitClosed()).isEqualTo(CloseCause.RESET);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theKernelSendsToUsWhoReadNoMore(Dialler who) throws IOException {
        try (Ends ends = connect(who, new StackStream(0).keepsOutputOpen())) {
            run(ends, TcpConnection::close);
            assertThat(ends.kernels().receiveToEnd()).isZero();
            Map<String, Long> before = pair.kernel.counters();
            ends.kernels().send(1000);
            pair.awaitCounted(before, "TcpEstabResets", 1);
            assertThat(ends.ours().awaitClosed()).isEqualTo(CloseCause.CLOSED);
            assertThatThrownBy(() -> ends.kernels().send(1000)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void aClosedPortOfTheKernelsRefusesUs() {
        StackStream ours = new StackStream(0);
        InetSocketAddress nobody = new InetSocketAddress(KernelHost.KERNEL6, 9);
        TcpConnection _ = pair.host.call(() -> pair.host.stack.connect(nobody, ours));
        assertThat(ours.awaitClosed()).isEqualTo(CloseCause.REFUSED);
    }

    @Test
    void aClosedPortOfOursRefusesTheKernel() throws IOException {
        try (SocketChannel channel = pair.kernel.socket(true)) {
            InetSocketAddress nobody = new InetSocketAddress(KernelHost.OURS6, 9);
            assertThatThrownBy(() -> channel.connect(nobody)).isInstanceOf(ConnectException.class);
        }
    }

    /** Documented: URG is ignored and the byte is one of the stream (RFC 9293, 3.8.5). */
    @ParameterizedTest
    @EnumSource
    void urgentDataIsDataOfTheStream(Dialler who) throws IOException {
        try (Ends ends = connect(who, new StackStream(0))) {
            ends.kernels().send(1000).sendUrgent().send(70_000).sendUrgent().finish();
            assertThat(ends.ours().awaitEnd()).isEqualTo(71_002);
        }
        assertThat(pair.anomalies()).isEmpty();
    }

    /** Our end closes first, so its addresses rest here while the kernel's are free again. */
    @Test
    void theKernelMayUseTheSameAddressesAgainAtOnce() throws IOException {
        var _ = pair.host.call(() -> pair.host.stack.listen(null, 80, _ -> new StackStream(500)));
        for (int i = 0; i < 50; i++) {
            AtomicReference<SocketChannel> connected = new AtomicReference<>();
            KernelPair.await(() -> connectAgain(connected), done -> done);
            try (KernelStream kernels = new KernelStream(connected.get())) {
                assertThat(kernels.receiveToEnd()).isEqualTo(500);
                kernels.send(500).finish();
            }
        }
        assertThat(pair.host.call(() -> pair.host.stack.counters().tcp.timeWaitReused))
                .isEqualTo(49);
        assertThat(pair.kernel.counters()).containsEntry("TcpExtTCPSynRetrans", 0L);
    }

    /** False: the kernel has not yet heard that its last segment arrived. */
    private boolean connectAgain(AtomicReference<SocketChannel> connected) {
        try {
            SocketChannel channel = pair.kernel.socket(false);
            try {
                channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
                channel.bind(new InetSocketAddress(KernelHost.KERNEL4, 40_000));
                channel.connect(new InetSocketAddress(KernelHost.OURS4, 80));
                connected.set(channel);
                return true;
            } catch (BindException _) {
                channel.close();
                return false;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
