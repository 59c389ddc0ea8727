package io.culvert.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Reaches destinations directly, by the sockets of this machine. */
final class FreedomOutbound implements Outbound {

    /** What Xray's system dialer waits for a connection. */
    private static final long DIAL_SECONDS = 16;

    /**
     * What a file may ask of it.
     *
     * @param proxyProtocol version of the PROXY header that connections begin with; 0 = none
     */
    record Settings(
            AddressOrder order,
            FinalRules finalRules,
            @Nullable Redirect redirect,
            int proxyProtocol)
            implements OutboundSettings {

        /** As a file without settings asks for it. */
        static final Settings DEFAULT =
                new Settings(AddressOrder.AS_IS, FinalRules.DEFAULT, null, NO_PROXY_PROTOCOL);
    }

    private static final int NO_PROXY_PROTOCOL = 0;

    private final String tag;
    private final Services services;
    private final NameResolver resolver;
    private final FinalRules finalRules;
    private final @Nullable Redirect redirect;
    private final int proxyProtocol;
    private final Traffic traffic = new Traffic();
    private final SystemPings pings = new SystemPings();

    FreedomOutbound(String tag, Settings settings, Services services) {
        this.tag = tag;
        this.services = services;
        this.resolver =
                settings.order()
                        .over(
                                settings.order() == AddressOrder.AS_IS
                                        ? services.systemResolver()
                                        : services.dns());
        this.finalRules = settings.finalRules();
        this.redirect = settings.redirect();
        this.proxyProtocol = settings.proxyProtocol();
    }

    @Override
    public String tag() {
        return tag;
    }

    @Override
    public String protocol() {
        return "freedom";
    }

    @Override
    public Traffic traffic() {
        return traffic;
    }

    @Override
    public Future<DuplexChannel> connect(Session asked, EventLoop loop) {
        Session session = redirect == null ? asked : asked.to(redirect.apply(asked.destination()));
        Promise<DuplexChannel> result = loop.newPromise();
        InetAddress address = session.destination().address();
        if (address != null) {
            dial(session, List.of(address), loop, result);
        } else {
            resolver.resolve(session.destination().host(), loop)
                    .addListener((Future<List<InetAddress>> resolved) -> {
                        if (resolved.isSuccess()) {
                            dial(session, resolved.getNow(), loop, result);
                        } else {
                            result.tryFailure(resolved.cause());
                        }
                    });
        }
        return result;
    }

    private void dial(
            Session session,
            List<InetAddress> addresses,
            EventLoop loop,
            Promise<DuplexChannel> result) {
        Destination to = session.destination();
        List<InetAddress> allowed = new ArrayList<>();
        for (InetAddress address : addresses) {
            if (finalRules.allows(session.inbound(), Network.TCP, address, to.port())) {
                allowed.add(address);
            }
        }
        if (allowed.isEmpty()) {
            BlockDelay delay = finalRules.delay(Network.TCP, addresses.getFirst(), to.port());
            refuse(to, delay, loop, result);
            return;
        }
        long timeout = Math.min(DIAL_SECONDS, Math.max(1, services.policy(session).handshake()));
        Promise<DuplexChannel> race =
                proxyProtocol == NO_PROXY_PROTOCOL ? result : announced(session, loop, result);
        HappyEyeballs.race(to, allowed, at -> dial(at, loop), loop, timeout, race);
    }

    private void refuse(
            Destination to, BlockDelay delay, EventLoop loop, Promise<DuplexChannel> result) {
        DialException refusal =
                new DialException(
                        Failure.DENIED, to.authority() + " is not allowed by outbound " + tag);
        int seconds = delay.choose(bound -> ThreadLocalRandom.current().nextInt(bound));
        if (seconds == 0) {
            result.tryFailure(refusal);
            return;
        }
        Future<?> timer =
                loop.schedule(() -> result.tryFailure(refusal), seconds, TimeUnit.SECONDS);
        result.addListener(done -> timer.cancel(false));
    }

    /** What a race is to be won for, so that the winner first says who the client is. */
    @SuppressWarnings("FutureReturnValueIgnored") // a failed write closes the channel
    private Promise<DuplexChannel> announced(
            Session session, EventLoop loop, Promise<DuplexChannel> result) {
        Promise<DuplexChannel> race = loop.newPromise();
        race.addListener((Future<DuplexChannel> done) -> {
            if (!done.isSuccess()) {
                result.tryFailure(done.cause());
                return;
            }
            DuplexChannel channel = done.getNow();
            ProxyHeader.write(channel, proxyProtocol, session.source());
            if (!result.trySuccess(channel)) {
                channel.close();
            }
        });
        result.addListener(done -> {
            if (done.isCancelled()) {
                race.cancel(false);
            }
        });
        return race;
    }

    private ChannelFuture dial(InetSocketAddress address, EventLoop loop) {
        ChannelFuture connecting = services.sockets().client(loop).connect(address);
        services.open().add(connecting.channel());
        return connecting;
    }

    @Override
    public UdpPort openUdp(Session session, EventLoop loop, UdpReceiver receiver) {
        InboundIdentity inbound = session.inbound();
        return redirect == null
                ? open(inbound, loop, receiver)
                : new RedirectedUdp(redirect, receiver, back -> open(inbound, loop, back));
    }

    /**
     * By a plain socket of this machine. Whatever else would decide where connections go, as a
     * redirection does, has no meaning for pings: then there are none.
     */
    @Override
    public Future<?> ping(Session session, Ping ping, EventLoop loop) {
        InetAddress host = session.destination().address();
        if (host == null || redirect != null) {
            return Outbound.super.ping(session, ping, loop);
        }
        if (!finalRules.allows(session.inbound(), Network.ICMP, host, 0)) {
            return loop.newFailedFuture(
                    new DialException(
                            Failure.DENIED,
                            session.destination().host() + " is not allowed by outbound " + tag));
        }
        return pings.ping(host, ping, loop);
    }

    private UdpPort open(InboundIdentity inbound, EventLoop loop, UdpReceiver receiver) {
        DatagramPort port =
                new DatagramPort(
                        loop,
                        receiver,
                        handler -> bind(handler, loop),
                        to ->
                                finalRules.allows(
                                        inbound, Network.UDP, to.getAddress(), to.getPort()));
        return new ResolvingPort(port, resolver, loop);
    }

    private Future<Channel> bind(ChannelHandler handler, EventLoop loop) {
        ChannelFuture binding = services.sockets().datagram(loop, handler).bind(0);
        services.open().add(binding.channel());
        return Sockets.whenBound(binding, loop);
    }

    @Override
    public Future<?> close() {
        pings.close();
        return GlobalEventExecutor.INSTANCE.newSucceededFuture(null);
    }
}
