package io.culvert.proxy;

import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.socksx.v5.Socks5CommandType;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.util.List;

/** Goes through a SOCKS5 server. Names are the server's to resolve, unless the file says how. */
final class SocksOutbound implements Outbound {

    /**
     * What a file may ask of it.
     *
     * @param servers at least one; they take turns
     */
    record Settings(List<ProxyServer> servers, TargetStrategy targets)
            implements OutboundSettings {}

    private final String tag;
    private final ServerTurns servers;
    private final TargetStrategy targets;
    private final Services services;
    private final ServerDialer dialer;
    private final NameResolver resolver;
    private final Traffic traffic = new Traffic();

    SocksOutbound(String tag, Settings settings, Services services, ServerDialer dialer) {
        this.tag = tag;
        servers = new ServerTurns(settings.servers());
        targets = settings.targets();
        this.services = services;
        this.dialer = dialer;
        this.resolver = settings.targets().over(services.dns().outside(tag));
    }

    @Override
    public String tag() {
        return tag;
    }

    @Override
    public String protocol() {
        return "socks";
    }

    @Override
    public Traffic traffic() {
        return traffic;
    }

    @Override
    public Future<DuplexChannel> connect(Session session, EventLoop loop) {
        return targets.connect(session, resolver, loop, to -> connectTo(to, loop));
    }

    private Future<DuplexChannel> connectTo(Session session, EventLoop loop) {
        ProxyServer server = servers.next();
        SocksHello hello;
        try {
            hello = hello(server, Socks5CommandType.CONNECT, session.destination());
        } catch (IllegalArgumentException e) {
            return loop.newFailedFuture(
                    new DialException(
                            Failure.RESOLVE,
                            session.destination().host() + " is no name that SOCKS can carry",
                            e));
        }
        return say(hello, server, session, loop);
    }

    @Override
    public UdpPort openUdp(Session session, EventLoop loop, UdpReceiver receiver) {
        return new SocksUdpPort(this, dialer, servers.next(), session, loop, receiver);
    }

    /** What to say to a server; its answer comes by {@link #say}. */
    SocksHello hello(ProxyServer server, Socks5CommandType command, Destination destination) {
        return new SocksHello(
                "the SOCKS server " + server.authority() + " of outbound " + tag,
                server.account(),
                command,
                destination);
    }

    /** Dials the server and says it. */
    Future<DuplexChannel> say(
            SocksHello hello, ProxyServer server, Session session, EventLoop loop) {
        return hello.over(
                dialer.connect(session, server.place(), loop),
                Math.max(1, services.policy(session).handshake()),
                loop);
    }

    @Override
    public Future<?> close() {
        return GlobalEventExecutor.INSTANCE.newSucceededFuture(null);
    }
}
