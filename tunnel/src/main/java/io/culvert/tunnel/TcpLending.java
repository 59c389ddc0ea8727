package io.culvert.tunnel;

import io.culvert.netstack.Lease;
import io.culvert.netstack.TcpConnection;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelOutboundBuffer;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * Lends the memory of outgoing buffers to a connection, without a copy. Each piece holds a
 * reference to its buffer until the connection gives it back.
 */
final class TcpLending {
    /** A rest up to this many bytes is lent with what goes before it rather than on its own. */
    private static final int SLIVER = 16 << 10;

    /** Memory that may lie idle in any buffer: copying small ones would gain nothing. */
    private static final int LEAST_WASTE = 4 << 10;

    private TcpLending() {}

    /**
     * The buffer itself when it is native memory and not mostly empty, which it would keep from
     * others until all is acknowledged; else a native copy (the original is released).
     */
    static ByteBuf lendable(ByteBuf buffer, ByteBufAllocator alloc) {
        int length = buffer.readableBytes();
        if (buffer.isDirect() && buffer.capacity() - 2 * length <= LEAST_WASTE) {
            return buffer;
        }
        ByteBuf copy = alloc.directBuffer(Math.max(length, 1));
        copy.writeBytes(buffer, buffer.readerIndex(), length);
        buffer.release();
        return copy;
    }

    /**
     * Lends as much of the flushed messages as the connection has room for.
     *
     * @return whether anything was lent
     */
    static boolean write(TcpConnection connection, ChannelOutboundBuffer in) {
        boolean lent = false;
        while (in.current() instanceof ByteBuf buffer) {
            int readable = buffer.readableBytes();
            if (readable == 0) {
                in.remove();
                continue;
            }
            int space = connection.sendSpace();
            if (space <= 0) {
                return lent;
            }
            int length = readable - space <= SLIVER ? readable : space;
            lend(connection, buffer, length);
            in.removeBytes(length);
            lent = true;
        }
        return lent;
    }

    private static void lend(TcpConnection connection, ByteBuf buffer, int length) {
        int at = buffer.readerIndex();
        if (buffer.nioBufferCount() == 1) {
            lend(connection, buffer, buffer.internalNioBuffer(at, length));
            return;
        }
        for (ByteBuffer component : buffer.nioBuffers(at, length)) {
            if (component.hasRemaining()) {
                lend(connection, buffer, component);
            }
        }
    }

    private static void lend(TcpConnection connection, ByteBuf owner, ByteBuffer memory) {
        MemorySegment segment = MemorySegment.ofBuffer(memory);
        connection.write(segment, 0, memory.remaining(), new BufferLease(owner.retain()));
    }

    private record BufferLease(ByteBuf buffer) implements Lease {
        @Override
        public void release() {
            buffer.release();
        }
    }
}
