package io.culvert.bench;

import io.culvert.netstack.CloseCause;
import io.culvert.netstack.Received;
import io.culvert.netstack.TcpConnection;
import io.culvert.netstack.TcpHandler;
import org.jspecify.annotations.Nullable;

/** Reads and counts what connections bring, and doesn't expect them to end. */
final class DiscardingHandler implements TcpHandler {
    private final Received received = new Received();

    /** Bytes that were read. */
    long bytes;

    /** The last one that was connected. */
    @Nullable TcpConnection connection;

    @Override
    public void connected(TcpConnection c) {
        connection = c;
    }

    @Override
    public void readable(TcpConnection c) {
        while (c.read(received)) {
            bytes += received.length;
            received.chunk.release();
        }
    }

    @Override
    public void writable(TcpConnection c) {}

    @Override
    public void closed(TcpConnection c, CloseCause cause) {
        throw new IllegalStateException("closed: " + cause);
    }
}
