package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The UDP socket to which netfilter's TPROXY brings datagrams that are for somebody else. What
 * comes back must seem to come from there, so it leaves by a socket that is bound to that address.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a datagram that can't be written is lost, as any
final class TransparentDatagrams extends ListeningDatagrams {

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
    private final Map<InetSocketAddress, UdpPort> sources = new LinkedHashMap<>(16, 0.75f, true);
    private final List<UdpPort> touched = new ArrayList<>();

    TransparentDatagrams(InboundIdentity identity, Services services, Dispatcher dispatcher) {
        super(identity, dispatcher);
        this.services = services;
    }

    @Override
    @Nullable InetSocketAddress destination(Channel socket, DatagramPacket packet) {
        InetSocketAddress destination = packet.recipient();
        return isHere(socket, destination) ? null : destination;
    }

    @Override
    UdpReceiver replies(Channel socket, InetSocketAddress client) {
        return new Replies(socket.eventLoop(), client);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        super.channelInactive(ctx);
        sources.values().forEach(UdpPort::close);
        sources.clear();
    }

    /**
     * Whoever means this very socket must not be sent to it again, and again. Of IPv6 the system
     * isn't asked what was meant, as Netty can't, and datagrams seem to be for any address.
     */
    private static boolean isHere(Channel socket, @Nullable InetSocketAddress destination) {
        return destination == null
                || destination.getAddress().isAnyLocalAddress()
                || (destination.getPort() == ((InetSocketAddress) socket.localAddress()).getPort()
                        && OriginalDestination.isOwn(destination.getAddress()));
    }

    /** What sends from that address. */
    private UdpPort source(EventLoop loop, InetSocketAddress address) {
        UdpPort known = sources.get(address);
        if (known != null) {
            return known;
        }
        UdpPort source =
                new DatagramPort(loop, DEAF, deaf -> bind(loop, deaf, address), to -> true);
        sources.put(address, source);
        if (sources.size() > MAX_SOURCES) {
            Map.Entry<InetSocketAddress, UdpPort> eldest = sources.entrySet().iterator().next();
            sources.remove(eldest.getKey());
            eldest.getValue().close();
        }
        return source;
    }

    private Future<Channel> bind(EventLoop loop, ChannelHandler deaf, InetSocketAddress address) {
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
        private final EventLoop loop;
        private final InetSocketAddress client;

        Replies(EventLoop loop, InetSocketAddress client) {
            this.loop = loop;
            this.client = client;
        }

        @Override
        public void datagram(InetSocketAddress from, ByteBuf payload) {
            if (from.isUnresolved()) {
                payload.release();
                return;
            }
            UdpPort source = source(loop, from);
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
