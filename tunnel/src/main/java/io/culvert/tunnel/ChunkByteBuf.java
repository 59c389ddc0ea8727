package io.culvert.tunnel;

import io.culvert.netstack.Chunk;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledDirectByteBuf;

/**
 * Received bytes where the stack put them: a view of part of a {@link Chunk}, whose reference it
 * owns. The last {@code release}, on any thread, gives the chunk back.
 */
final class ChunkByteBuf extends UnpooledDirectByteBuf {
    private final Chunk chunk;

    ChunkByteBuf(ByteBufAllocator alloc, Chunk chunk, int offset, int length) {
        super(alloc, chunk.buffer().slice(offset, length), length);
        this.chunk = chunk;
    }

    @Override
    protected void deallocate() {
        super.deallocate();
        chunk.release();
    }
}
