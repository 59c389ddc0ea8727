package io.culvert.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.socksx.v4.Socks4ServerDecoder;
import io.netty.handler.codec.socksx.v4.Socks4ServerEncoder;
import io.netty.handler.codec.socksx.v5.Socks5InitialRequestDecoder;
import io.netty.handler.codec.socksx.v5.Socks5ServerEncoder;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** SOCKS4, 4a, 5 and HTTP proxy on the same port, told apart by the first byte. */
final class SocksInbound implements Inbound {

    /**
     * What a file may ask of it.
     *
     * @param udp whether UDP ASSOCIATE is allowed
     * @param udpAddress what clients are told to send their datagrams to; null = the address by
     *     which they came
     */
    record Settings(Accounts accounts, boolean udp, @Nullable InetAddress udpAddress)
            implements InboundSettings {
        /** The same for others. */
        Settings with(Accounts others) {
            return new Settings(others, udp, udpAddress);
        }
    }

    private static final int SOCKS4 = 4;
    private static final int SOCKS5 = 5;

    private final InboundSpec spec;
    private final InboundIdentity identity;
    private final Settings settings;
    private final Services services;
    private final Dispatcher dispatcher;
    private final TcpListeners listeners;

    SocksInbound(
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

    private FirstByte.@Nullable Protocol choose(int firstByte) {
        return switch (firstByte) {
            case SOCKS4 -> this::socks4;
            case SOCKS5 -> this::socks5;
            default -> firstByte >= 'A' && firstByte <= 'Z' ? this::http : null;
        };
    }

    private void socks4(ChannelHandlerContext ctx) {
        ctx.pipeline()
                .addLast(
                        Socks4ServerEncoder.INSTANCE,
                        new Socks4ServerDecoder(),
                        new SocksHandler(identity, settings, services, dispatcher));
    }

    private void socks5(ChannelHandlerContext ctx) {
        ctx.pipeline()
                .addLast(
                        Socks5ServerEncoder.DEFAULT,
                        new Socks5InitialRequestDecoder(),
                        new SocksHandler(identity, settings, services, dispatcher));
    }

    private void http(ChannelHandlerContext ctx) {
        HttpInbound.addTo(
                ctx.channel(),
                identity,
                new HttpInbound.Settings(settings.accounts(), false),
                services,
                dispatcher);
    }

    /** Sets up one accepted connection. */
    @Sharable
    private final class Connection extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(Channel channel) {
            services.open().add(channel);
            channel.pipeline().addLast(new FirstByte(SocksInbound.this::choose));
            HandshakeDeadline.start(channel, services.policy(identity));
        }
    }
}
