package io.culvert.proxy;

import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;

/** Takes questions to name servers by one outbound, whatever the rules say. */
final class OutboundDns implements DnsCarrier {
    private static final InboundIdentity RESOLVER =
            new InboundIdentity("", InboundIdentity.RESOLVER, new Traffic());

    private final Outbound outbound;

    OutboundDns(Outbound outbound) {
        this.outbound = outbound;
    }

    private static Session session(Destination server) {
        return new Session(RESOLVER, RoutedDns.SOURCE, null, server, "");
    }

    @Override
    public UdpPort openUdp(Destination server, EventLoop loop, UdpReceiver receiver) {
        return outbound.openUdp(session(server), loop, receiver);
    }

    @Override
    public Future<DuplexChannel> connect(Destination server, EventLoop loop) {
        return outbound.connect(session(server), loop);
    }

    @Override
    public boolean goesBy(Destination server, String outboundTag) {
        return outboundTag.equals(outbound.tag());
    }
}
