package io.culvert.proxy;

import io.culvert.tunnel.TunnelConfig;
import io.culvert.tunnel.Underlay;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Dials through another outbound, whichever has the tag at the moment: {@code dialerProxy}. Where
 * there is none, nothing goes.
 */
final class OutboundDialer implements Dialer {
    private final String tag;
    private final Supplier<@Nullable Outbound> target;
    private final @Nullable NameResolver resolver;

    /**
     * A dialer through the outbound of that tag.
     *
     * @param order of a name's addresses, if names are to be resolved on this side
     * @param resolver for that
     */
    OutboundDialer(
            String tag,
            Supplier<@Nullable Outbound> target,
            @Nullable AddressOrder order,
            NameResolver resolver) {
        this.tag = tag;
        this.target = target;
        this.resolver = order == null ? null : order.over(resolver);
    }

    @Override
    public boolean takesNames() {
        return resolver == null;
    }

    @Override
    public @Nullable DialException refusal() {
        Outbound outbound = target.get();
        return outbound == null ? null : outbound.refusal();
    }

    @Override
    public @Nullable InetAddress pinned() {
        Outbound outbound = target.get();
        return outbound == null ? null : outbound.pinned();
    }

    @Override
    public Future<DuplexChannel> connect(Session session, EventLoop loop) {
        if (resolver == null || !session.destination().isName()) {
            return through(session, loop);
        }
        Promise<DuplexChannel> result = loop.newPromise();
        resolver.resolve(
                session.destination().host(),
                loop,
                result,
                addresses -> inTurn(session, addresses, 0, loop, result));
        return result;
    }

    @Override
    public Future<DuplexChannel> connect(
            Session session, List<InetAddress> addresses, EventLoop loop) {
        Promise<DuplexChannel> result = loop.newPromise();
        inTurn(session, addresses, 0, loop, result);
        return result;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // a channel nobody wants is closed
    private void inTurn(
            Session session,
            List<InetAddress> addresses,
            int index,
            EventLoop loop,
            Promise<DuplexChannel> result) {
        Destination asked = session.destination();
        InetSocketAddress at = new InetSocketAddress(addresses.get(index), asked.port());
        Future<DuplexChannel> dialing =
                through(session.to(Destination.of(asked.network(), at)), loop);
        Dialing.cancelWith(result, dialing);
        dialing.addListener((Future<DuplexChannel> dialed) -> {
            if (dialed.isSuccess()) {
                if (!result.trySuccess(dialed.getNow())) {
                    dialed.getNow().close();
                }
            } else if (index + 1 < addresses.size() && !result.isDone()) {
                inTurn(session, addresses, index + 1, loop, result);
            } else {
                result.tryFailure(dialed.cause());
            }
        });
    }

    private Future<DuplexChannel> through(Session session, EventLoop loop) {
        Outbound outbound = target.get();
        return outbound == null ? loop.newFailedFuture(gone()) : outbound.connect(session, loop);
    }

    private DialException gone() {
        return new DialException(Failure.DENIED, "there is no outbound " + tag + " any more");
    }

    @Override
    public UdpPort openUdp(
            Session session,
            EventLoop loop,
            UdpReceiver receiver,
            @Nullable NameResolver names,
            Predicate<InetSocketAddress> allowed) {
        Outbound outbound = target.get();
        UdpPort port =
                outbound == null
                        ? UdpPort.NOWHERE
                        : new Guarded(outbound.openUdp(session, loop, receiver), receiver, allowed);
        NameResolver own = names == null ? resolver : names;
        return own == null ? port : new ResolvingPort(port, own, loop);
    }

    /** Drops what may not go where it wants to. */
    private record Guarded(UdpPort port, UdpReceiver receiver, Predicate<InetSocketAddress> allowed)
            implements UdpPort {
        @Override
        public void send(InetSocketAddress destination, ByteBuf payload) {
            if (destination.isUnresolved() || allowed.test(destination)) {
                port.send(destination, payload);
            } else {
                payload.release();
                receiver.unreached(destination, Failure.DENIED);
            }
        }

        @Override
        public boolean isWritable() {
            return port.isWritable();
        }

        @Override
        public void flush() {
            port.flush();
        }

        @Override
        public void close() {
            port.close();
        }
    }

    /** The port of the tunnel is this outbound's affair: it has none of this machine. */
    @Override
    public void carry(TunnelConfig.Builder tunnel, Session asked, int listenPort) {
        tunnel.underlay(new Carrier(asked));
    }

    private final class Carrier implements Underlay {
        private final Session session;

        Carrier(Session session) {
            this.session = session;
        }

        @Override
        public Port open(EventLoop loop, Receiver receiver) {
            return new CarriedPort(session, loop, new Answers(receiver));
        }

        @Override
        public String toString() {
            return "outbound " + tag;
        }
    }

    /** A port of whichever outbound has the tag: another one if that changes. */
    private final class CarriedPort implements Underlay.Port {
        private final Session session;
        private final EventLoop loop;
        private final UdpReceiver answers;
        private @Nullable Outbound carrier;
        private UdpPort port;

        CarriedPort(Session session, EventLoop loop, UdpReceiver answers) {
            this.session = session;
            this.loop = loop;
            this.answers = answers;
            carrier = target.get();
            port = openUdp(session, loop, answers);
        }

        /** Asked before each train, so this is where a new carrier is noticed. */
        @Override
        @SuppressWarnings("ReferenceEquality") // an outbound that was replaced is another object
        public boolean isWritable() {
            Outbound now = target.get();
            if (now != carrier) {
                carrier = now;
                port.close();
                port = openUdp(session, loop, answers);
            }
            return port.isWritable();
        }

        @Override
        public void send(InetSocketAddress destination, ByteBuf payload) {
            port.send(destination, payload);
        }

        @Override
        public void flush() {
            port.flush();
        }

        @Override
        public void close() {
            port.close();
        }
    }

    private record Answers(Underlay.Receiver receiver) implements UdpReceiver {
        @Override
        public void datagram(InetSocketAddress from, ByteBuf payload) {
            receiver.datagram(from, payload);
        }

        @Override
        public void readComplete() {
            receiver.readComplete();
        }

        @Override
        public void writable() {
            receiver.writable();
        }
    }
}
