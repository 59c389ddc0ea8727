package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AbstractChannel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A connection to something inside this program: what is written goes to a peer on the same event
 * loop, and what the peer feeds is read. Both directions end on their own.
 */
final class MemoryChannel extends AbstractChannel implements DuplexChannel {
    private static final ChannelMetadata METADATA = new ChannelMetadata(false, 16);

    /** What may wait for a reader who doesn't read. */
    private static final int MAX_FED = 512;

    /** The other end. */
    interface Peer {
        /** Takes what was written. */
        void received(ByteBuf bytes);

        /** Nothing more will be written. */
        void ended();
    }

    private final ChannelConfig config = new DefaultChannelConfig(this);
    private final Peer peer;
    private final Queue<ByteBuf> fed = new ArrayDeque<>();
    private volatile boolean closed;
    private volatile boolean outputShutdown;
    private volatile boolean inputShutdown;
    private boolean fedEnd;
    private boolean reading;

    /** A channel that is connected as soon as it is registered. */
    MemoryChannel(Function<MemoryChannel, Peer> peer) {
        super(null);
        this.peer = peer.apply(this);
    }

    /** The peer says something; taken over. Event loop only. */
    void feed(ByteBuf bytes) {
        if (closed || fedEnd) {
            bytes.release();
            return;
        }
        fed.add(bytes);
        if (fed.size() > MAX_FED) {
            var _ = close();
        }
        deliver();
    }

    /** The peer says no more. Event loop only. */
    void feedEnd() {
        fedEnd = true;
        deliver();
    }

    private void deliver() {
        if (!reading || closed || (fed.isEmpty() && !fedEnd)) {
            return;
        }
        reading = false;
        boolean any = !fed.isEmpty();
        for (ByteBuf bytes = fed.poll(); bytes != null; bytes = fed.poll()) {
            pipeline().fireChannelRead(bytes);
        }
        if (any) {
            pipeline().fireChannelReadComplete();
        }
        if (fedEnd && !inputShutdown) {
            inputShutdown = true;
            pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        }
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    public ChannelConfig config() {
        return config;
    }

    @Override
    public boolean isOpen() {
        return !closed;
    }

    @Override
    public boolean isActive() {
        return !closed && isRegistered();
    }

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new AbstractUnsafe() {
            @Override
            public void connect(
                    SocketAddress remote, @Nullable SocketAddress local, ChannelPromise promise) {
                promise.tryFailure(new UnsupportedOperationException("connected already"));
            }
        };
    }

    @Override
    protected boolean isCompatible(EventLoop loop) {
        return true;
    }

    @Override
    protected void doRegister(ChannelPromise promise) {
        promise.setSuccess();
    }

    @Override
    protected @Nullable SocketAddress localAddress0() {
        return null;
    }

    @Override
    protected @Nullable SocketAddress remoteAddress0() {
        return null;
    }

    @Override
    protected void doBind(SocketAddress local) {
        throw new UnsupportedOperationException("has no address");
    }

    @Override
    protected void doDisconnect() {
        doClose();
    }

    @Override
    protected void doClose() {
        closed = true;
        fed.forEach(ReferenceCountUtil::release);
        fed.clear();
    }

    @Override
    protected void doBeginRead() {
        reading = true;
        eventLoop().execute(this::deliver);
    }

    @Override
    protected void doWrite(ChannelOutboundBuffer out) {
        for (Object message = out.current(); message != null; message = out.current()) {
            ByteBuf bytes = ((ByteBuf) message).retain();
            out.remove();
            // Not from within the writer's call.
            eventLoop().execute(() -> peer.received(bytes));
        }
    }

    @Override
    protected Object filterOutboundMessage(Object message) {
        if (message instanceof ByteBuf) {
            return message;
        }
        throw new UnsupportedOperationException("can't write a " + message.getClass());
    }

    @Override
    protected void doShutdownOutput() {
        outputShutdown = true;
        eventLoop().execute(peer::ended);
    }

    @Override
    public boolean isOutputShutdown() {
        return outputShutdown || closed;
    }

    @Override
    public boolean isInputShutdown() {
        return inputShutdown || closed;
    }

    @Override
    public boolean isShutdown() {
        return isInputShutdown() && isOutputShutdown();
    }

    @Override
    public ChannelFuture shutdownOutput() {
        return shutdownOutput(newPromise());
    }

    @Override
    public ChannelFuture shutdownOutput(ChannelPromise promise) {
        onLoop(() -> ((AbstractUnsafe) unsafe()).shutdownOutput(promise));
        return promise;
    }

    @Override
    public ChannelFuture shutdownInput() {
        return shutdownInput(newPromise());
    }

    @Override
    public ChannelFuture shutdownInput(ChannelPromise promise) {
        onLoop(() -> {
            inputShutdown = true;
            promise.trySuccess();
        });
        return promise;
    }

    @Override
    public ChannelFuture shutdown() {
        return shutdown(newPromise());
    }

    @Override
    public ChannelFuture shutdown(ChannelPromise promise) {
        var _ = shutdownInput();
        return shutdownOutput(promise);
    }

    private void onLoop(Runnable work) {
        if (eventLoop().inEventLoop()) {
            work.run();
        } else {
            eventLoop().execute(work);
        }
    }
}
