package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelConfig;
import io.netty.channel.MaxMessagesRecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;

/**
 * Sizes what is read from a local connection at once: as much as came the last times, but not more
 * than fills one train of segments of the tunnel. 64 KiB would be a train and three segments more,
 * the last one short, and so twice the system calls for them.
 */
final class TrainReads implements MaxMessagesRecvByteBufAllocator {
    /**
     * 44 segments of 1368 bytes (MTU 1420, IPv4, timestamps); 45 of 1348 (IPv6). A train holds 45
     * of these, as a UDP datagram has at most 65,507 bytes.
     */
    static final int MOST = 44 * 1368;

    private final AdaptiveRecvByteBufAllocator adaptive = new AdaptiveRecvByteBufAllocator();

    @Override
    @SuppressWarnings("deprecation") // of Handle, which Netty's own allocators still return
    public Handle newHandle() {
        return new Reads((ExtendedHandle) adaptive.newHandle());
    }

    @Override
    public int maxMessagesPerRead() {
        return adaptive.maxMessagesPerRead();
    }

    @Override
    public MaxMessagesRecvByteBufAllocator maxMessagesPerRead(int most) {
        adaptive.maxMessagesPerRead(most);
        return this;
    }

    private static final class Reads implements ExtendedHandle {
        private final ExtendedHandle adaptive;

        Reads(ExtendedHandle adaptive) {
            this.adaptive = adaptive;
        }

        @Override
        public ByteBuf allocate(ByteBufAllocator alloc) {
            return alloc.ioBuffer(guess());
        }

        @Override
        public int guess() {
            return Math.min(adaptive.guess(), MOST);
        }

        @Override
        public void reset(ChannelConfig config) {
            adaptive.reset(config);
        }

        @Override
        public void incMessagesRead(int messages) {
            adaptive.incMessagesRead(messages);
        }

        @Override
        public void lastBytesRead(int bytes) {
            adaptive.lastBytesRead(bytes);
        }

        @Override
        public int lastBytesRead() {
            return adaptive.lastBytesRead();
        }

        @Override
        public void attemptedBytesRead(int bytes) {
            adaptive.attemptedBytesRead(bytes);
        }

        @Override
        public int attemptedBytesRead() {
            return adaptive.attemptedBytesRead();
        }

        @Override
        public boolean continueReading() {
            return adaptive.continueReading();
        }

        @Override
        public boolean continueReading(UncheckedBooleanSupplier maybeMore) {
            return adaptive.continueReading(maybeMore);
        }

        @Override
        public void readComplete() {
            adaptive.readComplete();
        }
    }
}
