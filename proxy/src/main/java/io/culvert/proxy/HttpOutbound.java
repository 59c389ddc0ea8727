package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Goes through an HTTP proxy by CONNECT. Names are the proxy's to resolve, unless the file says
 * how; datagrams have no way.
 */
final class HttpOutbound implements Outbound {

    /**
     * What a file may ask of it.
     *
     * @param servers at least one; they take turns
     * @param headers sent along with every CONNECT
     */
    record Settings(List<ProxyServer> servers, HttpHeaders headers, TargetStrategy targets)
            implements OutboundSettings {
        /** The fields may hold what a server takes for a password. */
        @Override
        public String toString() {
            return "http " + servers;
        }
    }

    private final String tag;
    private final Settings settings;
    private final Services services;
    private final ServerDialer dialer;
    private final NameResolver resolver;
    private final ServerTurns servers;
    private final AtomicBoolean saidNoUdp = new AtomicBoolean();
    private final Traffic traffic = new Traffic();

    HttpOutbound(String tag, Settings settings, Services services, ServerDialer dialer) {
        this.tag = tag;
        this.settings = settings;
        this.servers = new ServerTurns(settings.servers());
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
        return "http";
    }

    @Override
    public Traffic traffic() {
        return traffic;
    }

    @Override
    public Future<DuplexChannel> connect(Session session, EventLoop loop) {
        return settings.targets().connect(session, resolver, loop, to -> connectTo(to, loop));
    }

    private Future<DuplexChannel> connectTo(Session session, EventLoop loop) {
        ProxyServer server = servers.next();
        HttpHello hello =
                new HttpHello(
                        "the HTTP proxy " + server.authority() + " of outbound " + tag,
                        server.account(),
                        settings.headers(),
                        session.destination());
        return hello.over(
                dialer.connect(session, server.place(), loop),
                Math.max(1, services.policy(session).handshake()),
                loop);
    }

    @Override
    public UdpPort openUdp(Session session, EventLoop loop, UdpReceiver receiver) {
        if (saidNoUdp.compareAndSet(false, true)) {
            Log.warning(
                    "outbound "
                            + tag
                            + " is an HTTP proxy, which carries no UDP: datagrams that are routed"
                            + " to it are dropped");
        }
        return new Nowhere(receiver);
    }

    @Override
    public Future<?> close() {
        return GlobalEventExecutor.INSTANCE.newSucceededFuture(null);
    }

    /** Drops, and says so where the client can be told. */
    private record Nowhere(UdpReceiver client) implements UdpPort {
        @Override
        public void send(InetSocketAddress destination, ByteBuf payload) {
            payload.release();
            client.unreached(destination, Failure.DENIED);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }
}
