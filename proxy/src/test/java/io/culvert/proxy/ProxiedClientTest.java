package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients behind a proxy that says who they are, in what freedom then says to the server. */
@Timeout(60)
class ProxiedClientTest {
    private static final String STREAM =
            "'streamSettings':{'sockopt':{'acceptProxyProtocol':true}}";

    private static String config(String protocol, String settings, String stream) {
        return "{'policy':{'levels':{'0':{'handshake':1}}},'inbounds':[{'tag':'in','protocol':'"
                + protocol
                + "','listen':'127.0.0.1','port':0,'settings':"
                + settings
                + ","
                + stream
                + "}],'outbounds':[{'protocol':'freedom','tag':'out','settings':"
                + "{'proxyProtocol':1}}]}";
    }

    private static EchoServer.Service firstLine(CompletableFuture<String> line) {
        return socket -> {
            line.complete(HttpWire.readLine(socket.getInputStream()));
            EchoServer.ECHO.serve(socket);
        };
    }

    private static void expectEcho(Socket client) throws IOException {
        client.getOutputStream().write(42);
        assertThat(client.getInputStream().read()).isEqualTo(42);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'streamSettings':{'sockopt':{'acceptProxyProtocol':true}}",
                "'streamSettings':{'tcpSettings':{'acceptProxyProtocol':true}}",
                "'streamSettings':{'rawSettings':{'acceptProxyProtocol':true}}"
            })
    void aForwardedClientIsWhoTheHeaderSays(String stream) throws Exception {
        CompletableFuture<String> line = new CompletableFuture<>();
        try (EchoServer server = EchoServer.start(firstLine(line));
                ProxyRig rig =
                        ProxyRig.start(
                                config(
                                        "dokodemo-door",
                                        "{'address':'127.0.0.1','port':" + server.port() + "}",
                                        stream));
                Socket client = rig.connect("in")) {
            HttpWire.send(client, "PROXY TCP4 192.0.2.9 192.0.2.1 4711 443\r\n*");
            assertThat(client.getInputStream().read()).isEqualTo('*');
            expectEcho(client);
            assertThat(line.join()).startsWith("PROXY TCP4 192.0.2.9 127.0.0.1 4711 ");
        }
    }

    @Test
    void aSocksClientIsWhoTheBinaryHeaderSays() throws Exception {
        CompletableFuture<String> line = new CompletableFuture<>();
        try (EchoServer server = EchoServer.start(firstLine(line));
                ProxyRig rig = ProxyRig.start(config("socks", "{}", STREAM));
                Socket client = rig.connect("in")) {
            client.getOutputStream()
                    .write(
                            HexFormat.of()
                                    .parseHex(
                                            "0d0a0d0a000d0a515549540a2111000c"
                                                    + "c0000209c0000201126701bb"));
            assertThat(SocksClient.open(client, SocksClient.CONNECT, "127.0.0.1", server.port()))
                    .isZero();
            expectEcho(client);
            assertThat(line.join()).startsWith("PROXY TCP4 192.0.2.9 127.0.0.1 4711 ");
        }
    }

    @Test
    void anHttpClientOfUnknownOriginIsTheProxy() throws Exception {
        CompletableFuture<String> line = new CompletableFuture<>();
        try (EchoServer server = EchoServer.start(firstLine(line));
                ProxyRig rig = ProxyRig.start(config("http", "{}", STREAM));
                Socket client = rig.connect("in")) {
            HttpWire.send(
                    client,
                    "PROXY UNKNOWN\r\nCONNECT 127.0.0.1:" + server.port() + " HTTP/1.1\r\n\r\n");
            assertThat(HttpWire.response(client)).startsWith("HTTP/1.1 200");
            expectEcho(client);
            assertThat(line.join()).startsWith("PROXY TCP4 127.0.0.1 127.0.0.1 ");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET http://127.0.0.1/ HTTP/1.1\r\n\r\n", "PROXY TCP4 x\r\n", ""})
    void nobodyGetsOnWithoutAHeader(String words) throws Exception {
        try (ProxyRig rig = ProxyRig.start(config("http", "{}", STREAM));
                Socket client = rig.connect("in")) {
            client.getOutputStream().write(words.getBytes(StandardCharsets.US_ASCII));
            assertThat(client.getInputStream().readAllBytes()).isEmpty();
            Await.until(() -> rig.proxy().openChannels().isEmpty());
            assertThat(rig.outbound("out").totals().connections()).isZero();
        }
    }
}
