package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that name an address and say a name: where they go by it. */
@Timeout(120)
class SniffingTest {
    private static final String ADDRESS = "192.0.2.1";

    /** Everything is refused unless a rule sends it to {@code here}, which is this machine. */
    private static ProxyRig proxy(String inbound, String sniffing, String rule)
            throws StartException {
        return ProxyRig.start(
                "{'inbounds':[{'tag':'in','listen':'127.0.0.1','port':0,"
                        + inbound
                        + ",'sniffing':{'enabled':true,"
                        + sniffing
                        + "}}],'outbounds':[{'protocol':'blackhole','tag':'nowhere'},"
                        + "{'protocol':'freedom','tag':'here','settings':"
                        + "{'redirect':'127.0.0.1:0'}},{'protocol':'freedom','tag':'open',"
                        + "'settings':{'redirect':'127.0.0.1:0','finalRules':"
                        + "[{'action':'allow'}]}},{'protocol':'freedom','tag':'asked'}],"
                        + "'routing':{'rules':[{"
                        + rule
                        + "}]}}");
    }

    private static final String SOCKS = "'protocol':'socks','settings':{'udp':true}";
    private static final String EXAMPLE = "'domain':['domain:example.com'],'outboundTag':'here'";

    /**
     * Says all at once, up to the first segment: the time that the proxy waits for a client is not
     * what is tested, and not for a busy machine to spend.
     */
    private static void tell(Socket socket, byte[] before, byte[] bytes, int segments)
            throws IOException {
        socket.setTcpNoDelay(true);
        OutputStream out = socket.getOutputStream();
        int each = bytes.length / segments;
        byte[] first = Arrays.copyOf(before, before.length + each);
        System.arraycopy(bytes, 0, first, before.length, each);
        out.write(first);
        for (int from = each; from < bytes.length; from += each) {
            out.write(bytes, from, Math.min(each, bytes.length - from));
        }
    }

    private static void assertEchoes(Socket socket, byte[] bytes) throws IOException {
        assertThat(socket.getInputStream().readNBytes(bytes.length)).isEqualTo(bytes);
        socket.shutdownOutput();
        assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }

    /** Asks for the address and says something; what the proxy answers. */
    private static int ask(Socket socket, int port, byte[] bytes, int segments) throws IOException {
        SocksClient.greet(socket, 0);
        SocksClient.method(socket);
        tell(socket, SocksClient.request(SocksClient.CONNECT, ADDRESS, port), bytes, segments);
        return SocksClient.reply(socket);
    }

    @ParameterizedTest
    @CsvSource({"1", "3", "100"})
    void socksClientGoesByTheNameInItsClientHelloAndLosesNothing(int segments) throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig proxy = proxy(SOCKS, "'destOverride':['tls'],'routeOnly':true", EXAMPLE);
                Socket socket = proxy.connect("in")) {
            byte[] hello = TlsClient.hello("www.example.com");
            assertThat(ask(socket, echo.port(), hello, segments)).isZero();
            assertEchoes(socket, hello);
        }
    }

    @Test
    void httpProxysClientGoesByItToo() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig proxy =
                        proxy(
                                "'protocol':'http'",
                                "'destOverride':['http'],'routeOnly':true",
                                EXAMPLE);
                Socket socket = proxy.connect("in")) {
            String target = ADDRESS + ":" + echo.port();
            byte[] request = ascii("GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n");
            tell(
                    socket,
                    ascii("CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n\r\n"),
                    request,
                    2);
            byte[] answer = ascii("HTTP/1.1 200 Connection established\r\n\r\n");
            assertThat(socket.getInputStream().readNBytes(answer.length)).isEqualTo(answer);
            assertEchoes(socket, request);
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void portForwardGoesByItToo() throws Exception {
        byte[] hello = TlsClient.hello(null);
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig proxy =
                        proxy(
                                "'protocol':'dokodemo-door','settings':{'address':'192.0.2.1',"
                                        + "'port':"
                                        + echo.port()
                                        + "}",
                                "'destOverride':['tls']",
                                "'protocol':['tls'],'outboundTag':'here'");
                Socket socket = proxy.connect("in")) {
            tell(socket, new byte[0], hello, 1);
            assertEchoes(socket, hello);
        }
    }

    @Test
    void theNameReplacesTheAddressUnlessItIsForRoutesOnly() throws Exception {
        String asked = "'inboundTag':['in'],'outboundTag':'asked'";
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig proxy = proxy(SOCKS, "'destOverride':['tls']", asked);
                Socket socket = proxy.connect("in")) {
            byte[] hello = TlsClient.hello("localhost");
            assertThat(ask(socket, echo.port(), hello, 1)).isZero();
            assertEchoes(socket, hello);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'destOverride':['http']",
                "'destOverride':['tls'],'domainsExcluded':['www.example.com']",
                "'destOverride':['tls'],'domainsExcluded':['regexp:^www']",
                "'destOverride':['tls'],'ipsExcluded':['192.0.2.0/24']",
                "'destOverride':['tls'],'metadataOnly':true",
                "'destOverride':[]",
            })
    void aNameThatIsNotToBeUsedIsNot(String sniffing) throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig proxy = proxy(SOCKS, sniffing, EXAMPLE);
                Socket socket = proxy.connect("in")) {
            byte[] hello = TlsClient.hello("www.example.com");
            if (ask(socket, echo.port(), hello, 1) == 0) {
                assertThat(endsWithoutAByte(socket)).isTrue();
            }
        }
    }

    private static boolean endsWithoutAByte(Socket socket) {
        try {
            return socket.getInputStream().read() < 0;
        } catch (IOException reset) {
            return true;
        }
    }

    @Test
    void aClientThatWaitsForItsServerIsNotKeptWaiting() throws Exception {
        EchoServer.Service greeting = socket -> socket.getOutputStream().write('!');
        String asked = "'port':'1-65535','outboundTag':'here'";
        try (EchoServer server = EchoServer.start(greeting);
                ProxyRig proxy = proxy(SOCKS, "'destOverride':['tls']", asked);
                Socket socket = proxy.connect("in")) {
            assertThat(SocksClient.open(socket, SocksClient.CONNECT, ADDRESS, server.port()))
                    .isZero();
            assertThat(socket.getInputStream().read()).isEqualTo('!');
        }
    }

    @Test
    void aClientThatIsNothingKnownGoesOnAtOnce() throws Exception {
        String asked = "'port':'1-65535','outboundTag':'here'";
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig proxy = proxy(SOCKS, "'destOverride':['http','tls']", asked);
                Socket socket = proxy.connect("in")) {
            byte[] zeros = new byte[100_000];
            assertThat(ask(socket, echo.port(), zeros, 3)).isZero();
            assertEchoes(socket, zeros);
        }
    }

    @Test
    void dialsFirstWhereNoRuleAsksForWhatTheClientSays() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig proxy =
                        proxy(
                                SOCKS,
                                "'destOverride':['tls'],'routeOnly':true",
                                "'port':1,'outboundTag':'here'");
                Socket socket = proxy.connect("in")) {
            assertThat(SocksClient.open(socket, SocksClient.CONNECT, ADDRESS, echo.port()))
                    .isNotZero();
        }
    }

    @Test
    void plainRequestsGoByTheirAttributes() throws Exception {
        try (HttpOriginServer origin =
                        new HttpOriginServer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                ProxyRig proxy =
                        proxy(
                                "'protocol':'http'",
                                "'destOverride':[]",
                                "'attrs':{':path':'^/yes'},'outboundTag':'asked'");
                Socket socket = proxy.connect("in")) {
            assertThat(status(socket, origin.url("/yes"))).isEqualTo("200");
            assertThat(status(socket, origin.url("/no"))).isNotEqualTo("200");
        }
    }

    private static String status(Socket socket, String uri) throws IOException {
        socket.getOutputStream()
                .write(
                        ("HEAD " + uri + " HTTP/1.1\r\nHost: x\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int c = socket.getInputStream().read();
            if (c < 0) {
                break;
            }
            head.append((char) c);
        }
        return head.toString().split(" ", 3)[1];
    }

    @ParameterizedTest
    @CsvSource({"www.example.com, true", "www.example.org, false"})
    void clientsInsideATunnelGoByTheirNamesAndTheirUsers(String name, boolean reached)
            throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig server =
                        proxy(
                                "'protocol':'wireguard','settings':{'secretKey':"
                                        + "'EGs4lTSJPmgELx6YiJAmPR2meWi6bY+e9rTdCipSj10=','peers':["
                                        + "{'publicKey':"
                                        + "'osAMIyil18HeZXGGBDC9KpZoM+L2iGyXWVSYivuM9B0=',"
                                        + "'allowedIPs':['10.0.0.2/32'],'email':'love'}]}",
                                "'destOverride':['tls']",
                                "'user':['love'],'domain':['domain:example.com'],"
                                        + "'outboundTag':'open'");
                ProxyRig client =
                        ProxyRig.start(
                                "{'inbounds':[{'tag':'in','protocol':'socks',"
                                        + "'listen':'127.0.0.1','port':0}],'outbounds':["
                                        + "{'protocol':'wireguard','settings':{'secretKey':"
                                        + "'CPQSpgxgdQRZa5SUbT3HLv+mmDVHLW5YR/rQlzum/2I=',"
                                        + "'address':['10.0.0.2/32'],'peers':[{'publicKey':"
                                        + "'MmLJ5iHFVVBp7VsB0hxfpQ0wEzAbT2KQnpQpj0+RtBw=',"
                                        + "'endpoint':'127.0.0.1:"
                                        + server.address("in").getPort()
                                        + "'}]}}]}");
                Socket socket = client.connect("in")) {
            byte[] hello = TlsClient.hello(name);
            assertThat(ask(socket, echo.port(), hello, 3)).isZero();
            if (reached) {
                assertEchoes(socket, hello);
            } else {
                assertThat(endsWithoutAByte(socket)).isTrue();
            }
        }
    }

    @Test
    void datagramsGoByTheNameInTheirQuicInitial() throws Exception {
        byte[] message = TlsClient.message(TlsClient.hello("www.example.com"));
        QuicSealer sealer = QuicSealer.v1();
        byte[] first = sealer.seal(0, QuicSealer.crypto(0, Arrays.copyOf(message, 100)));
        byte[] second =
                sealer.seal(
                        1,
                        QuicSealer.crypto(100, Arrays.copyOfRange(message, 100, message.length)));
        try (UdpEcho echo = new UdpEcho();
                ProxyRig proxy =
                        proxy(
                                "'protocol':'dokodemo-door','settings':{'network':'udp',"
                                        + "'address':'192.0.2.1','port':"
                                        + echo.port()
                                        + "}",
                                "'destOverride':['quic']",
                                EXAMPLE);
                DatagramSocket socket = new DatagramSocket()) {
            socket.setSoTimeout(ProxyRig.PATIENCE_MILLIS);
            InetSocketAddress to =
                    new InetSocketAddress(
                            InetAddress.getLoopbackAddress(), proxy.address("in").getPort());
            socket.send(new DatagramPacket(first, first.length, to));
            socket.send(new DatagramPacket(second, second.length, to));
            assertThat(received(socket)).isEqualTo(first);
            assertThat(received(socket)).isEqualTo(second);
        }
    }

    private static byte[] received(DatagramSocket socket) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
        socket.receive(packet);
        return Arrays.copyOf(packet.getData(), packet.getLength());
    }
}
