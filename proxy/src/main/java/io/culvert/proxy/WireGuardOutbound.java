package io.culvert.proxy;

import io.culvert.tunnel.Tunnel;
import io.culvert.tunnel.TunnelStats;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Dials through a WireGuard peer. The tunnel is opened by the first connection and shared by all;
 * it lives on one event loop. Names are resolved inside it, so that nothing of them is seen
 * outside.
 */
final class WireGuardOutbound implements Outbound {

    /** Four attempts at a handshake, and five SYNs. */
    private static final long DIAL_SECONDS = 20;

    /** How long iputils' ping waits for the last answer. */
    private static final Duration PING_PATIENCE = Duration.ofSeconds(10);

    private final String tag;
    private final Services services;
    private final EventLoop home;
    private final WireGuardOpener opener;
    private final NameResolver resolver;
    private final @Nullable ManagementSocket management;
    private final Traffic traffic = new Traffic();

    /**
     * An outbound whose tunnel is not open yet.
     *
     * @param dialer how the tunnel's datagrams travel
     * @param home where the tunnel is going to live
     */
    WireGuardOutbound(
            String tag,
            WireGuardSettings settings,
            Services services,
            Dialer dialer,
            EventLoop home) {
        this.tag = tag;
        this.services = services;
        this.home = home;
        this.management = settings.management();
        this.opener = new WireGuardOpener(tag, settings, dialer, services.dns().outside(tag), home);
        this.resolver =
                settings.order()
                        .over(
                                new TunnelResolver(
                                        home,
                                        new OutboundDns(this),
                                        settings.nameServers(),
                                        settings.searchDomains(),
                                        settings.addresses(),
                                        settings.order()));
    }

    @Override
    public String tag() {
        return tag;
    }

    @Override
    public String protocol() {
        return "wireguard";
    }

    @Override
    public Traffic traffic() {
        return traffic;
    }

    @Override
    public EventLoop home() {
        return home;
    }

    @Override
    public Optional<TunnelStats> tunnelStats() {
        return Optional.ofNullable(opener.current()).map(Tunnel::stats);
    }

    /** Whoever manages a tunnel wants to find it. */
    @Override
    public void start() throws StartException {
        if (management == null) {
            return;
        }
        Future<Tunnel> opening = opener.open().awaitUninterruptibly();
        if (opening.cause() instanceof DialException e
                && e.getCause() instanceof StartException start) {
            throw start;
        }
        if (!opening.isSuccess()) {
            throw new StartException(
                    management.place() + ": " + opening.cause().getMessage(), opening.cause());
        }
    }

    @Override
    public @Nullable Runnable update(OutboundSettings settings) {
        return settings instanceof WireGuardSettings next ? () -> opener.update(next) : null;
    }

    @Override
    public @Nullable Runnable reroute(OutboundSettings settings, Dialer below) {
        return settings instanceof WireGuardSettings next
                ? () -> opener.reroute(next, below)
                : null;
    }

    /** As {@link WireGuardOpener#whenOpen}. */
    void whenOpen(Consumer<Tunnel> user) {
        opener.whenOpen(user);
    }

    /** As {@link WireGuardOpener#forget}. */
    void forget(Consumer<Tunnel> user) {
        opener.forget(user);
    }

    @Override
    public Future<DuplexChannel> connect(Session session, EventLoop loop) {
        Promise<DuplexChannel> result = loop.newPromise();
        whenOpenOr(session, result, tunnel -> connect(tunnel, session, result));
        return result;
    }

    private void connect(Tunnel tunnel, Session session, Promise<DuplexChannel> result) {
        Destination to = session.destination();
        InetAddress address = to.address();
        if (address != null) {
            dial(tunnel, session, List.of(address), result);
            return;
        }
        resolver.resolve(to.host(), home)
                .addListener((Future<List<InetAddress>> resolved) -> {
                    if (resolved.isSuccess()) {
                        dial(tunnel, session, resolved.getNow(), result);
                    } else {
                        result.tryFailure(opener.explain(resolved.cause()));
                    }
                });
    }

    private void dial(
            Tunnel tunnel,
            Session session,
            List<InetAddress> addresses,
            Promise<DuplexChannel> result) {
        long timeout = Math.min(DIAL_SECONDS, Math.max(1, services.policy(session).handshake()));
        Promise<DuplexChannel> race = home.newPromise();
        race.addListener(done -> {
            if (!done.isSuccess()) {
                result.tryFailure(opener.explain(done.cause()));
            } else if (!result.trySuccess(race.getNow())) {
                var _ = race.getNow().close();
            }
        });
        result.addListener(done -> {
            if (done.isCancelled()) {
                race.cancel(false);
            }
        });
        HappyEyeballs.race(
                session.destination(),
                addresses,
                at -> dial(tunnel, at),
                home,
                timeout,
                HappyEyeballs.Settings.DEFAULT,
                race);
    }

    private ChannelFuture dial(Tunnel tunnel, InetSocketAddress address) {
        ChannelFuture connecting = tunnel.connect(address, new Sockets.ParkingInitializer());
        services.open().add(connecting.channel());
        return connecting;
    }

    @Override
    public UdpPort openUdp(Session session, EventLoop loop, UdpReceiver receiver) {
        UdpPort port =
                new TwoFamilies(
                        datagrams(session, loop, receiver, false),
                        datagrams(session, loop, receiver, true));
        return new ResolvingPort(port, resolver, loop);
    }

    @Override
    public Future<?> ping(Session session, Ping ping, EventLoop loop) {
        InetAddress host = session.destination().address();
        Promise<Object> result = loop.newPromise();
        if (host == null) {
            resolver.resolve(
                    session.destination().host(),
                    loop,
                    result,
                    addresses -> ping(session, addresses.getFirst(), ping, result));
        } else {
            ping(session, host, ping, result);
        }
        return result;
    }

    private void ping(Session session, InetAddress host, Ping ping, Promise<Object> result) {
        whenOpenOr(
                session,
                result,
                tunnel ->
                        tunnel.ping(host, ping.payload(), PING_PATIENCE)
                                .addListener(done -> {
                                    if (done.isSuccess()) {
                                        result.trySuccess(host);
                                    } else {
                                        result.tryFailure(opener.explain(done.cause()));
                                    }
                                }));
    }

    private DatagramPort datagrams(
            Session session, EventLoop loop, UdpReceiver receiver, boolean ipv6) {
        return new DatagramPort(
                loop, receiver, handler -> bind(session, handler, ipv6), to -> true);
    }

    private Future<Channel> bind(Session session, ChannelHandler handler, boolean ipv6) {
        Promise<Channel> result = home.newPromise();
        whenOpenOr(
                session,
                result,
                tunnel -> {
                    ChannelFuture binding = tunnel.bindUdp(ipv6, handler);
                    services.open().add(binding.channel());
                    binding.addListener(done -> {
                        if (done.isSuccess()) {
                            result.setSuccess(binding.channel());
                        } else {
                            result.setFailure(done.cause());
                        }
                    });
                });
        return result;
    }

    private void whenOpenOr(Session session, Promise<?> failing, Consumer<Tunnel> then) {
        opener.open(session)
                .addListener((Future<Tunnel> opened) -> {
                    if (opened.isSuccess()) {
                        then.accept(opened.getNow());
                    } else {
                        failing.tryFailure(opened.cause());
                    }
                });
    }

    @Override
    public Future<?> close() {
        return opener.close();
    }

    /** A tunnel has a port for each family; to the client they are one. */
    private record TwoFamilies(UdpPort four, UdpPort six) implements UdpPort {
        @Override
        public void send(InetSocketAddress destination, ByteBuf payload) {
            (destination.getAddress() instanceof Inet6Address ? six : four)
                    .send(destination, payload);
        }

        @Override
        public boolean isWritable() {
            return four.isWritable() && six.isWritable();
        }

        @Override
        public void flush() {
            four.flush();
            six.flush();
        }

        @Override
        public void close() {
            four.close();
            six.close();
        }
    }
}
