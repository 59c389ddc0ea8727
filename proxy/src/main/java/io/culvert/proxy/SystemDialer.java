package io.culvert.proxy;

import io.culvert.tunnel.SocketOption;
import io.culvert.tunnel.TunnelConfig;
import io.culvert.wireguard.Cidr;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Dials by this machine's sockets, from the address and with the options that the file asks for.
 */
@SuppressWarnings("FutureReturnValueIgnored") // whoever waits for a channel hears by its promise
final class SystemDialer implements Dialer {

    /** What Xray's system dialer waits for a connection. */
    private static final long DIAL_SECONDS = 16;

    private static final InetAddress ANY_V4 = Cidr.parse("0.0.0.0").address();
    private static final InetAddress ANY_V6 = Cidr.parse("::").address();

    private final DialSettings settings;
    private final Services services;
    private final NameResolver resolver;

    /**
     * A dialer for one outbound.
     *
     * @param tag whose own name servers are not asked
     */
    SystemDialer(String tag, DialSettings settings, Services services) {
        this.settings = settings;
        this.services = services;
        AddressOrder order = settings.order() == null ? AddressOrder.AS_IS : settings.order();
        this.resolver =
                order.over(
                        order == AddressOrder.AS_IS
                                ? services.systemResolver()
                                : services.dns().outside(tag));
    }

    @Override
    public boolean isPlain() {
        return settings.sendThrough().equals(DialSettings.ANYWHERE) && settings.sockets().isEmpty();
    }

    @Override
    public boolean takesNames() {
        return false;
    }

    @Override
    public Future<DuplexChannel> connect(Session session, EventLoop loop) {
        InetAddress address = session.destination().address();
        if (address != null) {
            return connect(session, List.of(address), loop);
        }
        Promise<DuplexChannel> result = loop.newPromise();
        resolver.resolve(
                session.destination().host(),
                loop,
                result,
                addresses -> race(session, addresses, loop, result));
        return result;
    }

    @Override
    public Future<DuplexChannel> connect(
            Session session, List<InetAddress> addresses, EventLoop loop) {
        Promise<DuplexChannel> result = loop.newPromise();
        race(session, addresses, loop, result);
        return result;
    }

    private void race(
            Session session,
            List<InetAddress> addresses,
            EventLoop loop,
            Promise<DuplexChannel> result) {
        InetAddress from = settings.sendThrough().pick(session);
        List<InetAddress> reachable = new ArrayList<>();
        for (InetAddress address : addresses) {
            if (SendThrough.reaches(from, address)) {
                reachable.add(address);
            }
        }
        if (reachable.isEmpty() && from != null) {
            result.tryFailure(
                    new DialException(
                            Failure.NET_UNREACHABLE,
                            session.destination().authority()
                                    + " has no address that can be reached from "
                                    + from.getHostAddress()));
            return;
        }
        long timeout = Math.min(DIAL_SECONDS, Math.max(1, services.policy(session).handshake()));
        HappyEyeballs.race(
                session.destination(),
                settings.eyeballs().apply(reachable),
                at -> dial(session, at, from, loop),
                loop,
                timeout,
                settings.eyeballs(),
                result);
    }

    private ChannelFuture dial(
            Session session, InetSocketAddress to, @Nullable InetAddress from, EventLoop loop) {
        boolean comesBack = services.loops().isOurs(to);
        if (from == null && !comesBack && settings.sockets().isEmpty()) {
            ChannelFuture connecting = services.sockets().client(loop, to.getAddress()).connect(to);
            services.open().add(connecting.channel());
            return connecting;
        }
        ChannelFuture registering = services.sockets().client(loop, to.getAddress()).register();
        Channel channel = registering.channel();
        ChannelPromise connected = channel.newPromise();
        services.open().add(channel);
        registering.addListener(done -> {
            if (done.isSuccess()) {
                LoopGuard.Trail trail = comesBack ? services.loops().continued(session) : null;
                if (trail != null) {
                    trail.went(session.destination());
                    trail.went(Destination.of(Network.TCP, to));
                }
                prepareAndConnect(channel, to, from, trail, connected);
            } else {
                connected.tryFailure(done.cause());
            }
        });
        return connected;
    }

    private void prepareAndConnect(
            Channel channel,
            InetSocketAddress to,
            @Nullable InetAddress from,
            LoopGuard.@Nullable Trail trail,
            ChannelPromise connected) {
        try {
            settings.sockets().applyTcp(channel);
            if (from != null) {
                SocketSettings.apply(channel, settings.sendThrough().options(from));
            }
            if (from != null && trail == null) {
                portLater(channel);
            }
        } catch (SocketException e) {
            fail(channel, connected, String.valueOf(e.getMessage()), e);
            return;
        }
        if (from == null && trail == null) {
            channel.connect(to, connected);
            return;
        }
        InetAddress local = from == null ? any(to.getAddress()) : from;
        channel.bind(new InetSocketAddress(local, 0))
                .addListener(done -> {
                    if (done.isSuccess()) {
                        follow(channel, Network.TCP, trail);
                        channel.connect(to, connected);
                    } else {
                        fail(channel, connected, cannotLeave(local, done.cause()), done.cause());
                    }
                });
    }

    private static InetAddress any(InetAddress likeThis) {
        return likeThis instanceof Inet4Address ? ANY_V4 : ANY_V6;
    }

    /** Has what comes in from the channel's port recognised as what left by it. */
    private void follow(Channel channel, Network network, LoopGuard.@Nullable Trail trail) {
        if (trail != null) {
            int port = ((InetSocketAddress) channel.localAddress()).getPort();
            services.loops().opened(network, port, trail);
            channel.closeFuture()
                    .addListener(closed -> services.loops().closed(network, port, trail));
        }
    }

    /** Only where the kernel knows how. */
    private static void portLater(Channel channel) {
        try {
            SocketSettings.apply(channel, List.of(SocketSettings.PORT_LATER));
        } catch (SocketException e) {
            Log.debug(String.valueOf(e.getMessage()));
        }
    }

    private static void fail(
            Channel channel, ChannelPromise connected, String why, Throwable cause) {
        connected.tryFailure(new DialException(Failure.OTHER, why, cause));
        channel.close();
    }

    private static String cannotLeave(InetAddress from, Throwable cause) {
        String message = String.valueOf(cause.getMessage());
        return "cannot leave from "
                + from.getHostAddress()
                + ": "
                + (message.contains("assign requested address")
                        ? "this machine does not have that address"
                        : message);
    }

    @Override
    public UdpPort openUdp(
            Session session,
            EventLoop loop,
            UdpReceiver receiver,
            @Nullable NameResolver names,
            Predicate<InetSocketAddress> allowed) {
        InetAddress from = settings.sendThrough().pick(session);
        LoopGuard.Trail trail = services.loops().continued(session);
        DatagramPort port =
                new DatagramPort(
                        loop,
                        receiver,
                        handler -> bind(handler, from, trail, loop),
                        to -> {
                            if (services.loops().isOurs(to)) {
                                trail.went(session.destination());
                                trail.went(Destination.of(Network.UDP, to));
                            }
                            return allowed.test(to);
                        });
        return new ResolvingPort(port, names == null ? resolver : names, loop);
    }

    private Future<Channel> bind(
            ChannelHandler handler,
            @Nullable InetAddress from,
            LoopGuard.Trail trail,
            EventLoop loop) {
        Promise<Channel> result = loop.newPromise();
        ChannelFuture registering = services.sockets().datagram(loop, handler).register();
        Channel channel = registering.channel();
        services.open().add(channel);
        registering.addListener(done -> {
            if (!done.isSuccess()) {
                result.setFailure(done.cause());
                return;
            }
            try {
                settings.sockets().applyUdp(channel);
                if (from != null) {
                    SocketSettings.apply(channel, settings.sendThrough().options(from));
                }
            } catch (SocketException e) {
                unbound(channel, result, String.valueOf(e.getMessage()), e);
                return;
            }
            InetSocketAddress local =
                    from == null ? new InetSocketAddress(0) : new InetSocketAddress(from, 0);
            channel.bind(local)
                    .addListener(bound -> {
                        if (bound.isSuccess()) {
                            follow(channel, Network.UDP, trail);
                            result.setSuccess(channel);
                        } else if (from == null) {
                            result.setFailure(bound.cause());
                        } else {
                            String why = cannotLeave(from, bound.cause());
                            unbound(channel, result, why, bound.cause());
                        }
                    });
        });
        return result;
    }

    private static void unbound(
            Channel channel, Promise<Channel> result, String why, Throwable cause) {
        Log.warning("no socket for datagrams: " + why);
        result.setFailure(new DialException(Failure.OTHER, why, cause));
        channel.close();
    }

    @Override
    public void carry(TunnelConfig.Builder tunnel, Session asked, int listenPort) {
        InetAddress from = settings.sendThrough().pick(asked);
        List<SocketOption> options = new ArrayList<>(settings.sockets().udp());
        if (from != null) {
            options.addAll(settings.sendThrough().options(from));
        }
        tunnel.socketOptions(options);
        if (from != null) {
            tunnel.listen(new InetSocketAddress(from, listenPort));
        } else if (listenPort != 0) {
            tunnel.listen(new InetSocketAddress(listenPort));
        }
    }
}
