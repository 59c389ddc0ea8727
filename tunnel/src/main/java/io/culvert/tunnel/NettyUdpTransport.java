package io.culvert.tunnel;

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
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.unix.RawUnixChannelOption;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.BindException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.List;
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

    private static final int READS_PER_TURN = 256;

    /** socket(7), with the numbers of every architecture that Netty's epoll is built for. */
    private static final IntegerUnixChannelOption SO_MARK =
            new IntegerUnixChannelOption("SO_MARK", 1, 36);

    /** How long a full socket that was replaced may take to send what it holds. */
    private static final long LINGER_SECONDS = 1;

    /** Bytes waiting in Netty's queue above which the tunnel has to wait. */
    private static final WriteBufferWaterMark WATER_MARK =
            new WriteBufferWaterMark(64 << 10, 256 << 10);

    private final UdpCounters counters;
    private final TrainCollector collector;
    private final List<SocketOption> options;
    private final EventLoop loop;
    private volatile Channel channel;
    private volatile InetSocketAddress local;

    private @Nullable Receiver receiver;
    private int fwmark;
    private boolean waitingForRoom;
    private boolean closed;

    private NettyUdpTransport(
            EventLoop loop, Channel channel, UdpCounters counters, List<SocketOption> options) {
        this.loop = loop;
        this.options = options;
        this.channel = channel;
        this.counters = counters;
        collector = new TrainCollector(counters);
        local = (InetSocketAddress) channel.localAddress();
    }

    /**
     * Binds. Any thread; outside the event loop it waits for the loop.
     *
     * @param options set before it is bound
     * @throws BindException when the address cannot be bound
     */
    static NettyUdpTransport open(
            InetSocketAddress address,
            EventLoop loop,
            UdpCounters counters,
            List<SocketOption> options)
            throws IOException {
        Channel channel = bind(address, loop, options, 0, false);
        return new NettyUdpTransport(loop, channel, counters, options);
    }

    private static Channel bind(
            InetSocketAddress address,
            EventLoop loop,
            List<SocketOption> options,
            int fwmark,
            boolean besideOld)
            throws IOException {
        Channel channel = newChannel(address, loop);
        for (SocketOption option : options) {
            set(channel, option);
        }
        if (fwmark != 0) {
            try {
                mark(channel, fwmark);
            } catch (SocketException e) {
                channel.unsafe().closeForcibly();
                throw e;
            }
        }
        channel.config().setOption(ChannelOption.AUTO_READ, false); // until start
        channel.config()
                .setRecvByteBufAllocator(
                        new FixedRecvByteBufAllocator(TrainCollector.CAPACITY)
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

    private static void set(Channel channel, SocketOption option) throws SocketException {
        byte[] value = option.value();
        String reason = "the system has no such option";
        try {
            RawUnixChannelOption raw =
                    new RawUnixChannelOption(
                            option.name(), option.level(), option.number(), value.length);
            if (channel.config().setOption(raw, ByteBuffer.wrap(value))) {
                return;
            }
        } catch (ChannelException e) {
            reason = String.valueOf(e.getMessage());
        }
        channel.unsafe().closeForcibly();
        throw new SocketException("cannot set " + option.name() + ": " + reason);
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
        collector.receiver(receiver);
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
            fresh =
                    bind(
                            new InetSocketAddress(local.getAddress(), port),
                            loop,
                            options,
                            fwmark,
                            samePort);
        } catch (IOException e) {
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
        return fwmark;
    }

    @Override
    public void fwmark(int mark) throws SocketException {
        if (mark != fwmark) {
            mark(channel, mark);
            fwmark = mark;
        }
    }

    private static void mark(Channel channel, int mark) throws SocketException {
        if (!(channel instanceof EpollDatagramChannel)) {
            throw new SocketException("a firewall mark needs Linux's own sockets");
        }
        try {
            channel.config().setOption(SO_MARK, mark);
        } catch (ChannelException e) {
            SocketException failure =
                    new SocketException("cannot set the firewall mark: " + e.getMessage());
            failure.initCause(e);
            throw failure;
        }
    }

    @Override
    public boolean send(TrainBatch batch) {
        while (!batch.isEmpty() && !closed) {
            if (!serves(batch.destination(0))) {
                counters.sendErrors++;
                boolean _ = batch.taken(batch.length(0));
            } else if (channel.isWritable()) {
                write(batch);
            } else {
                waitingForRoom = true;
                counters.socketFull++;
                return false;
            }
        }
        batch.clear();
        return true;
    }

    private void write(TrainBatch batch) {
        InetSocketAddress to = batch.destination(0);
        counters.sentTrains++;
        counters.sentBytes += batch.length(0);
        batch.takeApart(
                channel.alloc(),
                datagram -> {
                    var _ = channel.write(new DatagramPacket(datagram, to), channel.voidPromise());
                });
        channel.flush();
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
        collector.free();
    }

    private final class Handler extends ChannelInboundHandlerAdapter {
        private int read;

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            DatagramPacket packet = (DatagramPacket) message;
            read++;
            try {
                if (!closed && context.channel().equals(channel)) {
                    collector.add(packet.content(), packet.sender());
                }
            } finally {
                packet.release();
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            collector.deliver();
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
