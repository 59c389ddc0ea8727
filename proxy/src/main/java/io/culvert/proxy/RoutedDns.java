package io.culvert.proxy;

import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;

/** Takes questions the way that the rules name for them, as if they came in by an inbound. */
final class RoutedDns implements DnsCarrier {

    /** Nobody's: a rule on sources doesn't hold for what has none. */
    static final InetSocketAddress SOURCE = InetSocketAddress.createUnresolved("dns", 0);

    private final Dispatcher dispatcher;
    private final InboundIdentity inbound;

    /**
     * A carrier.
     *
     * @param tag that rules know these questions by
     */
    RoutedDns(Dispatcher dispatcher, String tag) {
        this.dispatcher = dispatcher;
        this.inbound = new InboundIdentity(tag, InboundIdentity.RESOLVER, new Traffic());
    }

    private Session session(Destination server) {
        return new Session(inbound, SOURCE, null, server, "");
    }

    @Override
    public UdpPort openUdp(Destination server, EventLoop loop, UdpReceiver receiver) {
        return new UdpSession(dispatcher, session(server), loop, receiver);
    }

    @Override
    public Future<DuplexChannel> connect(Destination server, EventLoop loop) {
        Promise<DuplexChannel> result = loop.newPromise();
        dispatcher
                .connect(session(server), loop)
                .addListener((Future<Flow> dialed) -> {
                    if (!dialed.isSuccess()) {
                        result.setFailure(dialed.cause());
                        return;
                    }
                    Flow flow = dialed.getNow();
                    flow.remote().closeFuture().addListener(closed -> flow.end());
                    flow.remote().pipeline().addFirst(new FlowMeter(flow));
                    result.setSuccess(flow.remote());
                });
        return result;
    }

    @Override
    public boolean goesBy(Destination server, String outboundTag) {
        return dispatcher.outlook(session(server)).tag().equals(outboundTag);
    }
}
