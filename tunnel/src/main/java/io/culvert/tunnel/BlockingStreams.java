package io.culvert.tunnel;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The last handler of a channel whose users are threads that block: a bounded queue towards the
 * reader, and for the writer a wait while the channel isn't writable. The event loop never waits.
 */
final class BlockingStreams extends ChannelInboundHandlerAdapter {
    /** Bytes waiting for the reader at which the channel stops reading, and goes on again. */
    private static final int HIGH_WATER = 256 << 10;

    private static final int LOW_WATER = 64 << 10;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<ByteBuf> queue = new ArrayDeque<>();
    private final InputStream input = new Input();
    private final OutputStream output = new Output();
    private final Channel channel;
    private int queued;
    private boolean paused;
    private boolean ended;
    private boolean closed;
    private @Nullable Throwable failure;
    private volatile int timeoutMillis;

    BlockingStreams(Channel channel) {
        this.channel = channel;
    }

    InputStream input() {
        return input;
    }

    OutputStream output() {
        return output;
    }

    /** Longest wait of a read in milliseconds, 0 = without limit. */
    void timeout(int millis) {
        timeoutMillis = millis;
    }

    int timeout() {
        return timeoutMillis;
    }

    /** Closes behind what was written; threads that wait get an exception. */
    void close() {
        lock.lock();
        try {
            closed = true;
            queue.forEach(ByteBuf::release);
            queue.clear();
            queued = 0;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf buffer = (ByteBuf) message;
        lock.lock();
        try {
            if (closed) {
                buffer.release();
                return;
            }
            queue.add(buffer);
            queued += buffer.readableBytes();
            if (queued >= HIGH_WATER && !paused) {
                paused = true;
                channel.config().setAutoRead(false);
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        wakeAll();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            end(null);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        end(cause);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        end(null);
    }

    private void end(@Nullable Throwable cause) {
        lock.lock();
        try {
            ended = true;
            if (failure == null) {
                failure = cause;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void wakeAll() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void check() throws IOException {
        if (closed) {
            throw new SocketException("Socket closed");
        }
        Throwable cause = failure;
        if (cause != null) {
            throw new SocketException(String.valueOf(cause.getMessage()), cause);
        }
    }

    private final class Input extends InputStream {
        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            lock.lock();
            try {
                await();
                ByteBuf head = queue.peek();
                if (head == null) {
                    return -1;
                }
                int count = Math.min(length, head.readableBytes());
                head.readBytes(target, offset, count);
                if (!head.isReadable()) {
                    queue.remove();
                    head.release();
                }
                taken(count);
                return count;
            } finally {
                lock.unlock();
            }
        }

        private void await() throws IOException {
            long left = TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
            boolean limited = left > 0;
            while (queue.isEmpty()) {
                check();
                if (ended) {
                    return;
                }
                try {
                    if (!limited) {
                        changed.await();
                    } else if (left <= 0) {
                        throw new SocketTimeoutException("Read timed out");
                    } else {
                        left = changed.awaitNanos(left);
                    }
                } catch (InterruptedException e) {
                    throw interrupted();
                }
            }
        }

        private void taken(int count) {
            queued -= count;
            if (paused && queued <= LOW_WATER) {
                paused = false;
                channel.config().setAutoRead(true);
            }
        }

        @Override
        public int available() throws IOException {
            lock.lock();
            try {
                if (closed) {
                    throw new SocketException("Socket closed");
                }
                return queued;
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void close() {
            BlockingStreams.this.close();
        }
    }

    private final class Output extends OutputStream {
        private static final int LARGEST_PIECE = 64 << 10;

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] source, int offset, int length) throws IOException {
            for (int done = 0; done < length; ) {
                int piece = Math.min(LARGEST_PIECE, length - done);
                awaitWritable();
                ByteBuf buffer = channel.alloc().directBuffer(piece);
                buffer.writeBytes(source, offset + done, piece);
                channel.writeAndFlush(buffer)
                        .addListener(f -> {
                            if (!f.isSuccess()) {
                                end(f.cause());
                            }
                        });
                done += piece;
            }
        }

        private void awaitWritable() throws IOException {
            lock.lock();
            try {
                check();
                while (!channel.isWritable()) {
                    if (!channel.isActive()) {
                        throw new SocketException("Broken pipe");
                    }
                    changed.await();
                    check();
                }
            } catch (InterruptedException e) {
                throw interrupted();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void close() {
            BlockingStreams.this.close();
        }
    }

    private static InterruptedIOException interrupted() {
        Thread.currentThread().interrupt();
        return new InterruptedIOException("interrupted");
    }
}
