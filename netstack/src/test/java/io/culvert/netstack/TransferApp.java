package io.culvert.netstack;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Sends a known stream, checks the one it receives byte for byte, and closes in order. */
final class TransferApp implements TcpHandler {
    private static final int BLOCK = 1 << 16;

    private final MemorySegment pattern = Arena.ofAuto().allocate(2 * BLOCK);
    private final long toSend;
    private final Random random;
    private final Received received = new Received();

    @Nullable TcpConnection connection;
    long sent;
    long receivedBytes;
    int leases;
    boolean connected;
    boolean ended;
    @Nullable CloseCause cause;

    /** When false, nothing is read. */
    boolean reading = true;

    /** Largest single write. */
    int largestWrite = 40_000;

    /** Whether the output is shut down when everything was sent. */
    boolean finishes = true;

    private boolean finished;

    TransferApp(long toSend, long seed) {
        this.toSend = toSend;
        random = new Random(seed);
        for (int i = 0; i < 2 * BLOCK; i++) {
            pattern.set(ValueLayout.JAVA_BYTE, i, byteAt(i));
        }
    }

    /** The stream repeats itself every 65536 bytes, but no 64 KiB look alike when shifted. */
    static byte byteAt(long position) {
        long x = (position & (BLOCK - 1)) * 0x9E3779B97F4A7C15L;
        return (byte) (x >>> 56 ^ x >>> 32);
    }

    @Override
    public void connected(TcpConnection c) {
        assertThat(connected).as("connected once").isFalse();
        connected = true;
        connection = c;
        send(c);
    }

    @Override
    public void readable(TcpConnection c) {
        assertThat(cause).isNull();
        read(c);
    }

    void read(TcpConnection c) {
        while (reading && c.read(received)) {
            Chunk chunk = Objects.requireNonNull(received.chunk);
            MemorySegment m = chunk.memory();
            long expectedAt = receivedBytes & (BLOCK - 1);
            long mismatch =
                    MemorySegment.mismatch(
                            m,
                            received.offset,
                            received.offset + received.length,
                            pattern,
                            expectedAt,
                            expectedAt + received.length);
            assertThat(mismatch).as("stream at " + receivedBytes).isEqualTo(-1);
            receivedBytes += received.length;
            chunk.release();
        }
        ended |= c.endOfStream();
    }

    @Override
    public void writable(TcpConnection c) {
        send(c);
    }

    void send(TcpConnection c) {
        int space = c.sendSpace();
        while (sent < toSend && space > 0) {
            int length = (int) Math.min(toSend - sent, 1 + random.nextInt(largestWrite));
            leases++;
            c.write(pattern, sent & (BLOCK - 1), length, () -> leases--);
            sent += length;
            space = c.sendSpace();
        }
        if (sent == toSend && finishes && !finished) {
            finished = true;
            c.shutdownOutput();
        }
    }

    @Override
    public void closed(TcpConnection c, CloseCause why) {
        assertThat(cause).as("closed once").isNull();
        cause = why;
        assertThat(leases).as("leases not given back").isZero();
    }
}
