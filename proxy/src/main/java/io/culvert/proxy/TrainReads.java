package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;

/**
 * Sizes what is read from a local connection at once: as much as came the last times, but not more
 * than fills one train of segments of the tunnel. 64 KiB would be a train and three segments more,
 * the last one short, and so twice the system calls for them. Told this bound, Netty would stop at
 * the power of two below it.
 *
 * <p>After a whole train nothing more is read in this turn: what is left then would be a short
 * train, and by the next turn the application has filled it up (decision 0015).
 */
final class TrainReads extends AdaptiveRecvByteBufAllocator {
    /**
     * 44 segments of 1368 bytes (MTU 1420, IPv4, timestamps); 45 of 1348 (IPv6). A train holds 45
     * of these, as a UDP datagram has at most 65,507 bytes.
     */
    static final int MOST = 44 * 1368;

    @Override
    @SuppressWarnings("deprecation") // of Handle, which Netty's own allocators still return
    public Handle newHandle() {
        return new Reads((ExtendedHandle) super.newHandle());
    }

    private static final class Reads extends RecvByteBufAllocator.DelegatingHandle
            implements ExtendedHandle {
        private final ExtendedHandle adaptive;

        Reads(ExtendedHandle adaptive) {
            super(adaptive);
            this.adaptive = adaptive;
        }

        @Override
        public ByteBuf allocate(ByteBufAllocator alloc) {
            return alloc.ioBuffer(guess());
        }

        @Override
        public int guess() {
            return Math.min(adaptive.guess(), WaitingBytes.SHARED.perRead());
        }

        @Override
        public boolean continueReading() {
            return !hadAll() && super.continueReading();
        }

        @Override
        public boolean continueReading(UncheckedBooleanSupplier maybeMore) {
            return !hadAll() && adaptive.continueReading(maybeMore);
        }

        private boolean hadAll() {
            return lastBytesRead() >= WaitingBytes.SHARED.perRead();
        }
    }
}
