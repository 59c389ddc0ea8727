package io.culvert.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The API or the metrics for whatever rules send here, as files of panels have it. It is reached
 * over a loopback connection to ourselves; a connection to that port that this outbound didn't make
 * is closed unheard.
 */
final class ServiceOutbound implements Outbound {
    private static final long CLAIM_SECONDS = 5;

    private final String tag;
    private final ServiceSettings settings;
    private final Services services;
    private final ServiceConnections connections;
    private final Traffic traffic = new Traffic();

    /** By the port that a connection comes from; done once it is known to be ours. */
    private final Map<Integer, Promise<Void>> claims = new ConcurrentHashMap<>();

    private volatile @Nullable Channel server;

    ServiceOutbound(String tag, ServiceSettings settings, Services services, Proxy proxy) {
        this.tag = tag;
        this.settings = settings;
        this.services = services;
        this.connections = new ServiceConnections(settings, services, proxy);
    }

    @Override
    public String tag() {
        return tag;
    }

    @Override
    public String protocol() {
        return settings.kind().key();
    }

    @Override
    public Traffic traffic() {
        return traffic;
    }

    @Override
    public void start() throws StartException {
        ChannelFuture binding =
                services.sockets()
                        .server(services.sockets().group(), new Unclaimed(), false)
                        .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                        .awaitUninterruptibly();
        if (!binding.isSuccess()) {
            throw new StartException(
                    protocol() + " cannot listen to itself: " + binding.cause().getMessage(),
                    binding.cause());
        }
        server = binding.channel();
    }

    @Override
    public Future<DuplexChannel> connect(Session session, EventLoop loop) {
        Promise<DuplexChannel> result = loop.newPromise();
        Channel open = server;
        if (open == null) {
            return result.setFailure(
                    new DialException(Failure.OTHER, "outbound " + tag + " is closed"));
        }
        InetSocketAddress to = (InetSocketAddress) open.localAddress();
        ChannelFuture dialing = services.sockets().client(loop, to.getAddress()).connect(to);
        dialing.addListener(done -> {
            if (!done.isSuccess()) {
                result.tryFailure(DialException.of(done.cause(), session.destination()));
                return;
            }
            DuplexChannel channel = (DuplexChannel) dialing.channel();
            claim(((InetSocketAddress) channel.localAddress()).getPort()).trySuccess(null);
            if (!result.trySuccess(channel)) {
                var _ = channel.close();
            }
        });
        return result;
    }

    private Promise<Void> claim(int port) {
        return claims.computeIfAbsent(port, any -> GlobalEventExecutor.INSTANCE.newPromise());
    }

    @Override
    public UdpPort openUdp(Session session, EventLoop loop, UdpReceiver receiver) {
        return UdpPort.NOWHERE;
    }

    @Override
    public Future<?> close() {
        Channel open = server;
        server = null;
        return open == null ? GlobalEventExecutor.INSTANCE.newSucceededFuture(null) : open.close();
    }

    /** Waits until a connection is known to be ours. */
    private final class Unclaimed extends ChannelInitializer<Channel> {
        @Override
        public boolean isSharable() {
            return true;
        }

        @Override
        protected void initChannel(Channel channel) {
            services.open().add(channel);
            channel.config().setAutoRead(false);
            int port = ((InetSocketAddress) channel.remoteAddress()).getPort();
            Promise<Void> ours = claim(port);
            channel.closeFuture().addListener(closed -> claims.remove(port, ours));
            Future<?> patience =
                    channel.eventLoop()
                            .schedule(
                                    () -> {
                                        var _ = channel.close();
                                    },
                                    CLAIM_SECONDS,
                                    TimeUnit.SECONDS);
            ours.addListener(claimed ->
                    channel.eventLoop()
                            .execute(() -> {
                                patience.cancel(false);
                                connections.begin(channel);
                            }));
        }
    }
}
