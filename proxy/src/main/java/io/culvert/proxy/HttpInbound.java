package io.culvert.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An HTTP proxy: CONNECT, and requests for absolute {@code http://} URIs. */
final class HttpInbound implements Inbound {

    /**
     * What a file may ask of it.
     *
     * @param transparent whether a request for a path goes to the host of its Host field
     */
    record Settings(Accounts accounts, boolean transparent) implements InboundSettings {
        /** The same for others. */
        Settings with(Accounts others) {
            return new Settings(others, transparent);
        }
    }

    private final InboundSpec spec;
    private final InboundIdentity identity;
    private final Settings settings;
    private final Services services;
    private final Dispatcher dispatcher;
    private final TcpListeners listeners;

    HttpInbound(
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
        this.listeners = new TcpListeners(spec, services, connections, new Connection());
    }

    /** Makes a connection an HTTP client's. */
    static void addTo(
            Channel client,
            InboundIdentity identity,
            Settings settings,
            Services services,
            Dispatcher dispatcher) {
        services.policy(identity).bound(client);
        client.pipeline()
                .addLast(
                        new ProxyRequestDecoder(),
                        new ProxyResponseEncoder(),
                        new HttpProxyHandler(
                                (DuplexChannel) client, identity, settings, services, dispatcher));
    }

    @Override
    public InboundIdentity identity() {
        return identity;
    }

    @Override
    public List<InetSocketAddress> addresses() {
        return listeners.addresses();
    }

    @Override
    public void start() throws StartException {
        listeners.start();
        Log.info(spec.protocol() + " inbound " + identity.label() + " on " + addresses());
    }

    @Override
    public @Nullable Runnable update(InboundSettings next) {
        return next instanceof Settings other ? settings.accounts().update(other.accounts()) : null;
    }

    @Override
    public Future<?> close() {
        return listeners.close();
    }

    /** Sets up one accepted connection. */
    @Sharable
    private final class Connection extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(Channel channel) {
            services.open().add(channel);
            addTo(channel, identity, settings, services, dispatcher);
            HandshakeDeadline.start(channel, services.policy(identity));
        }
    }
}
