package io.culvert.netstack;

import java.util.function.Function;

/** A port that takes connections. Belongs to the stack's thread. */
public final class TcpListener {
    private final TcpLayer layer;
    private final boolean anyAddress;
    private final long localHi;
    private final long localLo;
    private final int port;
    private final int backlog;
    private final Function<TcpConnection, TcpHandler> accept;
    private int halfOpen;
    private boolean closed;

    TcpListener(
            TcpLayer layer,
            boolean anyAddress,
            long localHi,
            long localLo,
            int port,
            Function<TcpConnection, TcpHandler> accept) {
        this.layer = layer;
        this.anyAddress = anyAddress;
        this.localHi = localHi;
        this.localLo = localLo;
        this.port = port;
        this.accept = accept;
        backlog = layer.settings.backlog();
    }

    public int port() {
        return port;
    }

    /** Takes no more connections; those that are half open are reset. */
    public void close() {
        if (!closed) {
            closed = true;
            layer.removeListener(this);
        }
    }

    boolean hears(long addressHi, long addressLo, int destinationPort) {
        return port == destinationPort
                && (anyAddress || (localLo == addressLo && localHi == addressHi));
    }

    boolean conflicts(boolean otherAny, long otherHi, long otherLo, int otherPort) {
        return port == otherPort
                && (anyAddress || otherAny || (localLo == otherLo && localHi == otherHi));
    }

    /** Room for one more half-open connection. */
    boolean admits() {
        return halfOpen < backlog;
    }

    void opened() {
        halfOpen++;
    }

    /** A half-open connection became whole, or went. */
    void completed() {
        halfOpen--;
    }

    TcpHandler accept(TcpConnection c) {
        return accept.apply(c);
    }
}
