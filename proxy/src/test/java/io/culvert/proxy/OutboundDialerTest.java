package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.tunnel.TunnelConfig;
import io.culvert.tunnel.Underlay;
import io.culvert.wireguard.PrivateKey;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Dialing through whichever outbound has the tag. */
class OutboundDialerTest {
    private static final InetSocketAddress PEER =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 51820);

    private final EventLoop loop = new DefaultEventLoop();
    private final List<String> asked = new ArrayList<>();
    private @Nullable Outbound target;

    @AfterEach
    void stop() {
        assertThat(loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly(10_000))
                .isTrue();
    }

    /** Writes down what it is asked for, and refuses it. */
    private final class Refusing implements Outbound {
        private final String name;
        private final Traffic traffic = new Traffic();

        Refusing(String name) {
            this.name = name;
        }

        @Override
        public String tag() {
            return name;
        }

        @Override
        public String protocol() {
            return "test";
        }

        @Override
        public Traffic traffic() {
            return traffic;
        }

        @Override
        public Future<DuplexChannel> connect(Session session, EventLoop on) {
            asked.add(name + " connects to " + session.destination().authority());
            return on.newFailedFuture(new DialException(Failure.REFUSED, "refused by " + name));
        }

        @Override
        public UdpPort openUdp(Session session, EventLoop on, UdpReceiver receiver) {
            asked.add(name + " opens");
            return new UdpPort() {
                @Override
                public void send(InetSocketAddress destination, ByteBuf payload) {
                    asked.add(name + " sends to port " + destination.getPort());
                    payload.release();
                }

                @Override
                public void flush() {}

                @Override
                public void close() {
                    asked.add(name + " closes");
                }
            };
        }

        @Override
        public Future<?> close() {
            return GlobalEventExecutor.INSTANCE.newSucceededFuture(null);
        }
    }

    private OutboundDialer dialer(@Nullable AddressOrder order) {
        NameResolver names =
                (name, on) ->
                        on.newSucceededFuture(
                                List.of(
                                        Objects.requireNonNull(Destination.literal("2001:db8::1")),
                                        Objects.requireNonNull(Destination.literal("192.0.2.1"))));
        return new OutboundDialer("b", () -> target, order, names);
    }

    private static Session to(String host) {
        return new Session(Dialer.OURS, PEER, null, Destination.of(Network.TCP, host, 80), "");
    }

    private Throwable failure(OutboundDialer dialer, String host) throws Exception {
        Future<DuplexChannel> dialing = dialer.connect(to(host), loop);
        assertThat(dialing.await(10, TimeUnit.SECONDS)).isTrue();
        return dialing.cause();
    }

    @Test
    void namesAreLeftToTheCarrier() throws Exception {
        target = new Refusing("one");
        assertThat(dialer(null).takesNames()).isTrue();
        assertThat(failure(dialer(null), "name.test")).hasMessage("refused by one");
        assertThat(asked).containsExactly("one connects to name.test:80");
    }

    @Test
    void withAStrategyTheAddressesAreTriedInTurn() throws Exception {
        target = new Refusing("one");
        assertThat(dialer(AddressOrder.IPV4_FIRST).takesNames()).isFalse();
        assertThat(failure(dialer(AddressOrder.IPV4_FIRST), "name.test"))
                .hasMessage("refused by one");
        assertThat(asked)
                .containsExactly(
                        "one connects to 192.0.2.1:80", "one connects to [2001:db8::1]:80");
    }

    @Test
    void pingsDoNotLeaveBesideTheCarrier() throws Exception {
        target = new Refusing("one");
        FreedomOutbound carried =
                new FreedomOutbound(
                        "f",
                        FreedomOutbound.Settings.DEFAULT,
                        dialer(null),
                        (name, on) -> on.newSucceededFuture(List.of()));
        Future<?> ping = carried.ping(to("127.0.0.1"), new Ping(new byte[8], 64), loop);
        assertThat(ping.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(ping.cause()).hasMessage("outbound f carries no pings");
    }

    @Test
    void withoutACarrierNothingGoes() throws Exception {
        assertThat(failure(dialer(null), "192.0.2.1"))
                .isInstanceOfSatisfying(
                        DialException.class, e -> assertThat(e.failure()).isEqualTo(Failure.DENIED))
                .hasMessage("there is no outbound b any more");
        assertThat(dialer(null).refusal()).isNull();
        target = new BlackholeOutbound("b", new BlackholeOutbound.Settings("vless", false));
        assertThat(dialer(null).refusal()).hasMessageContaining("speaks vless");
    }

    @Test
    void aTunnelsDatagramsGoByTheOutboundThatHasTheTagNow() {
        target = new Refusing("one");
        TunnelConfig.Builder config = TunnelConfig.builder().privateKey(PrivateKey.of(key()));
        dialer(null).carry(config, to("192.0.2.1"), 0);
        Underlay underlay = Objects.requireNonNull(config.build().underlay());
        assertThat(underlay).hasToString("outbound b");
        Underlay.Port port = underlay.open(loop, new Ignoring());
        send(port);
        send(port);
        target = new Refusing("two");
        send(port);
        target = null;
        send(port);
        target = new Refusing("three");
        send(port);
        port.close();
        assertThat(asked)
                .containsExactly(
                        "one opens",
                        "one sends to port 51820",
                        "one sends to port 51820",
                        "one closes",
                        "two opens",
                        "two sends to port 51820",
                        "two closes",
                        "three opens",
                        "three sends to port 51820",
                        "three closes");
    }

    private static void send(Underlay.Port port) {
        assertThat(port.isWritable()).isTrue();
        ByteBuf payload = Unpooled.buffer(1).writeZero(1);
        port.send(PEER, payload);
        assertThat(payload.refCnt()).isZero();
        port.flush();
    }

    private static byte[] key() {
        byte[] key = new byte[32];
        key[0] = 8;
        key[31] = 64;
        return key;
    }

    private static final class Ignoring implements Underlay.Receiver {
        @Override
        public void datagram(InetSocketAddress source, ByteBuf payload) {
            payload.release();
        }

        @Override
        public void readComplete() {}

        @Override
        public void writable() {}
    }
}
