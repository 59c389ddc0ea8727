package io.culvert.tunnel;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.socket.DatagramPacket;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.BindException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketException;
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

    /** How long a full socket that was replaced may take to send what it holds. */
    private static final long LINGER_SECONDS = 1;

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
        Channel channel = NettyUdpSockets.bind(address, loop, options, 0, false);
        return new NettyUdpTransport(loop, channel, counters, options);
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
        NettyUdpSockets.tryOption(old, ChannelOption.SO_REUSEADDR, samePort);
        try {
            fresh =
                    NettyUdpSockets.bind(
                            new InetSocketAddress(local.getAddress(), port),
                            loop,
                            options,
                            fwmark,
                            samePort);
        } catch (IOException e) {
            NettyUdpSockets.tryOption(old, ChannelOption.SO_REUSEADDR, false);
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
            NettyUdpSockets.mark(channel, mark);
            fwmark = mark;
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
                boolean _ = receiver.readComplete(read < NettyUdpSockets.READS_PER_TURN);
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
