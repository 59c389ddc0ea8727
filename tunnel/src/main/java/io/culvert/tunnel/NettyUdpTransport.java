package io.culvert.tunnel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.IoEventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioDatagramChannel;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.BindException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Plain Netty datagrams, for systems where {@link LinuxUdpTransport} cannot run.
 *
 * <p>Slower by a copy and several objects per datagram, the same in behaviour. A wildcard address
 * binds one socket for both families where the system has them. Netty neither tells nor sets the
 * traffic class of a datagram: marks on received ones count as none, those on sent ones are lost.
 */
final class NettyUdpTransport implements UdpTransport {
    private static final Logger LOG = System.getLogger("io.culvert.tunnel");

    /** The largest UDP datagram, and the largest that a kernel coalesces: never truncated. */
    private static final int RECEIVE_BUFFER = 65535;

    private static final int READS_PER_TURN = 256;

    /** How long a full socket that was replaced may take to send what it holds. */
    private static final long LINGER_SECONDS = 1;

    /** Bytes waiting in Netty's queue above which the tunnel has to wait. */
    private static final WriteBufferWaterMark WATER_MARK =
            new WriteBufferWaterMark(64 << 10, 256 << 10);

    private final Arena arena = Arena.ofShared();
    private final MemorySegment slab = arena.allocate(RECEIVE_BUFFER, 64);
    private final ByteBuffer slabBuffer = slab.asByteBuffer();
    private final UdpCounters counters;
    private final EventLoop loop;
    private volatile Channel channel;
    private volatile InetSocketAddress local;

    private @Nullable Receiver receiver;
    private boolean waitingForRoom;
    private boolean closed;

    // The train being put together in the slab; empty when trainLength is 0.
    private int trainLength;
    private int trainSegment;
    private boolean trainEnded;
    private @Nullable InetSocketAddress trainSource;

    private NettyUdpTransport(EventLoop loop, Channel channel, UdpCounters counters) {
        this.loop = loop;
        this.channel = channel;
        this.counters = counters;
        local = (InetSocketAddress) channel.localAddress();
    }

    /**
     * Binds. Any thread; outside the event loop it waits for the loop.
     *
     * @throws BindException when the address cannot be bound
     */
    static NettyUdpTransport open(InetSocketAddress address, EventLoop loop, UdpCounters counters)
            throws BindException {
        return new NettyUdpTransport(loop, bind(address, loop, false), counters);
    }

    private static Channel bind(InetSocketAddress address, EventLoop loop, boolean besideOld)
            throws BindException {
        Channel channel = newChannel(address, loop);
        channel.config().setOption(ChannelOption.AUTO_READ, false); // until start
        channel.config()
                .setRecvByteBufAllocator(
                        new FixedRecvByteBufAllocator(RECEIVE_BUFFER)
                                .maxMessagesPerRead(READS_PER_TURN));
        channel.config().setWriteBufferWaterMark(WATER_MARK);
        tryOption(channel, ChannelOption.SO_RCVBUF, LinuxUdpSocket.SOCKET_BUFFER);
        tryOption(channel, ChannelOption.SO_SNDBUF, LinuxUdpSocket.SOCKET_BUFFER);
        // With GRO there must be no recvmmsg: 4.2.18 loses the segment size
        // (MAX_DATAGRAM_PAYLOAD_SIZE
        // stays 0).
        if (channel instanceof EpollDatagramChannel) {
            tryOption(channel, EpollChannelOption.UDP_GRO, true);
        }
        if (besideOld) {
            tryOption(channel, ChannelOption.SO_REUSEADDR, true);
        }
        await(loop.register(channel));
        await(channel.bind(address));
        if (besideOld) {
            tryOption(channel, ChannelOption.SO_REUSEADDR, false);
        }
        return channel;
    }

    private static Channel newChannel(InetSocketAddress address, EventLoop loop) {
        @Nullable SocketProtocolFamily family = null; // both, where the system has both
        if (!address.getAddress().isAnyLocalAddress()) {
            family =
                    address.getAddress() instanceof Inet6Address
                            ? SocketProtocolFamily.INET6
                            : SocketProtocolFamily.INET;
        }
        boolean epoll = loop instanceof IoEventLoop ioLoop && ioLoop.isIoType(EpollIoHandler.class);
        return epoll ? new EpollDatagramChannel(family) : new NioDatagramChannel(family);
    }

    private static <T> boolean tryOption(Channel channel, ChannelOption<T> option, T value) {
        try {
            return channel.config().setOption(option, value);
        } catch (ChannelException e) {
            LOG.log(Level.DEBUG, "{0} not set: {1}", option, e.getMessage());
            return false;
        }
    }

    private static void await(ChannelFuture future) throws BindException {
        if (!future.channel().isRegistered() || !future.channel().eventLoop().inEventLoop()) {
            future.awaitUninterruptibly();
        }
        Throwable cause = future.cause();
        if (cause != null) {
            var _ = future.channel().close();
            BindException failure = new BindException(cause.getMessage());
            failure.initCause(cause);
            throw failure;
        }
    }

    @Override
    public void start(Receiver receiver) {
        this.receiver = receiver;
        listen(channel);
    }

    private void listen(Channel on) {
        on.pipeline().addLast(new Handler());
        on.config().setAutoRead(true);
    }

    @Override
    public void rebind(int port) throws IOException {
        if (closed) {
            throw new SocketException("the UDP socket is closed");
        }
        Channel old = channel;
        boolean samePort = port == local.getPort();
        Channel fresh;
        tryOption(old, ChannelOption.SO_REUSEADDR, samePort);
        try {
            fresh = bind(new InetSocketAddress(local.getAddress(), port), loop, samePort);
        } catch (BindException e) {
            tryOption(old, ChannelOption.SO_REUSEADDR, false);
            throw e;
        }
        channel = fresh;
        local = (InetSocketAddress) fresh.localAddress();
        retire(old);
        Receiver r = receiver;
        if (r != null) {
            listen(fresh);
            if (waitingForRoom) {
                waitingForRoom = false;
                loop.execute(r::writable);
            }
        }
    }

    /** Closes a channel that has a successor, as soon as what waits in it has left. */
    private void retire(Channel old) {
        old.config().setAutoRead(false);
        ChannelOutboundBuffer waiting = old.unsafe().outboundBuffer();
        if (waiting == null || waiting.isEmpty()) {
            var _ = old.close();
        } else {
            Runnable close =
                    () -> {
                        var _ = old.close();
                    };
            var _ = loop.schedule(close, LINGER_SECONDS, TimeUnit.SECONDS);
        }
    }

    @Override
    public int fwmark() {
        return 0;
    }

    @Override
    public void fwmark(int mark) throws SocketException {
        if (mark != 0) {
            throw new SocketException(
                    "a firewall mark needs our own Linux sockets, but Netty's run here");
        }
    }

    @Override
    public boolean send(
            MemorySegment slab,
            long offset,
            int length,
            int segmentSize,
            InetSocketAddress destination,
            int trafficClass) {
        if (closed) {
            return true;
        }
        if (!serves(destination)) {
            counters.sendErrors++;
            return true;
        }
        if (!channel.isWritable()) {
            waitingForRoom = true;
            counters.socketFull++;
            return false;
        }
        ByteBuf train = channel.alloc().directBuffer(length);
        train.writeBytes(slab.asSlice(offset, length).asByteBuffer());
        while (train.isReadable()) {
            ByteBuf piece = train.readRetainedSlice(Math.min(segmentSize, train.readableBytes()));
            var _ = channel.write(new DatagramPacket(piece, destination), channel.voidPromise());
        }
        train.release();
        channel.flush();
        counters.sentTrains++;
        counters.sentBytes += length;
        return true;
    }

    private boolean serves(InetSocketAddress destination) {
        return local.getAddress().isAnyLocalAddress()
                || (local.getAddress() instanceof Inet6Address)
                        == (destination.getAddress() instanceof Inet6Address);
    }

    @Override
    public InetSocketAddress local() {
        return local;
    }

    @Override
    public String description() {
        return String.format(
                "Netty %s %s (GRO %s, GSO off)",
                channel.getClass().getSimpleName(),
                local,
                Boolean.TRUE.equals(channel.config().getOption(EpollChannelOption.UDP_GRO))
                        ? "on"
                        : "off");
    }

    Channel channel() {
        return channel;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        var _ = channel.close();
        arena.close();
    }

    private void collect(ByteBuf datagram, InetSocketAddress source) {
        int length = datagram.readableBytes();
        if (length == 0 || length > RECEIVE_BUFFER) {
            return;
        }
        if (!joins(length, source)) {
            deliverTrain();
        }
        if (trainLength == 0) {
            trainSegment = length;
            trainSource = steady(source);
        } else {
            trainEnded = length < trainSegment;
        }
        datagram.readBytes(slabBuffer.clear().position(trainLength).limit(trainLength + length));
        trainLength += length;
    }

    private boolean joins(int length, InetSocketAddress source) {
        InetSocketAddress of = trainSource;
        return !trainEnded
                && trainLength > 0
                && length <= trainSegment
                && trainLength + length <= RECEIVE_BUFFER
                && of != null
                && same(source, of);
    }

    /** The object used before when the address is the same, so that later compares are cheap. */
    private InetSocketAddress steady(InetSocketAddress source) {
        InetSocketAddress before = trainSource;
        return before != null && same(source, before) ? before : source;
    }

    private static boolean same(InetSocketAddress a, InetSocketAddress b) {
        return a.equals(b) && scope(a) == scope(b);
    }

    private static int scope(InetSocketAddress a) {
        return a.getAddress() instanceof Inet6Address v6 ? v6.getScopeId() : 0;
    }

    private void deliverTrain() {
        int length = trainLength;
        InetSocketAddress source = trainSource;
        trainLength = 0;
        trainEnded = false;
        if (length == 0 || closed || receiver == null || source == null) {
            return;
        }
        counters.receivedTrains++;
        counters.receivedBytes += length;
        receiver.datagrams(slab, 0, length, trainSegment, source, 0);
    }

    private final class Handler extends ChannelInboundHandlerAdapter {
        private int read;

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            DatagramPacket packet = (DatagramPacket) message;
            read++;
            try {
                if (!closed && context.channel().equals(channel)) {
                    collect(packet.content(), packet.sender());
                }
            } finally {
                packet.release();
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            deliverTrain();
            if (!closed && receiver != null) {
                boolean _ = receiver.readComplete(read < READS_PER_TURN);
                read = 0;
            }
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            if (waitingForRoom && !closed && channel.isWritable() && receiver != null) {
                waitingForRoom = false;
                receiver.writable();
            }
        }

        /** Read errors and, through the void promise, write errors: the socket lives on. */
        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            counters.sendErrors++;
            if (!(cause instanceof IOException)) {
                LOG.log(Level.DEBUG, "UDP channel", cause);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (closed || !context.channel().equals(channel)) {
                return;
            }
            close();
            if (receiver != null) {
                receiver.failed(new SocketException("the UDP channel was closed"));
            }
        }
    }
}
