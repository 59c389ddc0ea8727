package io.culvert.interop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** The kernel's end of a connection: blocking calls on a socket of its namespace. */
final class KernelStream implements AutoCloseable {
    private static final int CHUNK = 1 << 16;

    final SocketChannel channel;
    private final StreamBytes outgoing;
    private final StreamBytes incoming;
    private final MemorySegment memory = Arena.ofAuto().allocate(CHUNK);
    private final ByteBuffer buffer = memory.asByteBuffer();
    private long sent;

    /** Bytes that arrived and were right. */
    private long arrived;

    KernelStream(SocketChannel connected) {
        channel = connected;
        try {
            InetSocketAddress local = (InetSocketAddress) connected.getLocalAddress();
            InetSocketAddress remote = (InetSocketAddress) connected.getRemoteAddress();
            outgoing = StreamBytes.between(local, remote);
            incoming = StreamBytes.between(remote, local);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends the next bytes. */
    KernelStream send(long length) throws IOException {
        long end = sent + length;
        while (sent < end) {
            ByteBuffer run = outgoing.run(sent, (int) Math.min(StreamBytes.RUN, end - sent));
            while (run.hasRemaining()) {
                sent += channel.write(run);
            }
        }
        return this;
    }

    /** Sends the next byte with {@code MSG_OOB}. */
    KernelStream sendUrgent() throws IOException {
        channel.socket().sendUrgentData(outgoing.run(sent, 1).get());
        sent++;
        return this;
    }

    KernelStream finish() throws IOException {
        channel.shutdownOutput();
        return this;
    }

    /** Receives the next bytes; false: the stream ended. */
    private boolean receiveSome(long most) throws IOException {
        buffer.clear().limit((int) Math.min(CHUNK, most));
        int n = channel.read(buffer);
        if (n < 0) {
            return false;
        }
        incoming.verify(memory, 0, n, arrived);
        arrived += n;
        return true;
    }

    /** Receives that many bytes. */
    KernelStream receive(long length) throws IOException {
        long end = arrived + length;
        while (arrived < end) {
            if (!receiveSome(end - arrived)) {
                throw new AssertionError("end of stream at " + arrived + ", not " + end);
            }
        }
        return this;
    }

    /** Receives up to the end of the stream; how many bytes there were in all. */
    long receiveToEnd() throws IOException {
        while (receiveSome(CHUNK)) {
            // the next piece
        }
        return arrived;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
