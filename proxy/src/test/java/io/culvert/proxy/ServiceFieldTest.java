package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each field of {@code api} and {@code metrics}: who is answered where, and what. */
@Timeout(60)
class ServiceFieldTest {

    /** A port that rules send to what has this tag. */
    private static final String DOOR =
            ",'routing':{'rules':[{'inboundTag':['door'],'outboundTag':'TAG'}]}";

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    {'listen':'127.0.0.1:0','services':['StatsService']}   | 5
                    {'listen':'127.0.0.1:0','services':['statsservice']}   | 5
                    {'listen':'127.0.0.1:0','services':['HandlerService']} | unknown method
                    {'listen':'127.0.0.1:0'}                               | unknown method
                    {'tag':'mine','services':['StatsService']}             | 5
                    {'tag':'mine','services':['RoutingService']}           | unknown method
                    """)
    void apiAnswersWhereItIsAskedToAndNothingElse(String api, String answer) throws Exception {
        boolean isOutbound = api.contains("'tag'");
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(file("'api':" + api, isOutbound ? "mine" : ""));
                Socket client = rig.connect("in")) {
            fiveBytes(rig, client, echo.port());
            InetSocketAddress at = isOutbound ? rig.address("door") : listening(rig, "api");
            try (ApiClient asking = new ApiClient(at, 10)) {
                assertThat(stat(asking)).contains(answer);
            }
        }
    }

    private static String stat(ApiClient client) {
        try {
            return Long.toString(client.stats("inbound>>>in>>>traffic>>>uplink", false));
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    {'listen':'127.0.0.1:0'}
                    {'tag':'mine'}
                    """)
    void metricsAnswerWhereTheyAreAskedTo(String metrics) throws Exception {
        boolean isOutbound = metrics.contains("'tag'");
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig =
                        ProxyRig.start(file("'metrics':" + metrics, isOutbound ? "mine" : ""));
                Socket client = rig.connect("in")) {
            fiveBytes(rig, client, echo.port());
            InetSocketAddress at = isOutbound ? rig.address("door") : listening(rig, "metrics");
            assertThat(get(at, "/debug/vars"))
                    .startsWith("HTTP/1.1 200 ")
                    .contains("\"in\":{\"downlink\":5,\"uplink\":5}");
            assertThat(get(at, "/debug/pprof/")).startsWith("HTTP/1.1 404 ");
        }
    }

    private static String get(InetSocketAddress at, String path) throws IOException {
        try (Socket socket = new Socket(at.getAddress(), at.getPort())) {
            socket.setSoTimeout(ProxyRig.PATIENCE_MILLIS);
            HttpWire.send(socket, HttpWire.get(path));
            return HttpWire.response(socket);
        }
    }

    private static void fiveBytes(ProxyRig rig, Socket client, int port) throws IOException {
        assertThat(SocksClient.open(client, SocksClient.CONNECT, "127.0.0.1", port)).isZero();
        client.getOutputStream().write(new byte[5]);
        assertThat(client.getInputStream().readNBytes(5)).hasSize(5);
        Await.until(() -> rig.snapshot("in").totals().bytesDown() == 5);
    }

    private static InetSocketAddress listening(ProxyRig rig, String protocol) {
        return rig.proxy().snapshot().inbounds().stream()
                .filter(inbound -> inbound.protocol().equals(protocol))
                .findFirst()
                .orElseThrow()
                .addresses()
                .getFirst();
    }

    private static String file(String service, String tag) {
        return "{'inbounds':[{'tag':'in','protocol':'socks','listen':'127.0.0.1','port':0},"
                + "{'tag':'door','protocol':'dokodemo-door','listen':'127.0.0.1','port':0,"
                + "'settings':{'address':'127.0.0.1','port':1}}],'outbounds':[{'tag':'out',"
                + "'protocol':'freedom'}],'stats':{},'policy':{'system':{'statsInboundUplink':true,"
                + "'statsInboundDownlink':true}},"
                + service
                + (tag.isEmpty() ? "" : DOOR.replace("TAG", tag))
                + "}";
    }
}
