package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.wireguard.Cidr;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Ticker;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** In virtual time, over a pool of one address. */
class UdpSessionTest {
    private final MockTicker clock = Ticker.newMockTicker();
    private final EventLoop loop = EmbeddedChannel.builder().ticker(clock).build().eventLoop();
    private final FakeNames fakes =
            new FakeNames(List.of(new FakeNames.Pool(Cidr.parse("10.99.0.1/32"), 1)));
    private final Witness out = new Witness();

    private UdpSession session() {
        NameResolver resolver =
                new NameResolver() {
                    @Override
                    public Future<List<InetAddress>> resolve(String name, EventLoop on) {
                        return on.newSucceededFuture(List.of());
                    }

                    @Override
                    public FakeNames fakes() {
                        return fakes;
                    }
                };
        Sniffing sniffing =
                new Sniffing(true, Set.of(), true, false, new DomainSet.Builder().build(), null);
        Dispatcher dispatcher =
                new Dispatcher(
                        new Routing(
                                new Router(Router.DomainStrategy.AS_IS, List.of(), "out"),
                                Map.of("out", out),
                                Map.of()),
                        resolver,
                        new Statistics(),
                        new LoopGuard(),
                        new ProcessLookup());
        Session base =
                new Session(
                        new InboundIdentity("in", "socks", new Traffic(), sniffing, 0),
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 1),
                        null,
                        Destination.of(Network.UDP, "0.0.0.0", 0),
                        "");
        return new UdpSession(dispatcher, base, loop, new Deaf());
    }

    private static void send(UdpSession session, InetSocketAddress to) {
        session.send(to, Unpooled.wrappedBuffer(new byte[1]));
    }

    @Test
    void anAddressThatStandsForAnotherNameByNowGoesThere() {
        UdpSession session = session();
        InetSocketAddress fake =
                new InetSocketAddress(fakes.addresses("one.test", false).getFirst(), 443);
        send(session, fake);
        fakes.addresses("two.test", false);
        clock.advance(4, TimeUnit.SECONDS);
        send(session, fake);
        clock.advance(1, TimeUnit.SECONDS);
        send(session, fake);
        clock.advance(5, TimeUnit.SECONDS);
        send(session, fake);
        assertThat(out.sent)
                .containsExactly("one.test:443", "one.test:443", "two.test:443", "two.test:443");
        assertThat(out.open).isEqualTo(1);
        session.close();
        assertThat(out.open).isZero();
    }

    /** Takes no answers. */
    private static final class Deaf implements UdpReceiver {
        @Override
        public void datagram(InetSocketAddress from, ByteBuf payload) {
            payload.release();
        }

        @Override
        public void readComplete() {}
    }

    /** Notes where datagrams go. */
    private static final class Witness implements Outbound {
        final List<String> sent = new ArrayList<>();
        final Traffic traffic = new Traffic();
        int open;

        @Override
        public String tag() {
            return "out";
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
        public Future<DuplexChannel> connect(Session session, EventLoop on) {
            throw new IllegalStateException("datagrams alone");
        }

        @Override
        public UdpPort openUdp(Session session, EventLoop on, UdpReceiver receiver) {
            open++;
            return new UdpPort() {
                @Override
                public void send(InetSocketAddress destination, ByteBuf payload) {
                    sent.add(destination.getHostString() + ":" + destination.getPort());
                    payload.release();
                }

                @Override
                public boolean isWritable() {
                    return true;
                }

                @Override
                public void flush() {}

                @Override
                public void close() {
                    open--;
                }
            };
        }

        @Override
        public Future<?> close() {
            return GlobalEventExecutor.INSTANCE.newSucceededFuture(null);
        }
    }
}
