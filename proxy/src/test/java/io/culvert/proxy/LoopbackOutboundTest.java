package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Traffic that is given back to the rules. */
@Timeout(60)
class LoopbackOutboundTest {

    private static String config(String rules) {
        return "{'inbounds':[{'tag':'in','protocol':'socks','listen':'127.0.0.1','port':0,"
                + "'settings':{'udp':true}}],'outbounds':["
                + "{'protocol':'blackhole','tag':'hole'},{'protocol':'freedom','tag':'out'},"
                + "{'protocol':'loopback','tag':'back','settings':{'inboundTag':'again'}}],"
                + "'routing':{'rules':["
                + rules
                + "]}}";
    }

    private static final String TO_OUT =
            config(
                    "{'inboundTag':['in'],'outboundTag':'back'},"
                            + "{'inboundTag':['again'],'outboundTag':'out'}");

    private static final String IN_A_CIRCLE = config("{'network':'tcp,udp','outboundTag':'back'}");

    @Test
    void connectionsGoTheWayOfTheOtherTag() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(TO_OUT);
                Socket client = rig.connect("in")) {
            assertThat(SocksClient.open(client, SocksClient.CONNECT, "127.0.0.1", echo.port()))
                    .isZero();
            client.getOutputStream().write(42);
            assertThat(client.getInputStream().read()).isEqualTo(42);
            client.shutdownOutput();
            assertThat(client.getInputStream().read()).isEqualTo(-1);
            for (String tag : new String[] {"back", "out"}) {
                Await.until(() -> rig.outbound(tag).totals().active() == 0);
                assertThat(rig.outbound(tag).totals())
                        .isEqualTo(new ProxySnapshot.Totals(1, 0, 0, 1, 1));
            }
            assertThat(rig.snapshot("in").totals())
                    .isEqualTo(new ProxySnapshot.Totals(1, 0, 0, 1, 1));
        }
    }

    @Test
    void datagramsGoTheWayOfTheOtherTag() throws Exception {
        try (UdpEcho echo = new UdpEcho();
                ProxyRig rig = ProxyRig.start(TO_OUT)) {
            try (SocksAssociated client = new SocksAssociated(rig)) {
                client.send(0, "127.0.0.1", echo.port(), "ping");
                assertThat(client.receive("127.0.0.1", echo.port())).isEqualTo("ping");
            }
            Await.until(() -> rig.proxy().openChannels().isEmpty());
            assertThat(rig.outbound("out").totals())
                    .isEqualTo(new ProxySnapshot.Totals(1, 0, 0, 4, 4));
        }
    }

    @Test
    void aCircleLeadsNowhere() throws Exception {
        try (ProxyRig rig = ProxyRig.start(IN_A_CIRCLE);
                Socket client = rig.connect("in")) {
            assertThat(SocksClient.open(client, SocksClient.CONNECT, "127.0.0.1", 80)).isEqualTo(2);
            assertThat(rig.outbound("back").totals().connections())
                    .isEqualTo(LoopbackOutbound.MAX_ROUNDS + 1);
            assertThat(rig.outbound("back").totals().active()).isZero();
        }
    }

    @Test
    void aCircleOfDatagramsLeadsNowhere() throws Exception {
        try (ProxyRig rig = ProxyRig.start(IN_A_CIRCLE)) {
            try (SocksAssociated client = new SocksAssociated(rig)) {
                client.send(0, "127.0.0.1", 9, "round");
                Await.until(() ->
                        rig.outbound("back").totals().bytesUp()
                                == 5L * (LoopbackOutbound.MAX_ROUNDS + 1));
            }
            Await.until(() -> rig.outbound("back").totals().active() == 0);
        }
    }

    @Test
    void theClientStaysWhoeverItWas() {
        EmbeddedChannel channel = new EmbeddedChannel();
        List<Session> seen = new ArrayList<>();
        Dispatcher rules =
                new Dispatcher(
                        new Routing(
                                new Router(Router.DomainStrategy.AS_IS, List.of(), "hole"),
                                Map.of("hole", new Witness(seen)),
                                Map.of()),
                        (name, loop) -> loop.newSucceededFuture(List.of()),
                        new Statistics(),
                        new LoopGuard(),
                        new ProcessLookup());
        LoopbackOutbound back =
                new LoopbackOutbound("back", new LoopbackOutbound.Settings("again"), () -> rules);
        Session session =
                new Session(
                                new InboundIdentity("wg", "wireguard", new Traffic()),
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), 1),
                                null,
                                Destination.of(Network.TCP, "10.0.0.1", 80),
                                "ann")
                        .atLevel(3);

        assertThat(back.connect(session, channel.eventLoop()).isSuccess()).isFalse();

        Session again = seen.getFirst();
        assertThat(again.inbound().tag()).isEqualTo("again");
        // Freedom keeps clients of a VPN out of private networks by this.
        assertThat(again.inbound().protocol()).isEqualTo("wireguard");
        assertThat(again.user()).isEqualTo("ann");
        assertThat(again.level()).isEqualTo(3);
    }

    /** Takes nothing, and remembers what it was offered. */
    private record Witness(List<Session> seen) implements Outbound {
        @Override
        public String tag() {
            return "hole";
        }

        @Override
        public String protocol() {
            return "blackhole";
        }

        @Override
        public Traffic traffic() {
            return new Traffic();
        }

        @Override
        public Future<DuplexChannel> connect(Session session, EventLoop loop) {
            seen.add(session);
            return loop.newFailedFuture(new DialException(Failure.BLACKHOLED, "nothing"));
        }

        @Override
        public UdpPort openUdp(Session session, EventLoop loop, UdpReceiver receiver) {
            return UdpPort.NOWHERE;
        }

        @Override
        public Future<?> close() {
            return GlobalEventExecutor.INSTANCE.newSucceededFuture(null);
        }
    }
}
