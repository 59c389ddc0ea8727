package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.socksx.v5.Socks5CommandType;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Datagrams through a SOCKS5 server's UDP ASSOCIATE (RFC 1928 section 7): one association for all
 * destinations, so the server's port is the same for all of them (full cone). It begins with the
 * first datagram, ends with the connection that asked for it, and begins anew with the next
 * datagram.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a close that fails is a close
final class SocksUdpPort implements UdpPort, UdpReceiver {

    /** A server that refuses isn't asked again for each datagram. */
    private static final long PAUSE = TimeUnit.SECONDS.toNanos(1);

    private final SocksOutbound outbound;
    private final ServerDialer dialer;
    private final ProxyServer server;
    private final Session session;
    private final EventLoop loop;
    private final UdpReceiver client;
    private final Queue<Waiting> waiting = new ArrayDeque<>();
    private @Nullable Future<DuplexChannel> opening;
    private @Nullable Association association;
    private long notBefore;
    private boolean closed;

    SocksUdpPort(
            SocksOutbound outbound,
            ServerDialer dialer,
            ProxyServer server,
            Session session,
            EventLoop loop,
            UdpReceiver client) {
        this.outbound = outbound;
        this.dialer = dialer;
        this.server = server;
        this.session = session;
        this.loop = loop;
        this.client = client;
        this.notBefore = loop.ticker().nanoTime();
    }

    @Override
    public void send(InetSocketAddress destination, ByteBuf payload) {
        if (closed) {
            payload.release();
        } else if (association != null) {
            association.send(destination, payload);
        } else if (waiting.size() < DatagramPort.MAX_WAITING && begins()) {
            waiting.add(new Waiting(destination, DatagramSlabs.copy(payload)));
        } else {
            payload.release();
        }
    }

    @Override
    public void flush() {
        if (association != null) {
            association.port.flush();
        }
    }

    @Override
    public void close() {
        closed = true;
        discard();
        if (opening != null) {
            opening.cancel(false);
        }
        end();
    }

    private boolean begins() {
        if (opening != null) {
            return true;
        }
        if (loop.ticker().nanoTime() - notBefore < 0) {
            return false;
        }
        SocksHello hello =
                outbound.hello(
                        server,
                        Socks5CommandType.UDP_ASSOCIATE,
                        Destination.of(Network.UDP, "0.0.0.0", 0));
        opening = outbound.say(hello, server, session, loop);
        opening.addListener((Future<DuplexChannel> done) -> {
            if (loop.inEventLoop()) {
                opened(hello, done);
            } else {
                loop.execute(() -> opened(hello, done));
            }
        });
        return true;
    }

    private void opened(SocksHello hello, Future<DuplexChannel> done) {
        opening = null;
        InetSocketAddress relay = done.isSuccess() ? relay(hello, done.getNow()) : null;
        if (closed || relay == null) {
            if (done.isSuccess()) {
                done.getNow().close();
            }
            refused(done);
            return;
        }
        DuplexChannel control = done.getNow();
        Association fresh = new Association(control, relay);
        association = fresh;
        // Nothing is expected to come by it but its end, which only a read shows.
        Parking.release(control);
        control.pipeline().addLast(new ControlConnection());
        control.config().setAutoRead(true);
        control.closeFuture().addListener(gone -> loop.execute(() -> lost(fresh)));
        for (Waiting one = waiting.poll(); one != null; one = waiting.poll()) {
            fresh.send(one.destination, one.payload);
        }
        fresh.port.flush();
    }

    private void refused(Future<DuplexChannel> done) {
        notBefore = loop.ticker().nanoTime() + PAUSE;
        if (closed || done.isCancelled()) {
            discard();
            return;
        }
        Throwable cause = done.cause();
        Failure why = cause instanceof DialException e ? e.failure() : Failure.OTHER;
        Log.info(
                "no datagrams by outbound "
                        + outbound.tag()
                        + ": "
                        + (cause == null
                                ? server.authority() + " names no address to send them to"
                                : cause.getMessage()));
        for (Waiting one = waiting.poll(); one != null; one = waiting.poll()) {
            one.payload.release();
            client.unreached(one.destination, why);
        }
    }

    /**
     * Where datagrams go. Many servers bind any address and mean the one that we have reached
     * already.
     */
    private @Nullable InetSocketAddress relay(SocksHello hello, DuplexChannel control) {
        HostPort bound = hello.bound();
        if (bound == null || bound.port() == 0) {
            return null;
        }
        InetAddress told = Destination.literal(bound.host());
        if (told != null && !told.isAnyLocalAddress()) {
            return new InetSocketAddress(told, bound.port());
        }
        if (told == null && HostPort.isHost(bound.host())) {
            return InetSocketAddress.createUnresolved(bound.host(), bound.port());
        }
        if (dialer.direct() && control.remoteAddress() instanceof InetSocketAddress reached) {
            return new InetSocketAddress(reached.getAddress(), bound.port());
        }
        return new HostPort(server.place().host(), bound.port())
                .destination(Network.UDP)
                .socketAddress();
    }

    private void lost(Association gone) {
        if (gone.equals(association)) {
            end();
        }
    }

    private void end() {
        Association ending = association;
        association = null;
        if (ending != null) {
            ending.port.close();
            ending.control.close();
        }
    }

    private void discard() {
        waiting.forEach(one -> one.payload.release());
        waiting.clear();
    }

    @Override
    public void datagram(InetSocketAddress from, ByteBuf payload) {
        InetSocketAddress source =
                association != null && association.isFrom(from)
                        ? SocksDatagram.read(payload)
                        : null;
        if (source == null) {
            payload.release();
        } else {
            client.datagram(source, payload);
        }
    }

    @Override
    public void readComplete() {
        client.readComplete();
    }

    private record Waiting(InetSocketAddress destination, ByteBuf payload) {}

    /** The server's consent, and the way to its relay. */
    private final class Association {
        private final DuplexChannel control;
        private final InetSocketAddress relay;
        private final UdpPort port;

        Association(DuplexChannel control, InetSocketAddress relay) {
            this.control = control;
            this.relay = relay;
            this.port = dialer.openUdp(session, server.place(), loop, SocksUdpPort.this);
        }

        void send(InetSocketAddress destination, ByteBuf payload) {
            ByteBuf wrapped = SocksDatagram.write(ByteBufAllocator.DEFAULT, destination, payload);
            if (wrapped != null) {
                port.send(relay, wrapped);
            }
        }

        boolean isFrom(InetSocketAddress from) {
            return from.getPort() == relay.getPort()
                    && (relay.isUnresolved() || from.getAddress().equals(relay.getAddress()));
        }
    }
}
