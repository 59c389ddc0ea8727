package io.culvert.proxy;

import static io.culvert.proxy.HttpWire.bytes;
import static io.culvert.proxy.HttpWire.readHead;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A client's connection through an HTTP proxy, which is ours or one that says what a test says. */
@Timeout(60)
@SuppressWarnings("StringConcatToTextBlock") // lines of HTTP end in CRLF
class HttpOutboundTest {
    private static final String OURS =
            "{'inbounds':[{'tag':'in','protocol':'http','listen':'127.0.0.1','port':0,'settings':"
                    + "{'accounts':[{'user':'ann','pass':'p:äss'}]}}],"
                    + "'outbounds':[{'protocol':'freedom','tag':'out'}]}";

    private static String through(String settings) {
        return SocksOutboundTest.through(settings).replace("'socks'", "'http'");
    }

    private static String server(int port, String more) {
        return "{'address':'127.0.0.1','port':" + port + more + "}";
    }

    private static String connect(Socket client, String authority) throws IOException {
        HttpWire.send(client, "CONNECT " + authority + " HTTP/1.1\r\n\r\n");
        return HttpWire.response(client);
    }

    private static void expectEcho(Socket client) throws IOException {
        client.getOutputStream().write(bytes("hello"));
        assertThat(client.getInputStream().readNBytes(5)).isEqualTo(bytes("hello"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'address':'localhost','port':PORT,'user':'ann','pass':'p:äss'}",
                "{'servers':[{'address':'127.0.0.1','port':PORT,'users':[{'user':'ann',"
                        + "'pass':'p:äss'}]}]}"
            })
    void reachesADestinationWithAPassword(String settings) throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig server = ProxyRig.start(OURS);
                ProxyRig rig =
                        ProxyRig.start(
                                through(
                                        settings.replace(
                                                "PORT", "" + server.address("in").getPort())));
                Socket client = rig.connect("in")) {
            assertThat(connect(client, "localhost:" + echo.port())).startsWith("HTTP/1.1 200");
            expectEcho(client);
            client.shutdownOutput();
            assertThat(client.getInputStream().read()).isEqualTo(-1);
            Await.until(() -> rig.proxy().openChannels().isEmpty());
            Await.until(() -> server.proxy().openChannels().isEmpty());
        }
    }

    @Test
    void asksByNameWithTheFieldsOfTheFileAndLosesNothingBehindTheAnswer() throws Exception {
        CompletableFuture<String> head = new CompletableFuture<>();
        EchoServer.Service eager =
                socket -> {
                    head.complete(readHead(socket.getInputStream()));
                    socket.getOutputStream()
                            .write(
                                    bytes(
                                            "HTTP/1.1 100 Continue\r\n\r\n"
                                                    + "HTTP/1.1 200 Fine\r\nContent-Length: 7\r\n"
                                                    + "\r\n220 ready"));
                    socket.getInputStream().read();
                };
        try (EchoServer server = EchoServer.start(eager);
                ProxyRig rig =
                        ProxyRig.start(
                                through(
                                        server(
                                                server.port(),
                                                ",'user':'u','pass':'p','headers':"
                                                        + "{'User-Agent':'x/1','X-Own':'2'}")));
                Socket client = rig.connect("in")) {
            assertThat(connect(client, "mail.invalid:25")).startsWith("HTTP/1.1 200");
            assertThat(client.getInputStream().readNBytes(9)).isEqualTo(bytes("220 ready"));
            assertThat(head.join())
                    .startsWith("CONNECT mail.invalid:25 HTTP/1.1\r\n")
                    .containsIgnoringCase("host: mail.invalid:25\r\n")
                    .containsIgnoringCase("user-agent: x/1\r\n")
                    .containsIgnoringCase("x-own: 2\r\n")
                    .containsIgnoringCase(
                            "proxy-authorization: Basic "
                                    + Base64.getEncoder()
                                            .encodeToString(
                                                    "u:p".getBytes(StandardCharsets.UTF_8)));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "HTTP/1.1 407 Who | `` | 502 | wants a user and a password",
                "HTTP/1.1 407 Who | `,'user':'u'` | 502 | refuses the user or the password",
                "HTTP/1.1 403 No | `` | 403 | answers CONNECT 192.0.2.1:80 with 403 No",
                "HTTP/1.1 503 Later | `` | 502 | answers CONNECT 192.0.2.1:80 with 503 Later",
                "HTTP/1.1 504 Slow | `` | 504 | answers CONNECT 192.0.2.1:80 with 504 Slow",
                "HTTP/1.1 302 There | `` | 502 | answers CONNECT 192.0.2.1:80 with 302 There",
                "220 smtp | `` | 502 | does not speak HTTP"
            })
    void saysWhatTheProxyAnswers(String answer, String account, int status, String words)
            throws Exception {
        EchoServer.Service refusing =
                socket -> {
                    readHead(socket.getInputStream());
                    socket.getOutputStream()
                            .write(bytes(answer + "\r\nContent-Length: 3\r\n\r\nno\n"));
                    socket.getInputStream().read();
                };
        try (EchoServer server = EchoServer.start(refusing)) {
            expectRefusal(server(server.port(), account), server.port(), status, words);
        }
    }

    @Test
    void takesNoAnswerWithoutEnd() throws Exception {
        EchoServer.Service endless =
                socket -> {
                    readHead(socket.getInputStream());
                    socket.getOutputStream().write(bytes("HTTP/1.1 200 OK\r\nX: "));
                    socket.getOutputStream().write(bytes("x".repeat(100_000)));
                    socket.getInputStream().read();
                };
        try (EchoServer server = EchoServer.start(endless)) {
            expectRefusal(server(server.port(), ""), server.port(), 502, "does not speak HTTP");
        }
    }

    @Test
    void saysThatTheProxyClosesTheConnection() throws Exception {
        try (EchoServer server = EchoServer.start(socket -> readHead(socket.getInputStream()))) {
            expectRefusal(server(server.port(), ""), server.port(), 502, "closed the connection");
        }
    }

    private static void expectRefusal(String settings, int port, int status, String words)
            throws Exception {
        try (ProxyRig rig = ProxyRig.start(through(settings));
                Socket client = rig.connect("in")) {
            assertThat(connect(client, "192.0.2.1:80"))
                    .startsWith("HTTP/1.1 " + status + " ")
                    .endsWith(
                            "The proxy got no connection: the HTTP proxy 127.0.0.1:"
                                    + port
                                    + " of outbound out "
                                    + words
                                    + ".\n");
            assertThat(rig.outbound("direct").totals().connections()).isZero();
        }
    }

    @Test
    void datagramsHaveNoWay() throws Exception {
        String config =
                through(server(RelayTest.freePort(), ""))
                        .replace("'http','listen'", "'socks','settings':{'udp':true},'listen'");
        try (UdpEcho echo = new UdpEcho();
                ProxyRig rig = ProxyRig.start(config);
                SocksAssociated client = new SocksAssociated(rig)) {
            client.send(0, "127.0.0.1", echo.port(), "lost");
            Await.until(() -> rig.outbound("out").totals().bytesUp() == 4);
            assertThat(rig.outbound("direct").totals().connections()).isZero();
            assertThat(echo.lastPeer().getPort()).isZero();
        }
    }
}
