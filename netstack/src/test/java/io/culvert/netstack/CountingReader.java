package io.culvert.netstack;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads all that comes, on every connection, and counts it. */
final class CountingReader implements TcpHandler {
    private final Received received = new Received();
    private @Nullable TcpConnection last;
    long bytes;

    /** The connection that was established last. */
    TcpConnection connection() {
        return Objects.requireNonNull(last, "not connected");
    }

    @Override
    public void connected(TcpConnection c) {
        last = c;
    }

    @Override
    public void readable(TcpConnection c) {
        while (c.read(received)) {
            bytes += received.length;
            Objects.requireNonNull(received.chunk).release();
        }
    }

    @Override
    public void writable(TcpConnection c) {}

    @Override
    public void closed(TcpConnection c, CloseCause cause) {}
}
