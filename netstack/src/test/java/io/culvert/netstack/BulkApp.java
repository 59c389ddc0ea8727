package io.culvert.netstack;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Writes as much as it may: everything, or what it was allowed so far. */
final class BulkApp implements TcpHandler {
    /** Written over and over; nobody looks at the bytes here. */
    private static final MemorySegment BYTES = Arena.ofAuto().allocate(1 << 16);

    private static final Lease NOBODYS = () -> {};

    @Nullable DumbbellHost host;
    private @Nullable TcpConnection connection;

    /** Bytes that may still be written. */
    private long allowance;

    long written;

    private BulkApp(long allowance) {
        this.allowance = allowance;
    }

    static BulkApp unlimited() {
        return new BulkApp(Long.MAX_VALUE / 2);
    }

    static BulkApp of(long bytes) {
        return new BulkApp(bytes);
    }

    boolean isConnected() {
        return connection != null;
    }

    TcpConnection connection() {
        return Objects.requireNonNull(connection, "not connected");
    }

    TcpSender sender() {
        return connection().sender();
    }

    /** Lets it write more, at once. */
    void allow(long bytes) {
        allowance += bytes;
        if (connection != null) {
            write(connection);
            Objects.requireNonNull(host).turn(true);
        }
    }

    @Override
    public void connected(TcpConnection c) {
        connection = c;
        write(c);
    }

    @Override
    public void readable(TcpConnection c) {}

    @Override
    public void writable(TcpConnection c) {
        write(c);
    }

    private void write(TcpConnection c) {
        int space = c.sendSpace();
        while (allowance > 0 && space > 0) {
            int length = (int) Math.min(Math.min(allowance, space), BYTES.byteSize());
            c.write(BYTES, 0, length, NOBODYS);
            allowance -= length;
            written += length;
            space = c.sendSpace();
        }
    }

    @Override
    public void closed(TcpConnection c, CloseCause cause) {
        throw new AssertionError("closed: " + cause);
    }
}
