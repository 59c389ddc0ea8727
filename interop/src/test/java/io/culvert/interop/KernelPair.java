package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.netstack.CloseCause;
import io.culvert.netstack.TcpConnection;
import io.culvert.netstack.TcpInfo;
import io.culvert.netstack.TcpSettings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** The kernel's TCP and ours with nothing but a cable between them. */
final class KernelPair implements AutoCloseable {
    private static final int FIRST_PORT = 5000;

    /** How often a condition is looked at, nanoseconds. */
    private static final long POLL = 2_000_000;

    /** Counters of {@code nstat} that stay at 0 between two ends that do everything right. */
    private static final Set<String> ANOMALIES =
            Set.of(
                    "TcpAttemptFails",
                    "TcpExtBeyondWindow",
                    "TcpExtPAWSActive",
                    "TcpExtPAWSEstab",
                    "TcpExtPAWSOldAck",
                    "TcpExtTCPACKSkippedChallenge",
                    "TcpExtTCPACKSkippedPAWS",
                    "TcpExtTCPACKSkippedSeq",
                    "TcpExtTCPACKSkippedSynRecv",
                    "TcpExtTCPAbortFailed",
                    "TcpExtTCPAbortOnData",
                    "TcpExtTCPAbortOnMemory",
                    "TcpExtTCPAbortOnTimeout",
                    "TcpExtTCPChallengeACK",
                    "TcpExtTCPMinTTLDrop",
                    "TcpExtTCPReqQFullDrop",
                    "TcpExtTCPSACKDiscard",
                    "TcpExtTCPSACKReneging",
                    "TcpExtTCPSYNChallenge",
                    "TcpExtTCPZeroWindowDrop",
                    "TcpExtTSEcrRejected",
                    "TcpInCsumErrors",
                    "TcpInErrs");

    /** Who opens the connection; the other one listens. */
    enum Dialler {
        WE,
        KERNEL
    }

    final KernelHost kernel;
    final TunHost host;
    private int listeners;

    /** An established connection, by its two ends. */
    record Ends(TcpConnection connection, StackStream ours, KernelStream kernels)
            implements AutoCloseable {
        @Override
        public void close() throws IOException {
            kernels.close();
        }
    }

    KernelPair(KernelHost kernel, TunHost host) {
        this.kernel = kernel;
        this.host = host;
    }

    static KernelPair start() {
        return start(1420, b -> b);
    }

    static KernelPair start(int mtu, UnaryOperator<TcpSettings.Builder> tcp) {
        return start(mtu, tcp, FaultyLink.none(), FaultyLink.none());
    }

    static KernelPair start(
            int mtu, UnaryOperator<TcpSettings.Builder> tcp, FaultyLink toUs, FaultyLink toKernel) {
        KernelHost kernel = KernelHost.start(mtu);
        return new KernelPair(kernel, new TunHost(kernel, mtu, tcp, toUs, toKernel));
    }

    /** An established connection whose end here is {@code ours}. */
    Ends connect(Dialler who, boolean v6, StackStream ours) throws IOException {
        return connect(who, v6, ours, _ -> {});
    }

    /** What a test does to the kernel's socket before it is connected. */
    interface Preparation {
        void prepare(SocketChannel socket) throws IOException;
    }

    Ends connect(Dialler who, boolean v6, StackStream ours, Preparation kernelsSocket)
            throws IOException {
        SocketChannel channel;
        if (who == Dialler.WE) {
            try (ServerSocketChannel listener = kernel.listen(v6, 0)) {
                dial((InetSocketAddress) listener.getLocalAddress(), ours);
                channel = listener.accept();
            }
            kernelsSocket.prepare(channel);
        } else {
            int port = FIRST_PORT + listeners++;
            listen(port, ours);
            channel = kernel.socket(v6);
            kernelsSocket.prepare(channel);
            channel.connect(new InetSocketAddress(KernelHost.ours(v6), port));
        }
        KernelStream kernels = new KernelStream(channel);
        return new Ends(ours.awaitConnected(), ours, kernels);
    }

    private void dial(InetSocketAddress remote, StackStream ours) {
        TcpConnection _ = host.call(() -> host.stack.connect(remote, ours));
    }

    /** Our listener, for one connection. */
    private void listen(int port, StackStream ours) {
        var _ = host.call(() -> host.stack.listen(null, port, _ -> ours));
    }

    /** Sends as much each way, checks it and closes; our end was made to send that length. */
    void exchange(Ends ends, long length) {
        KernelStream kernels = ends.kernels();
        try (Concurrently both = new Concurrently()) {
            both.run(() -> kernels.send(length).finish());
            both.run(() -> assertThat(kernels.receiveToEnd()).isEqualTo(length));
        }
        assertThat(ends.ours().awaitEnd()).isEqualTo(length);
        assertThat(ends.ours().awaitClosed()).isEqualTo(CloseCause.CLOSED);
    }

    /** One connection, opened by {@code who}, on which that goes well. */
    void exchange(Dialler who, boolean v6, long length) throws IOException {
        try (Ends ends = connect(who, v6, new StackStream(length))) {
            exchange(ends, length);
        }
    }

    TcpInfo info(Ends ends) {
        return host.call(() -> ends.connection().info());
    }

    /** Waits until the connection is so. */
    void await(Ends ends, Predicate<TcpInfo> condition) {
        await(() -> info(ends), condition);
    }

    /** Waits until the kernel counted so many more than {@code before}. */
    void awaitCounted(Map<String, Long> before, String counter, int more) {
        long end = before.getOrDefault(counter, 0L) + more;
        await(() -> kernel.counters().getOrDefault(counter, 0L), n -> n >= end);
    }

    static <T> void await(Supplier<T> look, Predicate<T> condition) {
        long end = System.nanoTime() + Lab.SOON.toNanos();
        T seen = look.get();
        while (!condition.test(seen)) {
            if (System.nanoTime() > end) {
                throw new AssertionError("it stays " + seen);
            }
            LockSupport.parkNanos(POLL);
            seen = look.get();
        }
    }

    /**
     * What the kernel counted and should not have: segments with wrong checksums, that it took for
     * old, challenged or could not make sense of.
     */
    Map<String, Long> anomalies() {
        Map<String, Long> all = new TreeMap<>(kernel.counters());
        all.keySet().retainAll(ANOMALIES);
        all.values().removeIf(n -> n == 0);
        return all;
    }

    @Override
    public void close() {
        try (kernel) {
            host.close();
        }
    }
}
