package io.culvert.proxy;

import io.culvert.tunnel.SocketOption;
import io.culvert.tunnel.TransparentSocket;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The UDP socket to which netfilter's TPROXY brings datagrams that are for somebody else. What
 * comes back must seem to come from there, so it leaves by a socket that is bound to that address.
 */
final class TransparentDatagrams implements TransparentSocket.Receiver {

    /** Sockets of foreign addresses; the longest unused makes room. */
    private static final int MAX_SOURCES = 512;

    private static final UdpReceiver DEAF =
            new UdpReceiver() {
                @Override
                public void datagram(InetSocketAddress from, ByteBuf payload) {
                    payload.release();
                }

                @Override
                public void readComplete() {}
            };

    private final Services services;
    private final EventLoop loop;
    private final TransparentSocket socket;
    private final ClientDatagrams clients;
    private final Map<InetSocketAddress, UdpPort> sources = new LinkedHashMap<>(16, 0.75f, true);
    private final List<UdpPort> touched = new ArrayList<>();

    /**
     * Listens.
     *
     * @param options of the socket
     * @throws IOException where that can't be; says why
     */
    TransparentDatagrams(
            InboundIdentity identity,
            Services services,
            Dispatcher dispatcher,
            EventLoop loop,
            InetSocketAddress local,
            List<SocketOption> options)
            throws IOException {
        this.services = services;
        this.loop = loop;
        this.socket = TransparentSocket.open(loop, local, options, Sockets.DATAGRAM_BUFFER);
        this.clients =
                new ClientDatagrams(identity, dispatcher, loop, socket.local(), Replies::new);
    }

    /** Begins to read. */
    void start() {
        socket.start(this);
    }

    InetSocketAddress local() {
        return socket.local();
    }

    /** Closes it, and ends its clients' sessions. */
    Future<?> close() {
        loop.execute(() -> {
            clients.close();
            sources.values().forEach(UdpPort::close);
            sources.clear();
        });
        return socket.close();
    }

    @Override
    public void datagram(InetSocketAddress from, InetSocketAddress to, ByteBuf payload) {
        if (isHere(to)) {
            payload.release();
        } else {
            clients.send(from, to, payload);
        }
    }

    @Override
    public void readComplete() {
        clients.flush();
    }

    /** Whoever means this very socket must not be sent to it again, and again. */
    private boolean isHere(InetSocketAddress destination) {
        return destination.getAddress().isAnyLocalAddress()
                || (destination.getPort() == socket.local().getPort()
                        && OriginalDestination.isOwn(destination.getAddress()));
    }

    /** What sends from that address. */
    private UdpPort source(InetSocketAddress address) {
        UdpPort known = sources.get(address);
        if (known != null) {
            return known;
        }
        UdpPort source = new DatagramPort(loop, DEAF, deaf -> bind(deaf, address), to -> true);
        sources.put(address, source);
        if (sources.size() > MAX_SOURCES) {
            Map.Entry<InetSocketAddress, UdpPort> eldest = sources.entrySet().iterator().next();
            sources.remove(eldest.getKey());
            eldest.getValue().close();
        }
        return source;
    }

    private Future<Channel> bind(ChannelHandler deaf, InetSocketAddress address) {
        ChannelFuture binding =
                services.sockets()
                        .transparentDatagram(loop, deaf)
                        .option(ChannelOption.SO_REUSEADDR, true)
                        .bind(address);
        services.open().add(binding.channel());
        return Sockets.whenBound(binding, loop);
    }

    /** What comes back to one client. */
    private final class Replies implements UdpReceiver {
        private final InetSocketAddress client;

        Replies(InetSocketAddress client) {
            this.client = client;
        }

        @Override
        public void datagram(InetSocketAddress from, ByteBuf payload) {
            if (from.isUnresolved()) {
                payload.release();
                return;
            }
            UdpPort source = source(from);
            source.send(client, payload);
            touched.add(source);
        }

        @Override
        public void readComplete() {
            touched.forEach(UdpPort::flush);
            touched.clear();
        }
    }
}
