package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;

/** The listening UDP socket of a port forward. */
@SuppressWarnings("FutureReturnValueIgnored") // a datagram that can't be written is lost, as any
final class ForwardDatagrams extends ListeningDatagrams {
    private final ForwardTargets targets;
    private InetSocketAddress target = InetSocketAddress.createUnresolved("", 0);

    ForwardDatagrams(InboundIdentity identity, ForwardTargets targets, Dispatcher dispatcher) {
        super(identity, dispatcher);
        this.targets = targets;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        Channel socket = ctx.channel();
        int port = ((InetSocketAddress) socket.localAddress()).getPort();
        target = targets.of(port).destination(Network.UDP).socketAddress();
        super.channelActive(ctx);
    }

    @Override
    InetSocketAddress destination(Channel socket, DatagramPacket packet) {
        return target;
    }

    @Override
    UdpReceiver replies(Channel socket, InetSocketAddress client) {
        return new Replies(socket, client);
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
