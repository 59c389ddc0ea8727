package io.culvert.proxy;

import static io.culvert.proxy.HttpWire.OPEN;
import static io.culvert.proxy.HttpWire.bytes;
import static io.culvert.proxy.HttpWire.get;
import static io.culvert.proxy.HttpWire.ok;
import static io.culvert.proxy.HttpWire.readHead;
import static io.culvert.proxy.HttpWire.request;
import static io.culvert.proxy.HttpWire.response;
import static io.culvert.proxy.HttpWire.send;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests and responses as both sides should see them. */
@Timeout(60)
@SuppressWarnings("StringConcatToTextBlock") // lines of HTTP end in CRLF
class HttpInboundTest {
    @Test
    void forwardsARequestInOriginFormToTheHostOfItsTarget() throws Exception {
        try (HttpOriginServer origin = new HttpOriginServer(ok("hi"));
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            send(client, get(origin.url("/a?b=c#d"), "X-Own: 1"));
            assertThat(response(client)).startsWith("HTTP/1.1 200 OK\r\n").endsWith("\r\n\r\nhi");
            assertThat(origin.heads.getFirst())
                    .startsWith("GET /a?b=c HTTP/1.1\r\n")
                    .containsIgnoringCase("host: 127.0.0.1:" + origin.port() + "\r\n")
                    .contains("X-Own: 1")
                    .doesNotContain("wrong");
        }
    }

    @Test
    void keepsTheConnectionAliveAcrossHosts() throws Exception {
        try (HttpOriginServer one = new HttpOriginServer(ok("one"));
                HttpOriginServer two = new HttpOriginServer(ok("two"));
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            for (int i = 0; i < 3; i++) {
                send(client, get(one.url("/" + i)));
                assertThat(response(client)).endsWith("one");
                send(client, get(two.url("/" + i)));
                assertThat(response(client)).endsWith("two");
            }
            assertThat(one.heads).hasSize(3);
            assertThat(two.heads).hasSize(3);
        }
    }

    @Test
    void usesOneConnectionForRequestsToOneHost() throws Exception {
        try (HttpOriginServer origin = new HttpOriginServer(ok("x"));
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            for (int i = 0; i < 5; i++) {
                send(client, get(origin.url("/")));
                response(client);
            }
            assertThat(rig.outbound("out").totals().connections()).isEqualTo(1);
        }
    }

    @Test
    void answersPipelinedRequestsInOrder() throws Exception {
        try (HttpOriginServer one = new HttpOriginServer(ok("one"));
                HttpOriginServer two = new HttpOriginServer(ok("two"));
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            send(
                    client,
                    get(one.url("/1"))
                            + request("POST", two.url("/2"), "abc", "Content-Length: 3")
                            + get(one.url("/3")));
            assertThat(response(client)).endsWith("one");
            assertThat(response(client)).endsWith("two");
            assertThat(response(client)).endsWith("one");
            assertThat(two.bodies).containsExactly("abc");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "PATCH", "DELETE", "PROPFIND", "GET"})
    void forwardsBodiesOfEveryMethod(String method) throws Exception {
        try (HttpOriginServer origin = new HttpOriginServer(ok("done"));
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            send(client, request(method, origin.url("/"), "hello", "Content-Length: 5"));
            assertThat(response(client)).endsWith("done");
            assertThat(origin.heads.getFirst()).startsWith(method + " / HTTP/1.1\r\n");
            assertThat(origin.bodies).containsExactly("hello");
        }
    }

    @Test
    void forwardsChunkedBodiesBothWays() throws Exception {
        String chunked =
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "3\r\nabc\r\n4;ext=1\r\ndefg\r\n0\r\n\r\n";
        try (HttpOriginServer origin = new HttpOriginServer(chunked);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            for (int i = 0; i < 2; i++) {
                send(
                        client,
                        request(
                                "POST",
                                origin.url("/"),
                                "5\r\nhello\r\n1\r\n!\r\n0\r\nX-Sum: 1\r\n\r\n",
                                "Transfer-Encoding: chunked"));
                assertThat(response(client)).endsWith("abcdefg");
            }
            assertThat(origin.bodies).containsExactly("hello!", "hello!");
        }
    }

    @Test
    void movesLargeBodiesWhole() throws Exception {
        byte[] body = new byte[5_000_000];
        new Random(3).nextBytes(body);
        String text = new String(body, StandardCharsets.ISO_8859_1);
        try (HttpOriginServer origin = new HttpOriginServer(ok(text));
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            send(client, request("POST", origin.url("/"), text, "Content-Length: " + body.length));
            assertThat(response(client).endsWith("\r\n\r\n" + text)).isTrue();
            assertThat(origin.bodies.getFirst().equals(text)).isTrue();
        }
    }

    @Test
    void passesExpectContinueThrough() throws Exception {
        EchoServer.Service patient =
                socket -> {
                    readHead(socket.getInputStream());
                    socket.getOutputStream().write(bytes("HTTP/1.1 100 Continue\r\n\r\n"));
                    socket.getInputStream().readNBytes(4);
                    socket.getOutputStream().write(bytes(ok("thanks")));
                };
        try (EchoServer origin = EchoServer.start(patient);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            send(
                    client,
                    request(
                            "POST",
                            "http://127.0.0.1:" + origin.port() + "/",
                            "",
                            "Expect: 100-continue",
                            "Content-Length: 4"));
            assertThat(readHead(client.getInputStream()))
                    .isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
            send(client, "body");
            assertThat(response(client)).endsWith("thanks");
        }
    }

    @Test
    void forwardsNoFieldOfTheConnection() throws Exception {
        String answer =
                "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: X-Hop\r\nX-Hop: 1\r\n"
                        + "Keep-Alive: 5\r\nX-End: 1\r\n\r\n";
        try (HttpOriginServer origin = new HttpOriginServer(answer);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            send(
                    client,
                    get(
                            origin.url("/"),
                            "Connection: X-Secret, close-not",
                            "X-Secret: 1",
                            "Proxy-Connection: keep-alive",
                            "Keep-Alive: 300",
                            "TE: trailers",
                            "Proxy-Authorization: Basic eDp5",
                            "X-Kept: 1"));
            assertThat(response(client)).contains("X-End: 1").doesNotContain("X-Hop", "Keep-Alive");
            assertThat(origin.heads.getFirst())
                    .contains("X-Kept: 1")
                    .doesNotContain(
                            "X-Secret", "Proxy-", "Keep-Alive", "TE:", "Connection", "connection");
        }
    }

    @Test
    void headAnswerHasNoBodyAndTheConnectionLives() throws Exception {
        try (HttpOriginServer origin =
                        new HttpOriginServer(
                                List.of("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", ok("x")),
                                false);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            send(client, request("HEAD", origin.url("/"), ""));
            assertThat(readHead(client.getInputStream()))
                    .containsIgnoringCase("content-length: 99");
            send(client, get(origin.url("/")));
            assertThat(response(client)).endsWith("\r\n\r\nx");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"204 No Content", "304 Not Modified"})
    void bodilessAnswersKeepTheConnectionAlive(String status) throws Exception {
        try (HttpOriginServer origin =
                        new HttpOriginServer(
                                List.of("HTTP/1.1 " + status + "\r\n\r\n", ok("x")), false);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            send(client, get(origin.url("/")));
            assertThat(readHead(client.getInputStream()))
                    .startsWith("HTTP/1.1 " + status)
                    .doesNotContainIgnoringCase("transfer-encoding");
            send(client, get(origin.url("/")));
            assertThat(response(client)).endsWith("\r\n\r\nx");
        }
    }

    @Test
    void answerThatEndsWithItsConnectionIsChunkedForTheClient() throws Exception {
        try (HttpOriginServer origin =
                        new HttpOriginServer(List.of("HTTP/1.0 200 OK\r\n\r\nold style"), true);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            for (int i = 0; i < 2; i++) {
                send(client, get(origin.url("/")));
                assertThat(response(client))
                        .startsWith("HTTP/1.1 200 OK")
                        .containsIgnoringCase("transfer-encoding: chunked")
                        .endsWith("old style");
            }
        }
    }

    @Test
    void oldClientGetsNoChunksAndTheConnectionCloses() throws Exception {
        String chunked =
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        try (HttpOriginServer origin = new HttpOriginServer(chunked);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            send(client, "GET " + origin.url("/") + " HTTP/1.0\r\n\r\n");
            String all =
                    new String(client.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            assertThat(all).endsWith("\r\n\r\nabc").doesNotContainIgnoringCase("transfer-encoding");
        }
    }

    @Test
    void forwardsAPathToTheNamedHostWhereTransparent() throws Exception {
        String transparent =
                OPEN.replace("'port':0}", "'port':0,'settings':{'allowTransparent':true}}");
        try (HttpOriginServer origin = new HttpOriginServer(ok("x"));
                ProxyRig rig = ProxyRig.start(transparent);
                Socket client = rig.connect("in")) {
            send(client, "GET /p HTTP/1.1\r\nHost: 127.0.0.1:" + origin.port() + "\r\n\r\n");
            assertThat(response(client)).endsWith("x");
            assertThat(origin.heads.getFirst()).startsWith("GET /p HTTP/1.1\r\n");
        }
    }
}
