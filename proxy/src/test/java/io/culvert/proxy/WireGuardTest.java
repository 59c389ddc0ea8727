package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server (WireGuard inbound, freedom) and a client (socks and others, WireGuard outbound). */
@Timeout(120)
class WireGuardTest {
    static final String SERVER_SECRET = "EGs4lTSJPmgELx6YiJAmPR2meWi6bY+e9rTdCipSj10=";
    static final String SERVER_PUBLIC = "MmLJ5iHFVVBp7VsB0hxfpQ0wEzAbT2KQnpQpj0+RtBw=";
    static final String CLIENT_SECRET = "CPQSpgxgdQRZa5SUbT3HLv+mmDVHLW5YR/rQlzum/2I=";
    static final String CLIENT_PUBLIC = "osAMIyil18HeZXGGBDC9KpZoM+L2iGyXWVSYivuM9B0=";

    /** The stack never sends to 127.0.0.0/8, so destinations look public and are this machine. */
    static final String HERE = "'redirect':'127.0.0.1:0','finalRules':[{'action':'allow'}]";

    static final String SOCKS =
            "{'tag':'in','protocol':'socks','listen':'127.0.0.1','port':0,'settings':{'udp':true}}";

    static ProxyRig server(String freedom) throws StartException {
        return ProxyRig.start(
                "{'inbounds':[{'tag':'wg','protocol':'wireguard','listen':'127.0.0.1','port':0,"
                        + "'settings':{'secretKey':'"
                        + SERVER_SECRET
                        + "','peers':[{'publicKey':'"
                        + CLIENT_PUBLIC
                        + "','allowedIPs':['10.0.0.2/32','fd00::2/128']}]}}],"
                        + "'outbounds':[{'protocol':'freedom','tag':'out','settings':{"
                        + freedom
                        + "}},{'protocol':'blackhole','tag':'page','settings':{'response':"
                        + "{'type':'http'}}}],"
                        + "'routing':{'rules':[{'port':8,'outboundTag':'page'}]}}");
    }

    private static String tunnel(ProxyRig server, String dns, String reserved) {
        return "{'protocol':'wireguard','tag':'tun','settings':{'secretKey':'"
                + CLIENT_SECRET
                + "','address':['10.0.0.2/32','fd00::2/128'],'remoteDNS':['"
                + dns
                + "'],'reserved':"
                + reserved
                + ",'peers':[{'publicKey':'"
                + SERVER_PUBLIC
                + "','endpoint':'127.0.0.1:"
                + server.address("wg").getPort()
                + "'}]}}";
    }

    private static ProxyRig client(ProxyRig server, String inbounds, String dns)
            throws StartException {
        return ProxyRig.start(
                "{'inbounds':["
                        + inbounds
                        + "],'outbounds':["
                        + tunnel(server, dns, "[1,2,3]")
                        + "]}");
    }

    private static ProxyRig client(ProxyRig server) throws StartException {
        return client(server, SOCKS, "192.0.2.53:1");
    }

    static int open(Socket socket, String host, int port) throws IOException {
        return SocksClient.open(socket, SocksClient.CONNECT, host, port);
    }

    @Test
    void connectsThroughTheTunnel() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig server = server(HERE);
                ProxyRig client = client(server);
                Socket socket = client.connect("in")) {
            assertThat(open(socket, "192.0.2.1", echo.port())).isZero();
            socket.getOutputStream().write(42);
            assertThat(socket.getInputStream().read()).isEqualTo(42);
            assertThat(client.outbound("tun").totals().bytesUp()).isEqualTo(1);
            assertThat(server.snapshot("wg").totals().active()).isEqualTo(1);
            assertThat(client.outbound("tun").tunnel()).isNotNull();
        }
    }

    @Test
    void reachesAnIpv6Destination() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig server = server(HERE);
                ProxyRig client = client(server);
                Socket socket = client.connect("in")) {
            assertThat(open(socket, "2001:db8::1", echo.port())).isZero();
            socket.getOutputStream().write(42);
            assertThat(socket.getInputStream().read()).isEqualTo(42);
        }
    }

    @Test
    void opensItsTunnelWithTheFirstConnectionOnly() throws Exception {
        try (ProxyRig server = server(HERE);
                ProxyRig client = client(server)) {
            assertThat(client.outbound("tun").tunnel()).isNull();
        }
    }

    @Test
    void movesDataWholeAndEndsInOrder() throws Exception {
        byte[] data = new byte[6 << 20];
        new Random(5).nextBytes(data);
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig server = server(HERE);
                ProxyRig client = client(server);
                Socket socket = client.connect("in")) {
            assertThat(open(socket, "192.0.2.1", echo.port())).isZero();
            Thread sender =
                    Thread.ofVirtual()
                            .start(() -> {
                                try {
                                    socket.getOutputStream().write(data);
                                    socket.shutdownOutput();
                                } catch (IOException e) {
                                    throw new IllegalStateException(e);
                                }
                            });
            assertThat(Arrays.equals(socket.getInputStream().readAllBytes(), data)).isTrue();
            sender.join();
            Await.until(() -> client.proxy().openChannels().isEmpty());
            Await.until(() -> server.proxy().openChannels().isEmpty());
        }
    }

    @Test
    void refusedIsRefusedThroughTheTunnel() throws Exception {
        try (ProxyRig server = server(HERE);
                ProxyRig client = client(server);
                Socket socket = client.connect("in")) {
            assertThat(open(socket, "192.0.2.1", RelayTest.freePort())).isEqualTo(5);
        }
    }

    @Test
    void clientsDoNotReachTheServersOwnNetworkUnlessAllowed() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig server = server("'redirect':'127.0.0.1:0'");
                ProxyRig client = client(server);
                Socket socket = client.connect("in")) {
            assertThat(open(socket, "192.0.2.1", echo.port())).isNotZero();
            assertThat(server.outbound("out").totals().failures()).isEqualTo(1);
        }
    }

    @Test
    void resetCrossesTheTunnel() throws Exception {
        EchoServer.Service reset =
                socket -> {
                    socket.getInputStream().read();
                    socket.setSoLinger(true, 0);
                };
        try (EchoServer echo = EchoServer.start(reset);
                ProxyRig server = server(HERE);
                ProxyRig client = client(server);
                Socket socket = client.connect("in")) {
            assertThat(open(socket, "192.0.2.1", echo.port())).isZero();
            socket.getOutputStream().write(1);
            assertThatThrownBy(() -> socket.getInputStream().read()).hasMessageContaining("reset");
        }
    }

    @Test
    void deliversTheBlackholesPageThroughTheTunnel() throws Exception {
        try (ProxyRig server = server(HERE);
                ProxyRig client = client(server);
                Socket socket = client.connect("in")) {
            assertThat(open(socket, "192.0.2.1", 8)).isZero();
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 403 ");
        }
    }

    @Test
    void resolvesNamesInsideTheTunnel() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                DnsServer dns = new DnsServer();
                ProxyRig server = server(HERE);
                ProxyRig client = client(server, SOCKS, "192.0.2.53:" + dns.port())) {
            dns.add("only.inside.test", "192.0.2.1");
            for (int i = 0; i < 3; i++) {
                try (Socket socket = client.connect("in")) {
                    assertThat(open(socket, "Only.Inside.test", echo.port())).isZero();
                }
            }
            assertThat(dns.questions()).isEqualTo(2);
        }
    }

    @Test
    void looksForNamesWithoutADotInTheTunnelsSearchDomains() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                DnsServer dns = new DnsServer();
                ProxyRig server = server(HERE);
                ProxyRig client =
                        client(
                                server,
                                SOCKS,
                                "192.0.2.53:"
                                        + dns.port()
                                        + "'],'searchDomains':['a.test','b.test")) {
            dns.add("host.b.test", "192.0.2.1");
            try (Socket socket = client.connect("in")) {
                assertThat(open(socket, "host", echo.port())).isZero();
            }
            assertThat(dns.asked().stream().distinct())
                    .containsExactly("host.a.test", "host.b.test");
            try (Socket socket = client.connect("in")) {
                assertThat(open(socket, "x.test.", echo.port())).isNotZero();
            }
            assertThat(dns.asked().stream().distinct())
                    .containsExactly("host.a.test", "host.b.test", "x.test");
        }
    }

    @Test
    void asksATunnelsServerOverTcpWhereTheAnswerIsLong() throws Exception {
        String[] many = new String[60];
        java.util.Arrays.fill(many, "192.0.2.1");
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                DnsServer dns = new DnsServer();
                ProxyRig server = server(HERE);
                ProxyRig client = client(server, SOCKS, "192.0.2.53:" + dns.port());
                Socket socket = client.connect("in")) {
            dns.add("many.test", many);
            assertThat(open(socket, "many.test", echo.port())).isZero();
            assertThat(dns.connections()).isEqualTo(1);
        }
    }

    @Test
    void believesNoAnswerToAnotherQuestion() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                DnsServer dns = new DnsServer();
                ProxyRig server = server(HERE);
                ProxyRig client = client(server, SOCKS, "192.0.2.53:" + dns.port());
                Socket socket = client.connect("in")) {
            dns.add("name.test", "192.0.2.1");
            dns.forgeries(5);
            assertThat(open(socket, "name.test", echo.port())).isZero();
            socket.getOutputStream().write(42);
            assertThat(socket.getInputStream().read()).isEqualTo(42);
        }
    }

    @Test
    void asksAgainWhereAServerFails() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                DnsServer dns = new DnsServer();
                ProxyRig server = server(HERE);
                ProxyRig client = client(server, SOCKS, "192.0.2.53:" + dns.port());
                Socket socket = client.connect("in")) {
            dns.add("name.test", "192.0.2.1");
            dns.failures(2);
            assertThat(open(socket, "name.test", echo.port())).isZero();
        }
    }

    @Test
    void nameThatDoesNotExistIsUnreachable() throws Exception {
        try (DnsServer dns = new DnsServer();
                ProxyRig server = server(HERE);
                ProxyRig client = client(server, SOCKS, "192.0.2.53:" + dns.port());
                Socket socket = client.connect("in")) {
            assertThat(open(socket, "no.test", 80)).isEqualTo(4);
        }
    }

    @Test
    void relaysDatagramsThroughTheTunnelFullCone() throws Exception {
        String forward =
                "{'tag':'fwd','protocol':'dokodemo-door','listen':'127.0.0.1','port':0,"
                        + "'settings':{'address':'192.0.2.1','port':PORT,'network':'udp'}}";
        try (UdpEcho echo = new UdpEcho();
                ProxyRig server = server(HERE);
                ProxyRig client =
                        client(
                                server,
                                forward.replace("PORT", String.valueOf(echo.port())),
                                "192.0.2.53:1");
                DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            socket.setSoTimeout(ProxyRig.PATIENCE_MILLIS);
            InetSocketAddress to = client.address("fwd");
            for (int length : new int[] {1, 100, 1300}) {
                byte[] data = new byte[length];
                new Random(length).nextBytes(data);
                socket.send(new DatagramPacket(data, length, to));
                DatagramPacket answer = new DatagramPacket(new byte[2048], 2048);
                socket.receive(answer);
                assertThat(Arrays.copyOf(answer.getData(), answer.getLength())).isEqualTo(data);
            }
            assertThat(server.snapshot("wg").totals().active()).isEqualTo(1);
        }
    }

    @Test
    void forwardsAPortInsideTheTunnelToATargetOutside() throws Exception {
        int outer;
        try (DatagramSocket free = new DatagramSocket(0)) {
            outer = free.getLocalPort();
        }
        String listening =
                "{'inbounds':[{'tag':'listen','protocol':'wireguard-listen',"
                        + "'settings':{'outboundTag':'tun','port':7777,'target':'127.0.0.1:TARGET'}}],"
                        + "'outbounds':[{'protocol':'wireguard','tag':'tun','settings':{"
                        + "'listenPort':OUTER,'address':['10.0.0.1'],'secretKey':'"
                        + SERVER_SECRET
                        + "','peers':[{'publicKey':'"
                        + CLIENT_PUBLIC
                        + "','endpoint':'127.0.0.1:9','allowedIPs':['10.0.0.2/32']}]}}]}";
        String calling =
                "{'inbounds':["
                        + SOCKS
                        + "],'outbounds':[{'protocol':'wireguard','settings':{"
                        + "'address':['10.0.0.2'],'secretKey':'"
                        + CLIENT_SECRET
                        + "','peers':[{'publicKey':'"
                        + SERVER_PUBLIC
                        + "','endpoint':'localhost:OUTER'}]}}]}";
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig server =
                        ProxyRig.start(
                                listening
                                        .replace("OUTER", String.valueOf(outer))
                                        .replace("TARGET", String.valueOf(echo.port())));
                ProxyRig client = ProxyRig.start(calling.replace("OUTER", String.valueOf(outer)));
                Socket socket = client.connect("in")) {
            assertThat(open(socket, "10.0.0.1", 7777)).isZero();
            socket.getOutputStream().write(42);
            assertThat(socket.getInputStream().read()).isEqualTo(42);
            assertThat(server.snapshot("listen").totals().active()).isEqualTo(1);
        }
    }

    @Test
    void relaysFromOneTunnelIntoAnother() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig server = server(HERE);
                ProxyRig middle =
                        ProxyRig.start(
                                "{'inbounds':[{'tag':'wg','protocol':'wireguard','listen':"
                                        + "'127.0.0.1','port':0,'settings':{'secretKey':'"
                                        + SERVER_SECRET
                                        + "','peers':[{'publicKey':'"
                                        + CLIENT_PUBLIC
                                        + "'}]}}],'outbounds':["
                                        + tunnel(server, "192.0.2.53:1", "[]")
                                        + "]}");
                ProxyRig client = client(middle);
                Socket socket = client.connect("in")) {
            byte[] data = new byte[1 << 20];
            new Random(9).nextBytes(data);
            assertThat(open(socket, "192.0.2.1", echo.port())).isZero();
            Thread.ofVirtual()
                    .start(() -> {
                        try {
                            socket.getOutputStream().write(data);
                            socket.shutdownOutput();
                        } catch (IOException e) {
                            throw new IllegalStateException(e);
                        }
                    });
            assertThat(Arrays.equals(socket.getInputStream().readAllBytes(), data)).isTrue();
        }
    }

    @Test
    void busyPortIsOneSentence() throws Exception {
        try (ProxyRig server = server(HERE)) {
            int port = server.address("wg").getPort();
            assertThatThrownBy(() ->
                            ProxyRig.start(
                                    "{'inbounds':[{'protocol':'wireguard','listen':"
                                            + "'127.0.0.1','port':"
                                            + port
                                            + ",'settings':{'secretKey':'"
                                            + CLIENT_SECRET
                                            + "'}}],'outbounds':[{'protocol':'freedom'}]}"))
                    .isInstanceOf(StartException.class)
                    .hasMessage(
                            "test.json: inbounds[0].port: cannot listen on udp:127.0.0.1:"
                                    + port
                                    + ": the address is already in use");
        }
    }

    @Test
    void peerWithoutAnswerIsATimeout() throws Exception {
        try (DatagramSocket silent = new DatagramSocket(0, InetAddress.getLoopbackAddress());
                ProxyRig client =
                        ProxyRig.start(
                                "{'policy':{'levels':{'0':{'handshake':1}}},'inbounds':["
                                        + SOCKS
                                        + "],'outbounds':[{'protocol':'wireguard','settings':"
                                        + "{'secretKey':'"
                                        + CLIENT_SECRET
                                        + "','peers':[{'publicKey':'"
                                        + SERVER_PUBLIC
                                        + "','endpoint':'127.0.0.1:"
                                        + silent.getLocalPort()
                                        + "'}]}}]}");
                Socket socket = client.connect("in")) {
            assertThat(open(socket, "192.0.2.1", 80)).isEqualTo(6);
        }
    }
}
