package io.culvert.proxy;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * The event loops and the kind of local socket that goes with them: Linux epoll where it loads,
 * else NIO. Options every socket gets are set here, but for TCP_NODELAY, which Netty sets itself.
 */
final class Sockets {

    /** What a connection may queue on the local side before the other one is told to wait. */
    private static final WriteBufferWaterMark WATER_MARK =
            new WriteBufferWaterMark(64 << 10, 256 << 10);

    /** Room for bursts of datagrams; the system gives what its administrator allows. */
    static final int DATAGRAM_BUFFER = 4 << 20;

    /** {@code SOL_SOCKET} and {@code SO_RCVBUFFORCE} (asm-generic/socket.h). */
    private static final IntegerUnixChannelOption SO_RCVBUFFORCE =
            new IntegerUnixChannelOption("SO_RCVBUFFORCE", 1, 33);

    private static final int BACKLOG = 4096;

    private final EventLoopGroup group;
    private final List<EventLoop> loops = new ArrayList<>();
    private final DatagramSlabs slabs = new DatagramSlabs();
    private final TrainReads reads = new TrainReads();
    private final boolean epoll;

    /** Starts that many event loops. */
    Sockets(int threads) {
        epoll = Epoll.isAvailable();
        ThreadFactory factory = new DefaultThreadFactory("culvert-loop", true);
        group =
                epoll
                        ? new EpollEventLoops(threads, factory)
                        : new MultiThreadIoEventLoopGroup(
                                threads, factory, NioIoHandler.newFactory());
        for (int i = 0; i < threads; i++) {
            loops.add(group.next());
        }
        Log.info(
                (epoll
                                ? "local sockets use epoll"
                                : "local sockets use NIO, because epoll is not available: "
                                        + Epoll.unavailabilityCause())
                        + "; event loops: "
                        + threads);
    }

    /** The loop that belongs to the n-th tunnel. */
    EventLoop loop(int n) {
        return loops.get(n % loops.size());
    }

    EventLoopGroup group() {
        return group;
    }

    /** Whether connections tell where netfilter has taken them from: those of Linux only. */
    boolean knowsNetfilter() {
        return epoll;
    }

    /**
     * For accepting TCP connections; they start to read when their handler says so.
     *
     * @param transparent whether to take connections to any address
     */
    ServerBootstrap server(
            EventLoopGroup connections, ChannelHandler initializer, boolean transparent) {
        Class<? extends ServerSocketChannel> type =
                epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        ServerBootstrap server = new ServerBootstrap();
        if (transparent) {
            server.option(EpollChannelOption.IP_TRANSPARENT, true);
        }
        return server.group(connections)
                .channel(type)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(ChannelOption.RECVBUF_ALLOCATOR, reads)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .childHandler(initializer);
    }

    /**
     * For dialing; channels come parked. The dialer keeps its own time limit.
     *
     * @param to what will be dialed; a socket of its family costs fewer calls than one of both
     */
    Bootstrap client(EventLoop loop, InetAddress to) {
        SocketProtocolFamily family =
                to instanceof Inet4Address ? SocketProtocolFamily.INET : SocketProtocolFamily.INET6;
        return new Bootstrap()
                .group(loop)
                .channelFactory(
                        epoll ? () -> new EpollSocketChannel(family) : NioSocketChannel::new)
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(ChannelOption.RECVBUF_ALLOCATOR, reads)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .handler(new ParkingInitializer());
    }

    /** For datagrams that leave from any address, be it this machine's or not. */
    Bootstrap transparentDatagram(EventLoop loop, ChannelHandler handler) {
        return datagram(loop, handler).option(EpollChannelOption.IP_TRANSPARENT, true);
    }

    /** Whether the system let a socket be transparent; Netty goes on where it did not. */
    static boolean isTransparent(Channel bound) {
        return Boolean.TRUE.equals(bound.config().getOption(EpollChannelOption.IP_TRANSPARENT));
    }

    /** The channel once it is bound, on a loop. */
    static Future<Channel> whenBound(ChannelFuture binding, EventLoop loop) {
        Promise<Channel> result = loop.newPromise();
        binding.addListener(done -> {
            if (done.isSuccess()) {
                result.setSuccess(binding.channel());
            } else {
                result.setFailure(done.cause());
            }
        });
        return result;
    }

    /** For datagrams of any family. */
    Bootstrap datagram(EventLoop loop, ChannelHandler handler) {
        Bootstrap bootstrap =
                new Bootstrap()
                        .group(loop)
                        .channelFactory(epoll ? Sockets::epollDatagram : NioDatagramChannel::new)
                        .option(
                                ChannelOption.RECVBUF_ALLOCATOR,
                                epoll
                                        ? slabs
                                        : new FixedRecvByteBufAllocator(DatagramSlabs.LONGEST))
                        .handler(handler);
        return epoll
                ? bootstrap.option(
                        EpollChannelOption.MAX_DATAGRAM_PAYLOAD_SIZE, DatagramSlabs.LONGEST)
                : bootstrap.option(ChannelOption.SO_RCVBUF, DATAGRAM_BUFFER);
    }

    private static DatagramChannel epollDatagram() {
        EpollDatagramChannel channel = new EpollDatagramChannel();
        try {
            channel.config().setOption(SO_RCVBUFFORCE, DATAGRAM_BUFFER);
        } catch (ChannelException e) {
            // Only for who may administrate the network.
            channel.config().setReceiveBufferSize(DATAGRAM_BUFFER);
        }
        return channel;
    }

    /** Stops the loops once what they hold is closed. */
    Future<?> close() {
        return group.shutdownGracefully(0, 2, TimeUnit.SECONDS);
    }

    /** Makes a dialed channel as {@link Outbound#connect} promises it, from its first moment. */
    static final class ParkingInitializer extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(Channel channel) {
            channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
            Parking.park(channel);
        }
    }
}
