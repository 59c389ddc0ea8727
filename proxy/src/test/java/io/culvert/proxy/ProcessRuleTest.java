package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rules on {@code process}, asked about this one. */
@EnabledOnOs(OS.LINUX)
@Timeout(60)
class ProcessRuleTest {
    private static final Path PROGRAM =
            Path.of(ProcessHandle.current().info().command().orElseThrow());

    private static ProxyRig rig(String inbound, String process) throws StartException {
        return ProxyRig.start(
                "{'inbounds':[{'tag':'in','listen':'127.0.0.1','port':0,"
                        + inbound
                        + "}],'outbounds':[{'protocol':'freedom','tag':'usual'},"
                        + "{'protocol':'freedom','tag':'chosen'}],'routing':{'rules':["
                        + "{'process':['"
                        + process
                        + "'],'outboundTag':'chosen'}]}}");
    }

    private static void isChosen(ProxyRig rig) {
        assertThat(rig.outbound("chosen").totals().connections()).isEqualTo(1);
        assertThat(rig.outbound("usual").totals().connections()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"self/", "NAME", "PATH", "FOLDER"})
    void takesTheConnectionsOfTheProcessThatItNames(String process) throws Exception {
        String named =
                process.replace("NAME", PROGRAM.getFileName().toString())
                        .replace("PATH", PROGRAM.toString())
                        .replace("FOLDER", PROGRAM.getParent() + "/");
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = rig("'protocol':'socks'", named);
                Socket client = rig.connect("in")) {
            assertThat(SocksClient.open(client, SocksClient.CONNECT, "127.0.0.1", echo.port()))
                    .isZero();
            client.getOutputStream().write(42);
            assertThat(client.getInputStream().read()).isEqualTo(42);
            isChosen(rig);
        }
    }

    @Test
    void leavesTheConnectionsOfOthers() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = rig("'protocol':'socks'", "no-such-program");
                Socket client = rig.connect("in")) {
            SocksClient.open(client, SocksClient.CONNECT, "127.0.0.1", echo.port());
            client.getOutputStream().write(42);
            assertThat(client.getInputStream().read()).isEqualTo(42);
            assertThat(rig.outbound("chosen").totals().connections()).isZero();
        }
    }

    /** As when more of them wait than may. */
    @Test
    void whoCannotBeLookedForGoesNoWayAtAll() {
        EmbeddedChannel channel = new EmbeddedChannel();
        ProcessLookup lookup = new ProcessLookup();
        lookup.close();
        Rule rule =
                new Rule(
                        "",
                        Set.of(),
                        List.of(),
                        null,
                        new ProcessSet(Set.of("curl"), Set.of(), List.of(), false),
                        Set.of(),
                        new Way.ByOutbound("usual"));
        Dispatcher rules =
                new Dispatcher(
                        new Routing(
                                new Router(Router.DomainStrategy.AS_IS, List.of(rule), "usual"),
                                Map.of(
                                        "usual",
                                        new BlackholeOutbound(
                                                "usual",
                                                new DialException(Failure.OTHER, "taken"))),
                                Map.of()),
                        (name, loop) -> loop.newSucceededFuture(List.of()),
                        new Statistics(),
                        new LoopGuard(),
                        lookup);
        InetSocketAddress here = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
        Session session =
                new Session(
                        new InboundIdentity("in", "http", new Traffic()),
                        here,
                        here,
                        Destination.of(Network.TCP, "192.0.2.1", 80),
                        "");

        Outbound way = rules.route(session, channel.eventLoop()).getNow();

        assertThat(way.tag()).isEqualTo("process");
        assertThat(way.connect(session, channel.eventLoop()).cause())
                .hasMessage("the process that it comes from cannot be looked for now");
    }

    @Test
    void takesDatagrams() throws Exception {
        try (UdpEcho echo = new UdpEcho();
                ProxyRig rig =
                        rig(
                                "'protocol':'dokodemo-door','settings':{'network':'udp','address':"
                                        + "'127.0.0.1','port':"
                                        + echo.port()
                                        + "}",
                                "self/");
                DatagramSocket client = new DatagramSocket(0)) {
            client.setSoTimeout(ProxyRig.PATIENCE_MILLIS);
            client.send(
                    new DatagramPacket(
                            new byte[5],
                            5,
                            InetAddress.getLoopbackAddress(),
                            rig.address("in").getPort()));
            client.receive(new DatagramPacket(new byte[9], 9));
            isChosen(rig);
        }
    }

    @Test
    void takesDatagramsThatASocksConnectionAssociates() throws Exception {
        try (UdpEcho echo = new UdpEcho();
                ProxyRig rig = rig("'protocol':'socks','settings':{'udp':true}", "self/");
                SocksAssociated association = new SocksAssociated(rig)) {
            association.send(0, "127.0.0.1", echo.port(), "ping");
            assertThat(association.receive("127.0.0.1", echo.port())).isEqualTo("ping");
            isChosen(rig);
        }
    }
}
