package io.culvert.tunnel;

import io.culvert.netstack.Chunk;
import io.culvert.netstack.Received;
import io.culvert.netstack.TcpConnection;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;

/**
 * The receiving half of a {@link TunnelTcpChannel}: takes chunks from the connection while somebody
 * wants to read, and says when the stream ends. Event loop only, except {@link #isInputShutdown}.
 */
final class TunnelTcpReader {
    private final TunnelTcpChannel channel;
    private final Received received = new Received();
    private final Runnable readTask = this::scheduledRead;
    private volatile boolean inputShutdown;
    private boolean endReported;
    private boolean readPending;
    private boolean reading;
    private boolean readScheduled;

    TunnelTcpReader(TunnelTcpChannel channel) {
        this.channel = channel;
    }

    boolean isInputShutdown() {
        return inputShutdown;
    }

    void beginRead() {
        readPending = true;
        if (!reading && somethingToRead()) {
            schedule(); // not at once: a handler may be in the middle of something
        }
    }

    void stopReading() {
        if (channel.isRegistered() && channel.eventLoop().inEventLoop()) {
            readPending = false;
        }
    }

    /** The connection has data or the end of the stream. */
    void readable() {
        if (inputShutdown && !endReported) {
            discard();
        } else if (readPending) {
            read();
        }
    }

    /** The connection broke: hands out what arrived before, if it is wanted. */
    void readRest() {
        if (readPending && channel.isActive()) {
            read();
        }
    }

    /** The application wants no more: what still arrives is thrown away. */
    void shutdownInput() {
        if (inputShutdown) {
            return;
        }
        inputShutdown = true;
        readPending = false;
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        discard();
    }

    private void discard() {
        TcpConnection c = channel.connection();
        while (c != null && c.read(received)) {
            take().release();
        }
        channel.tunnel().wake();
    }

    private Chunk take() {
        Chunk chunk = received.chunk;
        if (chunk == null) {
            throw new IllegalStateException("a read without a chunk");
        }
        received.chunk = null;
        return chunk;
    }

    private boolean somethingToRead() {
        TcpConnection c = channel.connection();
        return c != null
                && channel.isActive()
                && !inputShutdown
                && (c.available() > 0 || c.endOfStream());
    }

    private void schedule() {
        if (!readScheduled) {
            readScheduled = true;
            channel.eventLoop().execute(readTask);
        }
    }

    private void scheduledRead() {
        readScheduled = false;
        if (readPending) {
            read();
        }
    }

    private void read() {
        TcpConnection c = channel.connection();
        if (reading || c == null || !channel.isActive() || inputShutdown) {
            return;
        }
        reading = true;
        try {
            readChunks(c);
        } finally {
            reading = false;
        }
        if (readPending && somethingToRead()) {
            schedule(); // the next share in another task, so that others get theirs
        }
    }

    private void readChunks(TcpConnection c) {
        ChannelPipeline pipeline = channel.pipeline();
        var handle = channel.unsafe().recvBufAllocHandle();
        handle.reset(channel.config());
        boolean any = false;
        boolean more = true;
        while (more && channel.isActive() && c.read(received)) {
            any = true;
            readPending = false;
            Chunk chunk = take();
            handle.attemptedBytesRead(received.length);
            handle.lastBytesRead(received.length);
            handle.incMessagesRead(1);
            pipeline.fireChannelRead(
                    new ChunkByteBuf(channel.alloc(), chunk, received.offset, received.length));
            more = handle.continueReading();
        }
        if (any) {
            handle.readComplete();
            pipeline.fireChannelReadComplete();
            channel.tunnel().wake(); // the window opened
        }
        if (more && channel.isActive() && c.endOfStream() && !inputShutdown) {
            readPending = false;
            endOfStream(pipeline);
        }
    }

    private void endOfStream(ChannelPipeline pipeline) {
        endReported = true;
        inputShutdown = true;
        if (!channel.tcpConfig().allowHalfClosure()) {
            var _ = channel.close();
            return;
        }
        pipeline.fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        pipeline.fireUserEventTriggered(ChannelInputShutdownReadComplete.INSTANCE);
    }
}
