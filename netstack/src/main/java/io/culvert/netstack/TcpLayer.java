package io.culvert.netstack;

import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** All TCP state of a stack. */
@SuppressWarnings("DoNotCallSuggester")
final class TcpLayer {
    private final NetStack stack;

    TcpLayer(NetStack stack) {
        this.stack = stack;
    }

    /** A whole TCP packet; addresses are checked, header and checksum aren't. */
    void input(Packet p, long now) {
        stack.counters.tcpInSegs++;
    }

    void endBatch(long now) {}

    /** Writes the next packet at offset; 0 = none. Capacity is at least the MTU. */
    int pull(MemorySegment m, long offset, int capacity, long now) {
        return 0;
    }

    boolean hasOutput(long now) {
        return false;
    }

    /**
     * ICMP says something about a segment that we sent: {@code quoted} holds its addresses (source
     * is ours), its transport fields point at the quoted TCP header, at least 8 bytes.
     */
    void icmpError(Packet quoted, Unreachable kind, int mtu, long now) {}

    TcpConnection connect(InetSocketAddress remote, TcpHandler handler) {
        throw new UnsupportedOperationException();
    }

    TcpListener listen(
            @Nullable InetAddress local, int port, Function<TcpConnection, TcpHandler> accept) {
        throw new UnsupportedOperationException();
    }

    int liveFlows() {
        return 0;
    }

    void close() {}
}
