package io.culvert.proxy;

import io.culvert.tunnel.Tunnel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Listens on a port inside a tunnel that is an outbound, and forwards to a target outside of it:
 * wireproxy's {@code [TCPServerTunnel]}. The file names the target itself, so no rule is asked.
 */
final class TunnelListenInbound implements Inbound {

    /**
     * What a file may ask of it.
     *
     * @param tagPlace where the file names the tunnel
     */
    record Settings(String outboundTag, Place tagPlace, int port, HostPort target)
            implements InboundSettings {}

    private final InboundSpec spec;
    private final InboundIdentity identity;
    private final Settings settings;
    private final Services services;
    private final WireGuardOutbound tunnel;
    private final Dispatcher direct;
    private final Consumer<Tunnel> listener = this::listen;
    private volatile @Nullable Channel listening;
    private volatile boolean closed;

    /**
     * An inbound that does not listen yet.
     *
     * @param direct takes every connection to the target
     */
    TunnelListenInbound(
            InboundSpec spec,
            Settings settings,
            Services services,
            WireGuardOutbound tunnel,
            Dispatcher direct) {
        this.spec = spec;
        this.identity = spec.identity();
        this.settings = settings;
        this.services = services;
        this.tunnel = tunnel;
        this.direct = direct;
    }

    /** Inside which it listens. */
    WireGuardOutbound outbound() {
        return tunnel;
    }

    @Override
    public InboundIdentity identity() {
        return identity;
    }

    @Override
    public List<InetSocketAddress> addresses() {
        return List.of(new InetSocketAddress(settings.port()));
    }

    /** Opens the tunnel, since peers may call; it listens in each that opens. */
    @Override
    public void start() throws StartException {
        tunnel.whenOpen(listener);
        Log.info(
                spec.protocol()
                        + " inbound "
                        + identity.label()
                        + " on port "
                        + settings.port()
                        + " inside "
                        + settings.outboundTag());
    }

    private void listen(Tunnel open) {
        if (closed) {
            return;
        }
        ChannelFuture binding = open.listen(settings.port(), new Connection());
        binding.addListener(done -> {
            if (done.isSuccess()) {
                listening = binding.channel();
                if (closed) {
                    var _ = binding.channel().close();
                }
            } else {
                Log.warning(
                        spec.place()
                                + ": cannot listen on port "
                                + settings.port()
                                + " inside the tunnel: "
                                + done.cause().getMessage());
            }
        });
    }

    @Override
    public Future<?> close() {
        closed = true;
        tunnel.forget(listener);
        Channel channel = listening;
        return channel == null
                ? GlobalEventExecutor.INSTANCE.newSucceededFuture(null)
                : channel.close();
    }

    /** Sets up one accepted connection. */
    @Sharable
    private final class Connection extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(Channel channel) {
            channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
            channel.config().setAutoRead(false);
            services.open().add(channel);
            channel.eventLoop().execute(() -> accept((DuplexChannel) channel));
        }
    }

    private void accept(DuplexChannel client) {
        Session session =
                new Session(
                        identity,
                        (InetSocketAddress) client.remoteAddress(),
                        (InetSocketAddress) client.localAddress(),
                        settings.target().destination(Network.TCP),
                        "");
        ForwardedConnection.open(
                client, Parking.park(client), session, direct, services.policy(session));
    }
}
