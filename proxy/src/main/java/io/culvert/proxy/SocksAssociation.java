package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A SOCKS5 UDP association: a socket of its own beside the connection that asked for it, and gone
 * with it. Takes datagrams from that client alone: from its address, and from the port that spoke
 * first.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a datagram that can't be written is lost, as any
final class SocksAssociation extends ChannelInboundHandlerAdapter implements UdpReceiver {
    private final UdpSession session;
    private final InetAddress clientAddress;
    private @Nullable InetSocketAddress client;
    private @Nullable Channel channel;

    private SocksAssociation(Dispatcher dispatcher, Session base, Channel control) {
        this.session = new UdpSession(dispatcher, base, control.eventLoop(), this);
        this.clientAddress = base.source().getAddress();
    }

    /**
     * Opens the socket, on the local address that the client has reached and on the control
     * connection's loop.
     *
     * @param base who asks
     * @return the bound socket's channel
     */
    static ChannelFuture open(
            Channel control, Session base, Dispatcher dispatcher, Services services) {
        SocksAssociation association = new SocksAssociation(dispatcher, base, control);
        InetAddress local = ((InetSocketAddress) control.localAddress()).getAddress();
        ChannelFuture binding =
                services.sockets()
                        .datagram(control.eventLoop(), association)
                        .bind(new InetSocketAddress(local, 0));
        services.open().add(binding.channel());
        Channel socket = binding.channel();
        socket.closeFuture().addListener(closed -> association.session.close());
        control.closeFuture().addListener(closed -> socket.close());
        return binding;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        channel = ctx.channel();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        DatagramPacket packet = (DatagramPacket) message;
        InetSocketAddress sender = packet.sender();
        if (client == null && sender.getAddress().equals(clientAddress)) {
            client = sender;
        }
        InetSocketAddress destination =
                sender.equals(client) ? SocksDatagram.read(packet.content()) : null;
        if (destination == null) {
            packet.release();
        } else {
            session.send(destination, packet.content());
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        session.flush();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Log.debug("datagram: " + cause);
    }

    @Override
    public void datagram(InetSocketAddress from, ByteBuf payload) {
        Channel to = channel;
        if (to == null || client == null || !DatagramPort.hasRoom(to)) {
            payload.release();
            return;
        }
        ByteBuf wrapped = SocksDatagram.write(to.alloc(), from, payload);
        if (wrapped != null) {
            to.write(new DatagramPacket(wrapped, client), to.voidPromise());
        }
    }

    @Override
    public void readComplete() {
        if (channel != null) {
            channel.flush();
        }
    }
}
