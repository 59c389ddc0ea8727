package io.culvert.tunnel;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.IoEventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.unix.RawUnixChannelOption;
import io.netty.util.internal.InternalThreadLocalMap;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.BindException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes and sets the datagram channels of {@link NettyUdpTransport}. */
final class NettyUdpSockets {
    private static final Logger LOG = System.getLogger("io.culvert.tunnel");

    /** Most datagrams that a channel reads in a turn of the loop. */
    static final int READS_PER_TURN = 256;

    /** socket(7). */
    static final IntegerUnixChannelOption SO_MARK =
            new IntegerUnixChannelOption(
                    "SO_MARK", LinuxConstants.SOL_SOCKET, LinuxConstants.SO_MARK);

    /** Bytes waiting in Netty's queue above which the tunnel has to wait. */
    private static final WriteBufferWaterMark WATER_MARK =
            new WriteBufferWaterMark(64 << 10, 256 << 10);

    private NettyUdpSockets() {}

    /**
     * Binds; when this returns it is bound, also on the loop itself.
     *
     * @param fwmark mark of all it sends; 0 for none
     * @param besideOld whether one that says the same is bound to the address
     */
    static Channel bind(
            InetSocketAddress address,
            EventLoop loop,
            List<SocketOption> options,
            int fwmark,
            boolean besideOld)
            throws IOException {
        Channel channel = newChannel(address, loop);
        try {
            for (SocketOption option : options) {
                set(channel, option);
            }
            if (fwmark != 0) {
                mark(channel, fwmark);
            }
        } catch (SocketException e) {
            channel.unsafe().closeForcibly();
            throw e;
        }
        channel.config().setOption(ChannelOption.AUTO_READ, false); // until start
        channel.config()
                .setRecvByteBufAllocator(
                        new FixedRecvByteBufAllocator(TrainCollector.CAPACITY)
                                .maxMessagesPerRead(READS_PER_TURN));
        channel.config().setWriteBufferWaterMark(WATER_MARK);
        tryOption(channel, ChannelOption.SO_RCVBUF, LinuxUdpSocket.SOCKET_BUFFER);
        tryOption(channel, ChannelOption.SO_SNDBUF, LinuxUdpSocket.SOCKET_BUFFER);
        // With GRO there must be no recvmmsg, MAX_DATAGRAM_PAYLOAD_SIZE stays 0: 4.2.18 loses the
        // segment size.
        if (channel instanceof EpollDatagramChannel) {
            tryOption(channel, EpollChannelOption.UDP_GRO, true);
        }
        if (besideOld) {
            tryOption(channel, ChannelOption.SO_REUSEADDR, true);
        }
        atOnce(() -> await(loop.register(channel)));
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
        throw new SocketException("cannot set " + option.name() + ": " + reason);
    }

    static <T> boolean tryOption(Channel channel, ChannelOption<T> option, T value) {
        try {
            return channel.config().setOption(option, value);
        } catch (ChannelException e) {
            LOG.log(Level.DEBUG, "{0} not set: {1}", option, e.getMessage());
            return false;
        }
    }

    private interface Opening {
        void run() throws BindException;
    }

    /**
     * Lets what is opened on its own loop be open when {@code opening} returns. Below eight
     * listeners of futures, one called by the other, Netty leaves the next to a later turn of the
     * loop, which would not come while this one waits.
     */
    private static void atOnce(Opening opening) throws BindException {
        InternalThreadLocalMap locals = InternalThreadLocalMap.get();
        int depth = locals.futureListenerStackDepth();
        locals.setFutureListenerStackDepth(0);
        try {
            opening.run();
        } finally {
            locals.setFutureListenerStackDepth(depth);
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

    /**
     * Marks what is sent from now on, for the system's routing rules; 0 takes the mark away.
     *
     * @throws SocketException without the right to, and where there are no marks
     */
    static void mark(Channel channel, int mark) throws SocketException {
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
}
