package io.culvert.proxy;

import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Reaches destinations directly, by the sockets of this machine. */
final class FreedomOutbound implements Outbound {

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
    private final Dialer dialer;
    private final NameResolver resolver;

    /**
     * Names go as they are to what carries this outbound: no rule here is about their addresses.
     */
    private final boolean leavesNames;

    private final FinalRules finalRules;
    private final @Nullable Redirect redirect;
    private final int proxyProtocol;
    private final Traffic traffic = new Traffic();
    private final SystemPings pings = new SystemPings();

    FreedomOutbound(String tag, Settings settings, Dialer dialer, NameResolver outside) {
        this.tag = tag;
        this.dialer = dialer;
        this.resolver = settings.order().over(outside);
        this.finalRules = settings.finalRules();
        this.leavesNames =
                dialer.takesNames()
                        && settings.order() == AddressOrder.AS_IS
                        && settings.finalRules().equals(FinalRules.DEFAULT);
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
    public @Nullable InetAddress pinned() {
        return redirect == null ? null : Destination.literal(redirect.host());
    }

    @Override
    public Future<DuplexChannel> connect(Session asked, EventLoop loop) {
        Session session = redirect == null ? asked : asked.to(redirect.apply(asked.destination()));
        Promise<DuplexChannel> result = loop.newPromise();
        InetAddress address = session.destination().address();
        if (address != null) {
            dial(session, List.of(address), loop, result);
        } else if (leavesNames) {
            Dialing.pass(dialer.connect(session, loop), announced(session, loop, result));
        } else {
            resolver.resolve(
                    session.destination().host(),
                    loop,
                    result,
                    addresses -> dial(session, addresses, loop, result));
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
        Dialing.pass(dialer.connect(session, allowed, loop), announced(session, loop, result));
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

    /** What is to be kept so that a connection first says who the client is. */
    @SuppressWarnings("FutureReturnValueIgnored") // a failed write closes the channel
    private Promise<DuplexChannel> announced(
            Session session, EventLoop loop, Promise<DuplexChannel> result) {
        if (proxyProtocol == NO_PROXY_PROTOCOL) {
            return result;
        }
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
        Dialing.cancelWith(result, race);
        return race;
    }

    @Override
    public UdpPort openUdp(Session session, EventLoop loop, UdpReceiver receiver) {
        return redirect == null
                ? open(session, loop, receiver)
                : new RedirectedUdp(redirect, receiver, back -> open(session, loop, back));
    }

    /**
     * By a plain socket of this machine. Whatever else would decide where connections go, as a
     * redirection does, or how they leave, has no meaning for pings: then there are none.
     */
    @Override
    public Future<?> ping(Session session, Ping ping, EventLoop loop) {
        if (redirect != null || !dialer.isPlain()) {
            return Outbound.super.ping(session, ping, loop);
        }
        InetAddress host = session.destination().address();
        if (host != null) {
            return ping(session, host, ping, loop);
        }
        Promise<Object> result = loop.newPromise();
        resolver.resolve(
                session.destination().host(),
                loop,
                result,
                addresses ->
                        ping(session, addresses.getFirst(), ping, loop)
                                .addListener(done -> {
                                    if (done.isSuccess()) {
                                        result.trySuccess(addresses.getFirst());
                                    } else {
                                        result.tryFailure(done.cause());
                                    }
                                }));
        return result;
    }

    private Future<?> ping(Session session, InetAddress host, Ping ping, EventLoop loop) {
        if (!finalRules.allows(session.inbound(), Network.ICMP, host, 0)) {
            return loop.newFailedFuture(
                    new DialException(
                            Failure.DENIED,
                            session.destination().host() + " is not allowed by outbound " + tag));
        }
        return pings.ping(host, ping, loop);
    }

    private UdpPort open(Session session, EventLoop loop, UdpReceiver receiver) {
        InboundIdentity inbound = session.inbound();
        return dialer.openUdp(
                session,
                loop,
                receiver,
                leavesNames ? null : resolver,
                to -> finalRules.allows(inbound, Network.UDP, to.getAddress(), to.getPort()));
    }

    @Override
    public Future<?> close() {
        pings.close();
        return GlobalEventExecutor.INSTANCE.newSucceededFuture(null);
    }
}
