package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.ConnectException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What Xray's WireGuard is described to do and no other test holds; ARCHITECTURE.md has the table.
 */
class DescribedSystemTest {
    private static final String SERVER_SECRET = "EGs4lTSJPmgELx6YiJAmPR2meWi6bY+e9rTdCipSj10=";
    private static final String SERVER_PUBLIC = "MmLJ5iHFVVBp7VsB0hxfpQ0wEzAbT2KQnpQpj0+RtBw=";
    private static final String CLIENT_SECRET = "CPQSpgxgdQRZa5SUbT3HLv+mmDVHLW5YR/rQlzum/2I=";
    private static final String CLIENT_PUBLIC = "osAMIyil18HeZXGGBDC9KpZoM+L2iGyXWVSYivuM9B0=";

    private static ProxyRig server(String more) throws StartException {
        return ProxyRig.start(
                "{'inbounds':[{'tag':'wg','protocol':'wireguard','listen':'127.0.0.1','port':0,"
                        + "'settings':{'secretKey':'"
                        + SERVER_SECRET
                        + "',"
                        + more
                        + "'peers':[{'publicKey':'"
                        + CLIENT_PUBLIC
                        + "','allowedIPs':['10.0.0.2/32']}]}}],'outbounds':[{'protocol':'freedom',"
                        + "'settings':{'redirect':'127.0.0.1:0','finalRules':[{'action':'allow'}]}}]}");
    }

    private static ProxyRig client(ProxyRig server) throws StartException {
        return ProxyRig.start(clientFile(server, "'address':['10.0.0.2']"));
    }

    private static String clientFile(ProxyRig server, String settings) {
        return "{'inbounds':[{'tag':'in','protocol':'socks','listen':'127.0.0.1','port':0}],"
                + "'outbounds':[{'protocol':'wireguard','tag':'tun','settings':{'secretKey':'"
                + CLIENT_SECRET
                + "',"
                + settings
                + ",'peers':[{'publicKey':'"
                + SERVER_PUBLIC
                + "','endpoint':'127.0.0.1:"
                + server.address("wg").getPort()
                + "'}]}}]}";
    }

    private static void echo(Socket socket, EchoServer echo) throws Exception {
        assertThat(SocksClient.open(socket, SocksClient.CONNECT, "192.0.2.1", echo.port()))
                .isZero();
        socket.getOutputStream().write(42);
        assertThat(socket.getInputStream().read()).isEqualTo(42);
    }

    @Test
    void connectionsAtOnceShareOneTunnel() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig server = server("");
                ProxyRig client = client(server)) {
            List<Socket> sockets = new ArrayList<>();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                Socket socket = client.connect("in");
                sockets.add(socket);
                threads.add(
                        Thread.ofVirtual()
                                .unstarted(() -> {
                                    try {
                                        echo(socket, echo);
                                    } catch (Exception e) {
                                        throw new IllegalStateException(e);
                                    }
                                }));
            }
            threads.forEach(Thread::start);
            for (Thread thread : threads) {
                thread.join();
            }
            var stats = Objects.requireNonNull(client.outbound("tun").tunnel());
            assertThat(stats.channels()).isEqualTo(8);
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    @Test
    void theTunnelOutlivesItsConnections() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig server = server("");
                ProxyRig client = client(server)) {
            try (Socket socket = client.connect("in")) {
                echo(socket, echo);
            }
            Await.until(() -> client.outbound("tun").totals().active() == 0);
            var stats = Objects.requireNonNull(client.outbound("tun").tunnel());
            assertThat(stats.peers()).hasSize(1);
            long sent = stats.peers().getFirst().sentBytes();
            try (Socket socket = client.connect("in")) {
                echo(socket, echo);
            }
            var later = Objects.requireNonNull(client.outbound("tun").tunnel());
            assertThat(later.peers().getFirst().sentBytes()).isGreaterThan(sent);
        }
    }

    /** Both questions are asked of a server that knows IPv4 alone. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    'address':['10.0.0.2']                                        | 1
                    'address':['10.0.0.2','fd00::2']                              | 2
                    'address':['10.0.0.2','fd00::2'],'domainStrategy':'ForceIPv4' | 1
                    """)
    void aNameIsAskedForTheFamiliesThatTheTunnelHasAndTheStrategyAllows(
            String settings, int questions) throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                DnsServer dns = new DnsServer();
                ProxyRig server = server("");
                ProxyRig client =
                        ProxyRig.start(
                                clientFile(
                                        server,
                                        settings
                                                + ",'remoteDNS':['192.0.2.53:"
                                                + dns.port()
                                                + "']"));
                Socket socket = client.connect("in")) {
            dns.add("name.test", "192.0.2.1");
            assertThat(SocksClient.open(socket, SocksClient.CONNECT, "name.test", echo.port()))
                    .isZero();
            assertThat(dns.asked()).hasSize(questions).containsOnly("name.test");
        }
    }

    @Test
    void anotherDialerMeansAnotherTunnel() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig server = server("");
                ProxyRig client = client(server)) {
            InetSocketAddress first;
            try (Socket socket = client.connect("in")) {
                echo(socket, echo);
                first = Objects.requireNonNull(client.outbound("tun").tunnel()).local();
            }
            Problems problems = new Problems();
            String file =
                    clientFile(server, "'address':['10.0.0.2']")
                            .replace("'tag':'tun'", "'tag':'tun','sendThrough':'127.0.0.9'");
            client.proxy().reload(Json.parse(file.replace('\'', '"')), problems);
            assertThat(problems.errors()).isEmpty();
            try (Socket socket = client.connect("in")) {
                echo(socket, echo);
                InetSocketAddress second =
                        Objects.requireNonNull(client.outbound("tun").tunnel()).local();
                assertThat(second).isNotEqualTo(first);
                assertThat(second.getAddress().getHostAddress()).isEqualTo("127.0.0.9");
            }
        }
    }

    @Test
    void theServerListensToUdpAlone() throws Exception {
        try (ProxyRig server = server("")) {
            InetSocketAddress address = server.address("wg");
            // Not by binding: an earlier connection may rest there. From elsewhere: not to itself.
            InetAddress from = InetAddress.ofLiteral("127.0.0.2");
            assertThatThrownBy(() -> new Socket(address.getAddress(), address.getPort(), from, 0))
                    .isInstanceOf(ConnectException.class);
            assertThat(canBind(address)).isFalse();
        }
    }

    private static boolean canBind(InetSocketAddress address) {
        try (DatagramSocket udp = new DatagramSocket(address)) {
            return udp.isBound();
        } catch (java.net.SocketException e) {
            return false;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"'noKernelTun':false,", "'noKernelTun':true,", "'kernelMode':true,"})
    void theServerIsInUserSpaceWhateverTheFileSays(String setting) throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig server = server(setting);
                ProxyRig client = client(server);
                Socket socket = client.connect("in")) {
            echo(socket, echo);
            assertThat(Objects.requireNonNull(server.snapshot("wg").tunnel()).flows()).isPositive();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    ForceIP     | 4 6 | 4 6
                    ForceIP     | 6   | 6
                    ForceIPv4   | 4 6 | 4
                    ForceIPv4   | 6   | none
                    ForceIPv6   | 4 6 | 6
                    ForceIPv6   | 4   | none
                    ForceIPv4v6 | 6 4 | 4 6
                    ForceIPv4v6 | 6   | 6
                    ForceIPv6v4 | 4 6 | 6 4
                    ForceIPv6v4 | 4   | 4
                    """)
    void aDomainStrategyPrefersAndFallsBack(String strategy, String found, String tried) {
        AddressOrder order = Objects.requireNonNull(AddressOrder.parse(strategy));
        List<InetAddress> addresses = new ArrayList<>();
        for (String family : found.split(" ", -1)) {
            addresses.add(InetAddress.ofLiteral(family.equals("4") ? "192.0.2.1" : "2001:db8::1"));
        }
        List<String> families =
                order.apply(addresses).stream()
                        .map(address -> address.getAddress().length == 4 ? "4" : "6")
                        .toList();
        assertThat(families.isEmpty() ? "none" : String.join(" ", families)).isEqualTo(tried);
    }

    @Test
    void aQuestionAndItsAnswerAreForgottenAfterFifteenSeconds() {
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.freezeTime();
        Outbound nowhere =
                new BlackholeOutbound("out", new BlackholeOutbound.Settings("blackhole", false));
        Dispatcher dispatcher =
                new Dispatcher(
                        new Routing(
                                new Router(Router.DomainStrategy.AS_IS, List.of(), "out"),
                                Map.of("out", nowhere),
                                Map.of()),
                        (name, loop) -> loop.newSucceededFuture(List.of()),
                        new Statistics(),
                        new LoopGuard(),
                        new ProcessLookup());
        InetSocketAddress from = new InetSocketAddress(InetAddress.ofLiteral("10.0.0.2"), 1000);
        InetSocketAddress to = new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 53);
        Session base =
                new Session(
                        new InboundIdentity("wg", "wireguard", new Traffic()),
                        from,
                        null,
                        Destination.of(Network.UDP, to),
                        "");
        UdpSession session = new UdpSession(dispatcher, base, channel.eventLoop(), NOBODY);
        session.send(to, Unpooled.copyInt(1));
        channel.runPendingTasks();
        channel.advanceTimeBy(14_999, TimeUnit.MILLISECONDS);
        assertThat(session.isIdle()).isFalse();
        channel.advanceTimeBy(1, TimeUnit.MILLISECONDS);
        assertThat(session.isIdle()).isTrue();
        session.close();
        channel.finishAndReleaseAll();
    }

    private static final UdpReceiver NOBODY =
            new UdpReceiver() {
                @Override
                public void datagram(InetSocketAddress from, ByteBuf payload) {
                    payload.release();
                }

                @Override
                public void readComplete() {}

                @Override
                public void unreached(InetSocketAddress destination, Failure why) {}
            };
}
