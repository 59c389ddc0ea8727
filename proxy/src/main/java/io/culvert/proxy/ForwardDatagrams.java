package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** A UDP port whose datagrams all go to one target. */
@SuppressWarnings("FutureReturnValueIgnored") // a datagram that can't be written is lost, as any
final class ForwardDatagrams extends ChannelInboundHandlerAdapter {
    private final InboundIdentity identity;
    private final ForwardTargets targets;
    private final Dispatcher dispatcher;
    private InetSocketAddress target = InetSocketAddress.createUnresolved("", 0);
    private @Nullable ClientDatagrams clients;

    ForwardDatagrams(InboundIdentity identity, ForwardTargets targets, Dispatcher dispatcher) {
        this.identity = identity;
        this.targets = targets;
        this.dispatcher = dispatcher;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        Channel socket = ctx.channel();
        InetSocketAddress local = (InetSocketAddress) socket.localAddress();
        target = targets.of(local.getPort()).destination(Network.UDP).socketAddress();
        clients =
                new ClientDatagrams(
                        identity,
                        dispatcher,
                        socket.eventLoop(),
                        local,
                        client -> new Replies(socket, client));
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (clients != null && message instanceof DatagramPacket packet) {
            clients.send(packet.sender(), target, packet.content());
        } else {
            ReferenceCountUtil.release(message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (clients != null) {
            clients.flush();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (clients != null) {
            clients.close();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Log.debug("datagram: " + cause);
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
