package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import io.netty.util.concurrent.FastThreadLocal;
import org.jspecify.annotations.Nullable;

/**
 * The memory into which the datagram sockets of an event loop are read, many datagrams by one
 * {@code recvmmsg}: one slab a loop, used again as soon as nobody holds any of its datagrams.
 * Whoever keeps a datagram for longer than it takes to send it on keeps a {@link #copy}, as it
 * would hold the whole slab.
 */
final class DatagramSlabs extends DefaultMaxMessagesRecvByteBufAllocator {

    /** Room for each: Netty cuts off what is longer, and nothing is. */
    static final int LONGEST = 1 << 16;

    /** Datagrams read at once; pages that are never written cost nothing. */
    private static final int AT_ONCE = 16;

    /** Read before other sockets of the loop have their turn. */
    private static final int A_TURN = 64;

    private final FastThreadLocal<Slab> slabs =
            new FastThreadLocal<>() {
                @Override
                protected Slab initialValue() {
                    return new Slab();
                }

                @Override
                protected void onRemoval(Slab slab) {
                    slab.release();
                }
            };

    DatagramSlabs() {
        super(A_TURN);
    }

    /** A datagram's content as it may be kept; the one given is released. */
    static ByteBuf copy(ByteBuf payload) {
        try {
            return payload.alloc().directBuffer(payload.readableBytes()).writeBytes(payload);
        } finally {
            payload.release();
        }
    }

    @Override
    @SuppressWarnings("deprecation") // of Handle, which Netty's own allocators still return
    public Handle newHandle() {
        return new MaxMessageHandle() {
            @Override
            public int guess() {
                return AT_ONCE * LONGEST;
            }

            @Override
            public ByteBuf allocate(ByteBufAllocator alloc) {
                return slabs.get().lend(alloc);
            }
        };
    }

    private static final class Slab {
        private @Nullable ByteBuf memory;

        ByteBuf lend(ByteBufAllocator alloc) {
            ByteBuf free = memory;
            if (free == null || free.refCnt() > 1) {
                release();
                free = alloc.directBuffer(AT_ONCE * LONGEST);
                memory = free;
            }
            return free.clear().retain();
        }

        void release() {
            if (memory != null) {
                memory.release();
                memory = null;
            }
        }
    }
}
