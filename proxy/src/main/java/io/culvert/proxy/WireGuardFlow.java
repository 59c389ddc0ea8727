package io.culvert.proxy;

import io.culvert.netstack.Refusal;
import io.culvert.tunnel.TunnelDatagramChannel;
import io.culvert.tunnel.UdpFlow;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** The datagrams of one client address inside a tunnel, to and from the dispatcher. */
@SuppressWarnings("FutureReturnValueIgnored") // a datagram that can't be written is lost, as any
final class WireGuardFlow extends ChannelInboundHandlerAdapter implements UdpReceiver {
    private final InetSocketAddress client;
    private final UdpSessions sessions;
    private @Nullable UdpSession session;
    private @Nullable Channel channel;

    private WireGuardFlow(InetSocketAddress client, UdpSessions sessions) {
        this.client = client;
        this.sessions = sessions;
    }

    /** Takes a flow; null when there are too many already. On the tunnel's loop. */
    static @Nullable Channel accept(
            UdpFlow flow, Session base, Dispatcher dispatcher, UdpSessions sessions) {
        WireGuardFlow handler = new WireGuardFlow(flow.source(), sessions);
        UdpSession session =
                sessions.of(
                        flow.source(),
                        client -> new UdpSession(dispatcher, base, sessions.loop(), handler));
        if (session == null) {
            return null;
        }
        handler.session = session;
        Channel channel = flow.accept(handler);
        handler.channel = channel;
        session.whenClosed(channel::close);
        return channel;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        DatagramPacket packet = (DatagramPacket) message;
        if (session == null) {
            packet.release();
        } else {
            session.send(packet.recipient(), packet.content());
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (session != null) {
            session.flush();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        sessions.close(client);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Log.debug("datagram: " + cause);
    }

    @Override
    public void datagram(InetSocketAddress from, ByteBuf payload) {
        Channel to = channel;
        if (to == null || from.isUnresolved() || !DatagramPort.hasRoom(to)) {
            payload.release();
        } else {
            to.write(new DatagramPacket(payload, client, from), to.voidPromise());
        }
    }

    @Override
    public void readComplete() {
        if (channel != null) {
            channel.flush();
        }
    }

    @Override
    public void unreached(InetSocketAddress destination, Failure why) {
        if (channel instanceof TunnelDatagramChannel flow) {
            flow.unreachable(
                    destination,
                    why == Failure.DENIED ? Refusal.PROHIBITED : Refusal.HOST_UNREACHABLE);
        }
    }
}
