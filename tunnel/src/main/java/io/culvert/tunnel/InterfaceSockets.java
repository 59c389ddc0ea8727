package io.culvert.tunnel;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelPromise;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.unix.RawUnixChannelOption;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The channels of a tunnel whose packets are the system's: its own sockets, bound to the tunnel's
 * interface. One that can't be bound to it is not used at all, as it would lead past the tunnel.
 */
final class InterfaceSockets {
    /** Netty cuts off what is longer than the buffer it reads into. */
    private static final int MAX_DATAGRAM = 65535;

    private static final RawUnixChannelOption BIND_TO_DEVICE =
            new RawUnixChannelOption(
                    "SO_BINDTODEVICE",
                    LinuxConstants.SOL_SOCKET,
                    LinuxConstants.SO_BINDTODEVICE,
                    TunDevice.NAME_SIZE);

    private final TunnelLoop tunnel;
    private final String interfaceName;

    InterfaceSockets(TunnelLoop tunnel, String interfaceName) {
        this.tunnel = tunnel;
        this.interfaceName = interfaceName;
    }

    /** As {@link Tunnel#connect}. */
    ChannelFuture connect(InetSocketAddress remote, ChannelHandler initializer) {
        EpollSocketChannel channel = new EpollSocketChannel();
        channel.config().setTcpNoDelay(true).setKeepAlive(true).setConnectTimeoutMillis(0);
        return begin(
                channel,
                initializer,
                promise -> {
                    if (tunnel.routable(remote.getAddress())) {
                        return channel.connect(remote, promise);
                    }
                    String address = remote.getAddress().getHostAddress();
                    return promise.setFailure(
                            new NoRouteToHostException("no peer is allowed for " + address));
                });
    }

    /** As {@link Tunnel#bindUdp(boolean, int, ChannelHandler)}. */
    ChannelFuture bindUdp(boolean ipv6, int port, ChannelHandler initializer) {
        EpollDatagramChannel channel =
                new EpollDatagramChannel(
                        ipv6 ? SocketProtocolFamily.INET6 : SocketProtocolFamily.INET);
        channel.config().setRecvByteBufAllocator(new FixedRecvByteBufAllocator(MAX_DATAGRAM));
        InetSocketAddress local = (ipv6 ? WildcardAddress.IPV6 : WildcardAddress.IPV4).port(port);
        return begin(channel, initializer, promise -> channel.bind(local, promise));
    }

    /** As {@link Tunnel#listen}. */
    ChannelFuture listen(int port, ChannelHandler childInitializer) {
        EpollServerSocketChannel channel = new EpollServerSocketChannel();
        channel.config().setReuseAddress(true);
        return begin(
                channel,
                new Acceptor(childInitializer),
                promise -> channel.bind(WildcardAddress.IPV6.port(port), promise));
    }

    private interface Begin {
        ChannelFuture with(ChannelPromise promise);
    }

    private ChannelFuture begin(Channel channel, ChannelHandler initializer, Begin begin) {
        ChannelPromise promise = new DefaultChannelPromise(channel, tunnel.loop());
        promise.addListener(f -> {
            if (!f.isSuccess()) {
                var _ = channel.close();
            }
        });
        try {
            bind(channel);
        } catch (ChannelException e) {
            channel.unsafe().closeForcibly();
            SocketException failure =
                    new SocketException("cannot bind a socket to " + interfaceName);
            failure.initCause(e);
            promise.setFailure(failure);
            return promise;
        }
        channel.pipeline().addLast(initializer);
        tunnel.loop()
                .register(channel)
                .addListener(f -> {
                    if (!f.isSuccess()) {
                        promise.tryFailure(f.cause());
                    } else if (tunnel.isClosing()) {
                        promise.tryFailure(TunnelLoop.closedException());
                    } else {
                        opened(channel);
                        var _ = begin.with(promise);
                    }
                });
        return promise;
    }

    /** It has to be closed with the tunnel. */
    private void opened(Channel channel) {
        tunnel.flows().opened(channel);
        channel.closeFuture()
                .addListener(_ -> {
                    tunnel.flows().closed(channel);
                    tunnel.wake(); // which may be waiting for the last one
                });
    }

    /**
     * Binds it to the interface.
     *
     * @throws ChannelException if that cannot be
     */
    private void bind(Channel channel) {
        ByteBuffer name = ByteBuffer.allocateDirect(TunDevice.NAME_SIZE);
        name.put(interfaceName.getBytes(StandardCharsets.US_ASCII)).rewind();
        if (!channel.config().setOption(BIND_TO_DEVICE, name)) {
            throw new ChannelException("Netty doesn't know the option");
        }
    }

    /** Gives those that come in their first handler and the tunnel's loop. */
    private final class Acceptor extends ChannelInboundHandlerAdapter {
        private final ChannelHandler child;

        Acceptor(ChannelHandler child) {
            this.child = child;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            Channel accepted = (Channel) message;
            accepted.config().setOption(ChannelOption.TCP_NODELAY, true);
            accepted.pipeline().addLast(child);
            opened(accepted);
            var _ = tunnel.loop().register(accepted);
        }
    }
}
