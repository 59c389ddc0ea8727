package io.culvert.proxy;

import io.culvert.tunnel.TunnelDatagramChannel;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A port that is one Netty datagram channel, opened with the first datagram. What comes before it
 * is open waits, a little; what comes while its queue is full is dropped.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a datagram that can't be written is lost, as any
final class DatagramPort implements UdpPort {

    /** Datagrams that may wait for the channel. */
    static final int MAX_WAITING = 64;

    private final EventLoop loop;
    private final UdpReceiver receiver;
    private final Function<ChannelHandler, Future<Channel>> open;
    private final Predicate<InetSocketAddress> allowed;
    private final Queue<DatagramPacket> waiting = new ArrayDeque<>();
    private @Nullable Future<Channel> opening;
    private @Nullable Channel channel;
    private boolean closed;

    /**
     * A port that is not open yet.
     *
     * @param open makes a channel of {@link DatagramPacket}s with the given handler, on any loop
     * @param allowed tells to which destinations datagrams may go; others are dropped
     */
    DatagramPort(
            EventLoop loop,
            UdpReceiver receiver,
            Function<ChannelHandler, Future<Channel>> open,
            Predicate<InetSocketAddress> allowed) {
        this.loop = loop;
        this.receiver = receiver;
        this.open = open;
        this.allowed = allowed;
    }

    @Override
    public void send(InetSocketAddress destination, ByteBuf payload) {
        if (closed || !allowed.test(destination)) {
            payload.release();
            receiver.unreached(destination, Failure.DENIED);
            return;
        }
        Channel to = channel;
        if (to != null && hasRoom(to)) {
            to.write(new DatagramPacket(payload, destination), to.voidPromise());
        } else if (to == null && waiting.size() < MAX_WAITING) {
            waiting.add(new DatagramPacket(DatagramSlabs.copy(payload), destination));
            begin();
        } else {
            payload.release();
        }
    }

    @Override
    public boolean isWritable() {
        Channel to = channel;
        return to == null ? waiting.size() < MAX_WAITING : to.isWritable();
    }

    @Override
    public void flush() {
        if (channel != null) {
            channel.flush();
        }
    }

    @Override
    public void close() {
        closed = true;
        waiting.forEach(DatagramPacket::release);
        waiting.clear();
        if (channel != null) {
            channel.close();
        }
    }

    /**
     * Whether a channel takes another datagram: what has been written waits for the end of the
     * batch, and leaves now if it fills the channel before.
     */
    static boolean hasRoom(Channel channel) {
        if (!channel.isWritable()) {
            channel.flush();
        }
        return channel.isWritable();
    }

    private void begin() {
        if (opening != null) {
            return;
        }
        opening = open.apply(new Initializer());
        opening.addListener((Future<Channel> done) -> {
            if (loop.inEventLoop()) {
                opened();
            } else {
                loop.execute(this::opened);
            }
        });
    }

    private void opened() {
        Future<Channel> done = opening;
        opening = null;
        if (done == null || !done.isSuccess()) {
            if (done != null) {
                Log.debug("no socket for datagrams: " + done.cause());
            }
            waiting.forEach(DatagramPacket::release);
            waiting.clear();
            room();
            return;
        }
        Channel opened = done.getNow();
        if (closed) {
            opened.close();
            return;
        }
        channel = opened;
        for (DatagramPacket packet = waiting.poll(); packet != null; packet = waiting.poll()) {
            opened.write(packet, opened.voidPromise());
        }
        opened.flush();
        room();
    }

    private void room() {
        if (!closed && isWritable()) {
            receiver.writable();
        }
    }

    private final class Initializer extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(Channel fresh) {
            fresh.pipeline().addLast(Crossing.to(loop, fresh, new Reader()));
        }
    }

    private final class Reader extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof DatagramPacket packet && !closed) {
                receiver.datagram(packet.sender(), packet.content());
            } else {
                ReferenceCountUtil.release(message);
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            receiver.readComplete();
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof TunnelDatagramChannel.Unreachable(InetSocketAddress remote)) {
                receiver.unreached(remote, Failure.HOST_UNREACHABLE);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            // The tunnel or socket is gone; the next datagram asks for another.
            channel = null;
            room();
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            room();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            Log.debug("datagram: " + cause);
        }
    }
}
