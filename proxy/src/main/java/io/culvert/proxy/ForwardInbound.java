package io.culvert.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;

/** Port forward: whatever comes in goes to one destination ({@code dokodemo-door}). */
final class ForwardInbound implements Inbound {

    /** What a file may ask of it. */
    record Settings(HostPort target, EnumSet<Network> networks) implements InboundSettings {}

    private final InboundSpec spec;
    private final InboundIdentity identity;
    private final Settings settings;
    private final Services services;
    private final Dispatcher dispatcher;
    private final EventLoopGroup connections;
    private final TcpListeners listeners;
    private final List<Channel> sockets = new ArrayList<>();

    ForwardInbound(
            InboundSpec spec,
            Settings settings,
            Services services,
            Dispatcher dispatcher,
            EventLoopGroup connections) {
        this.spec = spec;
        this.identity = spec.identity();
        this.settings = settings;
        this.services = services;
        this.dispatcher = dispatcher;
        this.connections = connections;
        this.listeners = new TcpListeners(spec, services, connections, new Connection());
    }

    @Override
    public InboundIdentity identity() {
        return identity;
    }

    @Override
    public List<InetSocketAddress> addresses() {
        List<InetSocketAddress> all = new ArrayList<>(listeners.addresses());
        sockets.forEach(socket -> all.add((InetSocketAddress) socket.localAddress()));
        return all;
    }

    @Override
    public void start() throws StartException {
        if (settings.networks().contains(Network.TCP)) {
            listeners.start();
        }
        if (settings.networks().contains(Network.UDP)) {
            bindDatagrams();
        }
        Log.info(
                spec.protocol()
                        + " inbound "
                        + identity.label()
                        + " on "
                        + addresses()
                        + " to "
                        + settings.target().destination(Network.TCP).authority());
    }

    private void bindDatagrams() throws StartException {
        for (int port : spec.ports()) {
            ForwardDatagrams datagrams =
                    new ForwardDatagrams(identity, settings.target(), dispatcher);
            ChannelFuture binding =
                    services.sockets()
                            .datagram(connections.next(), datagrams)
                            .bind(spec.address(port))
                            .awaitUninterruptibly();
            if (!binding.isSuccess()) {
                close().awaitUninterruptibly();
                throw spec.cannotListen(Network.UDP, port, binding.cause());
            }
            sockets.add(binding.channel());
        }
    }

    @Override
    public Future<?> close() {
        List<Channel> all = new ArrayList<>(listeners.channels());
        all.addAll(sockets);
        return TcpListeners.closeAll(all);
    }

    private void accept(DuplexChannel client) {
        services.open().add(client);
        client.config().setAutoRead(false);
        Session session =
                new Session(
                        identity,
                        (InetSocketAddress) client.remoteAddress(),
                        (InetSocketAddress) client.localAddress(),
                        settings.target().destination(Network.TCP),
                        "");
        // Not before the channel is whole: a destination may be refused at once.
        client.eventLoop()
                .execute(() ->
                        ForwardedConnection.open(client, session, dispatcher, services.policy()));
    }

    /** Sets up one accepted connection. */
    @Sharable
    private final class Connection extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(Channel channel) {
            accept((DuplexChannel) channel);
        }
    }
}
