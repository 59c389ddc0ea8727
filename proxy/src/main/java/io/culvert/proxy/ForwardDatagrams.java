package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** The listening UDP socket of a port forward. */
@SuppressWarnings("FutureReturnValueIgnored") // a datagram that can't be written is lost, as any
final class ForwardDatagrams extends ChannelInboundHandlerAdapter {
    private final InboundIdentity identity;
    private final ForwardTargets targets;
    private final Dispatcher dispatcher;
    private InetSocketAddress target = InetSocketAddress.createUnresolved("", 0);
    private @Nullable UdpSessions sessions;

    ForwardDatagrams(InboundIdentity identity, ForwardTargets targets, Dispatcher dispatcher) {
        this.identity = identity;
        this.targets = targets;
        this.dispatcher = dispatcher;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        Channel socket = ctx.channel();
        int port = ((InetSocketAddress) socket.localAddress()).getPort();
        target = targets.of(port).destination(Network.UDP).socketAddress();
        sessions = new UdpSessions(socket.eventLoop());
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        DatagramPacket packet = (DatagramPacket) message;
        UdpSession session =
                sessions == null
                        ? null
                        : sessions.of(packet.sender(), client -> session(ctx.channel(), client));
        if (session == null) {
            packet.release();
        } else {
            session.send(target, packet.content());
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

    private UdpSession session(Channel socket, InetSocketAddress client) {
        Session base =
                new Session(
                        identity,
                        client,
                        (InetSocketAddress) socket.localAddress(),
                        Destination.of(Network.UDP, target),
                        "");
        return new UdpSession(dispatcher, base, socket.eventLoop(), new Replies(socket, client));
    }

    /** What comes back goes to the client, if it comes from where the client thinks it sends to. */
    private final class Replies implements UdpReceiver {
        private final Channel socket;
        private final InetSocketAddress client;

        Replies(Channel socket, InetSocketAddress client) {
            this.socket = socket;
            this.client = client;
        }

        @Override
        public void datagram(InetSocketAddress from, ByteBuf payload) {
            boolean expected =
                    from.getPort() == target.getPort()
                            && (target.isUnresolved()
                                    || target.getAddress().equals(from.getAddress()));
            if (expected && DatagramPort.hasRoom(socket)) {
                socket.write(new DatagramPacket(payload, client), socket.voidPromise());
            } else {
                payload.release();
            }
        }

        @Override
        public void readComplete() {
            socket.flush();
        }
    }
}
