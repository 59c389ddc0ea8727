package io.culvert.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** A listening UDP socket whose clients each have a {@link UdpSession}. */
abstract class ListeningDatagrams extends ChannelInboundHandlerAdapter {
    private final InboundIdentity identity;
    private final Dispatcher dispatcher;
    private @Nullable UdpSessions sessions;

    ListeningDatagrams(InboundIdentity identity, Dispatcher dispatcher) {
        this.identity = identity;
        this.dispatcher = dispatcher;
    }

    /** Where the datagram is to go; null drops it. */
    abstract @Nullable InetSocketAddress destination(Channel socket, DatagramPacket packet);

    /** Takes what comes back to one client. */
    abstract UdpReceiver replies(Channel socket, InetSocketAddress client);

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        sessions = new UdpSessions(ctx.channel().eventLoop());
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        DatagramPacket packet = (DatagramPacket) message;
        Channel socket = ctx.channel();
        InetSocketAddress destination = destination(socket, packet);
        UdpSession session =
                destination == null || sessions == null
                        ? null
                        : sessions.of(
                                packet.sender(), client -> session(socket, client, destination));
        if (destination == null || session == null) {
            packet.release();
        } else {
            session.send(destination, packet.content());
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (sessions != null) {
            sessions.flush();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (sessions != null) {
            sessions.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Log.debug("datagram: " + cause);
    }

    private UdpSession session(
            Channel socket, InetSocketAddress client, InetSocketAddress destination) {
        Session base =
                new Session(
                        identity,
                        client,
                        (InetSocketAddress) socket.localAddress(),
                        Destination.of(Network.UDP, destination),
                        "");
        return new UdpSession(dispatcher, base, socket.eventLoop(), replies(socket, client));
    }
}
