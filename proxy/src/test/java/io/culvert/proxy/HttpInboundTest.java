package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
@SuppressWarnings("StringConcatToTextBlock") // lines of HTTP end in CRLF
class HttpInboundTest {
    private static final String OPEN =
            "{'inbounds':[{'tag':'in','protocol':'http','listen':'127.0.0.1','port':0}],"
                    + "'outbounds':[{'protocol':'freedom','tag':'out'},"
                    + "{'protocol':'blackhole','tag':'hole'}],"
                    + "'routing':{'rules':[{'port':7,'outboundTag':'hole'}]}}";
    private static final String GUARDED =
            "{'inbounds':[{'tag':'in','protocol':'http','listen':'127.0.0.1','port':0,"
                    + "'settings':{'accounts':[{'user':'ann','pass':'o:ne'}]}}],"
                    + "'outbounds':[{'protocol':'freedom','tag':'out'}]}";

    /** A server that remembers each request's head and answers by a script. */
    private static final class Origin implements AutoCloseable {
        final List<String> heads = new CopyOnWriteArrayList<>();
        final List<String> bodies = new CopyOnWriteArrayList<>();
        final EchoServer server;

        /** Answers every request on a connection with the same response. */
        Origin(String response) throws IOException {
            this(List.of(response), false);
        }

        Origin(List<String> responses, boolean closeAfterEach) throws IOException {
            server =
                    EchoServer.start(socket -> {
                        InputStream in = socket.getInputStream();
                        for (int i = 0; ; i++) {
                            String head = readHead(in);
                            if (head.isEmpty()) {
                                return;
                            }
                            heads.add(head);
                            bodies.add(readBody(head, in));
                            String response = responses.get(i % responses.size());
                            socket.getOutputStream().write(bytes(response));
                            if (closeAfterEach) {
                                return;
                            }
                        }
                    });
        }

        int port() {
            return server.port();
        }

        String url(String path) {
            return "http://127.0.0.1:" + port() + path;
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String ok(String body) {
        return "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    private static String readHead(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int b = in.read();
            if (b < 0) {
                return head.toString(StandardCharsets.ISO_8859_1);
            }
            head.write(b);
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    private static String readBody(String head, InputStream in) throws IOException {
        String lower = head.toLowerCase(java.util.Locale.ROOT);
        if (lower.contains("transfer-encoding: chunked")) {
            StringBuilder body = new StringBuilder();
            while (true) {
                int size = Integer.parseInt(readLine(in), 16);
                if (size == 0) {
                    while (!readLine(in).isEmpty()) {
                        // trailers
                    }
                    return body.toString();
                }
                body.append(new String(in.readNBytes(size), StandardCharsets.ISO_8859_1));
                readLine(in);
            }
        }
        int at = lower.indexOf("content-length: ");
        if (at < 0) {
            return "";
        }
        int length = Integer.parseInt(lower.substring(at + 16, lower.indexOf('\r', at)).strip());
        return new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
    }

    private static String readLine(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
            line.append((char) b);
        }
        return line.toString().strip();
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(bytes(text));
    }

    /** The next response, head and decoded body. */
    private static String response(Socket socket) throws IOException {
        String head = readHead(socket.getInputStream());
        return head + readBody(head, socket.getInputStream());
    }

    private static String get(String url, String... fields) {
        return request("GET", url, "", fields);
    }

    private static String request(String method, String url, String body, String... fields) {
        StringBuilder text = new StringBuilder(method + " " + url + " HTTP/1.1\r\nHost: wrong\r\n");
        for (String field : fields) {
            text.append(field).append("\r\n");
        }
        return text.append("\r\n").append(body).toString();
    }

    @Test
    void forwardsARequestInOriginFormToTheHostOfItsTarget() throws Exception {
        try (Origin origin = new Origin(ok("hi"));
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
        try (Origin one = new Origin(ok("one"));
                Origin two = new Origin(ok("two"));
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
        try (Origin origin = new Origin(ok("x"));
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
        try (Origin one = new Origin(ok("one"));
                Origin two = new Origin(ok("two"));
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
        try (Origin origin = new Origin(ok("done"));
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
        try (Origin origin = new Origin(chunked);
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
        try (Origin origin = new Origin(ok(text));
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
        try (Origin origin = new Origin(answer);
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
        try (Origin origin =
                        new Origin(
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
        try (Origin origin =
                        new Origin(List.of("HTTP/1.1 " + status + "\r\n\r\n", ok("x")), false);
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
        try (Origin origin = new Origin(List.of("HTTP/1.0 200 OK\r\n\r\nold style"), true);
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
        try (Origin origin = new Origin(chunked);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            send(client, "GET " + origin.url("/") + " HTTP/1.0\r\n\r\n");
            String all =
                    new String(client.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            assertThat(all).endsWith("\r\n\r\nabc").doesNotContainIgnoringCase("transfer-encoding");
        }
    }

    @Test
    void truncatedAnswerIsSeenToBeTruncated() throws Exception {
        try (Origin origin =
                        new Origin(
                                List.of("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
                                true);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            send(client, get(origin.url("/")));
            assertThat(readHead(client.getInputStream())).startsWith("HTTP/1.1 200 OK");
            assertThat(client.getInputStream().readAllBytes()).isEqualTo(bytes("half"));
        }
    }

    @Test
    void repeatsAGetWhoseKeptConnectionHadJustClosed() throws Exception {
        List<String> heads = new CopyOnWriteArrayList<>();
        EchoServer.Service once =
                socket -> {
                    heads.add(readHead(socket.getInputStream()));
                    socket.getOutputStream().write(bytes(ok("x")));
                    // The next request on this connection is read and then not answered.
                    if (heads.size() == 1) {
                        readHead(socket.getInputStream());
                    }
                };
        try (EchoServer origin = EchoServer.start(once);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            String url = "http://127.0.0.1:" + origin.port() + "/";
            send(client, get(url));
            response(client);
            send(client, get(url));
            assertThat(response(client)).startsWith("HTTP/1.1 200 OK").endsWith("x");
            assertThat(heads).hasSize(2);
        }
    }

    @Test
    void neverRepeatsAPost() throws Exception {
        List<String> heads = new CopyOnWriteArrayList<>();
        EchoServer.Service once =
                socket -> {
                    heads.add(readHead(socket.getInputStream()));
                    socket.getOutputStream().write(bytes(ok("x")));
                    heads.add(readHead(socket.getInputStream()));
                };
        try (EchoServer origin = EchoServer.start(once);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            String url = "http://127.0.0.1:" + origin.port() + "/";
            send(client, get(url));
            response(client);
            send(client, request("POST", url, "", "Content-Length: 0"));
            assertThat(response(client))
                    .startsWith("HTTP/1.1 502 ")
                    .endsWith("The server closed the connection before it answered.\n");
            assertThat(heads).hasSize(2);
        }
    }

    @Test
    void passesAnUpgradeThrough() throws Exception {
        EchoServer.Service chat =
                socket -> {
                    String head = readHead(socket.getInputStream());
                    assertThat(head)
                            .containsIgnoringCase("upgrade: websocket")
                            .containsIgnoringCase("connection: upgrade");
                    socket.getOutputStream()
                            .write(
                                    bytes(
                                            "HTTP/1.1 101 Switching Protocols\r\n"
                                                    + "Upgrade: websocket\r\n"
                                                    + "Connection: Upgrade\r\n\r\nfirst"));
                    EchoServer.ECHO.serve(socket);
                };
        try (EchoServer origin = EchoServer.start(chat);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            send(
                    client,
                    get(
                            "http://127.0.0.1:" + origin.port() + "/chat",
                            "Connection: Upgrade",
                            "Upgrade: websocket"));
            assertThat(readHead(client.getInputStream()))
                    .startsWith("HTTP/1.1 101 ")
                    .containsIgnoringCase("upgrade: websocket");
            assertThat(client.getInputStream().readNBytes(5)).isEqualTo(bytes("first"));
            send(client, "and back");
            assertThat(client.getInputStream().readNBytes(8)).isEqualTo(bytes("and back"));
            client.shutdownOutput();
            assertThat(client.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void connectRelaysBytesWithWhatWasSentEarly() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            send(
                    client,
                    "CONNECT 127.0.0.1:"
                            + echo.port()
                            + " HTTP/1.1\r\nHost: x\r\n\r\n\u0016\u0003\u0001early\r\n\r\n");
            assertThat(readHead(client.getInputStream()))
                    .isEqualTo("HTTP/1.1 200 Connection established\r\n\r\n");
            assertThat(client.getInputStream().readNBytes(12))
                    .isEqualTo(bytes("\u0016\u0003\u0001early\r\n\r\n"));
            client.shutdownOutput();
            assertThat(client.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void connectMayFollowOtherRequests() throws Exception {
        try (Origin origin = new Origin(ok("x"));
                EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            send(
                    client,
                    get(origin.url("/"))
                            + "CONNECT 127.0.0.1:"
                            + echo.port()
                            + " HTTP/1.1\r\n\r\nraw");
            assertThat(response(client)).endsWith("x");
            assertThat(readHead(client.getInputStream())).startsWith("HTTP/1.1 200 ");
            assertThat(client.getInputStream().readNBytes(3)).isEqualTo(bytes("raw"));
        }
    }

    @Test
    void asksForCredentials() throws Exception {
        try (Origin origin = new Origin(ok("x"));
                ProxyRig rig = ProxyRig.start(GUARDED)) {
            String wrong = Base64.getEncoder().encodeToString(bytes("ann:one"));
            String right = Base64.getEncoder().encodeToString(bytes("ann:o:ne"));
            try (Socket client = rig.connect("in")) {
                send(client, get(origin.url("/")));
                assertThat(response(client))
                        .startsWith("HTTP/1.1 407 ")
                        .containsIgnoringCase("proxy-authenticate: Basic realm=\"proxy\"");
            }
            try (Socket client = rig.connect("in")) {
                send(client, get(origin.url("/"), "Proxy-Authorization: Basic " + wrong));
                assertThat(response(client)).startsWith("HTTP/1.1 407 ");
            }
            try (Socket client = rig.connect("in")) {
                send(client, get(origin.url("/"), "Proxy-Authorization: basic " + right));
                assertThat(response(client)).startsWith("HTTP/1.1 200 ");
            }
            try (Socket client = rig.connect("in")) {
                send(client, "CONNECT 127.0.0.1:1 HTTP/1.1\r\n\r\n");
                assertThat(response(client)).startsWith("HTTP/1.1 407 ");
            }
            assertThat(origin.heads).hasSize(1);
            assertThat(origin.heads.getFirst()).doesNotContainIgnoringCase("proxy-authorization");
        }
    }

    @Test
    void saysInOneSentenceThatTheServerRefused() throws Exception {
        int port = RelayTest.freePort();
        try (ProxyRig rig = ProxyRig.start(OPEN)) {
            for (String request :
                    List.of(
                            get("http://127.0.0.1:" + port + "/"),
                            "CONNECT 127.0.0.1:" + port + " HTTP/1.1\r\n\r\n")) {
                try (Socket client = rig.connect("in")) {
                    send(client, request);
                    assertThat(response(client))
                            .startsWith("HTTP/1.1 502 ")
                            .endsWith(
                                    "The proxy got no connection: 127.0.0.1:"
                                            + port
                                            + " refused the connection.\n");
                    assertThat(client.getInputStream().read()).isEqualTo(-1);
                }
            }
        }
    }

    @Test
    void saysThatABlackholeForbids() throws Exception {
        try (ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            send(client, get("http://127.0.0.1:7/"));
            assertThat(response(client)).startsWith("HTTP/1.1 403 ");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST URL HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + "0\r\n\r\n",
                "POST URL HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
                        + "0\r\n\r\n",
                "POST URL HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
                "POST URL HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
                "POST URL HTTP/1.1\r\nContent-Length: 5, 5\r\n\r\nhello",
                "POST URL HTTP/1.1\r\nContent-Length: +5\r\n\r\nhello",
                "POST URL HTTP/1.1\r\nContent-Length: -5\r\n\r\nhello",
                "POST URL HTTP/1.1\r\nContent-Length: 5 6\r\n\r\nhello",
                "POST URL HTTP/1.1\r\nContent-Length: 0x5\r\n\r\nhello",
                "POST URL HTTP/1.1\r\nContent-Length:\r\n\r\nhello",
                "POST URL HTTP/1.1\r\nContent-Length : 5\r\n\r\nhello",
                "POST URL HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
                "POST URL HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
                "POST URL HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                "POST URL HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST URL HTTP/1.1\r\nTransfer-Encoding: \u000bchunked\r\n\r\n0\r\n\r\n",
                "POST URL HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "GET URL HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                "GET URL HTTP/1.1\r\nBad Name: x\r\n\r\n",
                "GET URL HTTP/1.1\r\nX: a\u0000b\r\n\r\n",
                "GET /origin-form HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET https://127.0.0.1/ HTTP/1.1\r\n\r\n",
                "GET http:// HTTP/1.1\r\n\r\n",
                "GET http://a:b/ HTTP/1.1\r\n\r\n",
                "GET http://127.0.0.1:99999/ HTTP/1.1\r\n\r\n",
                "CONNECT 127.0.0.1 HTTP/1.1\r\n\r\n",
                "CONNECT 127.0.0.1:0 HTTP/1.1\r\n\r\n",
                "CONNECT 127.0.0.1:80 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
                "GARBAGE\r\n\r\n",
                "GET URL JUNK/1.1\r\n\r\n"
            })
    void refusesWhatOthersMightReadDifferently(String request) throws Exception {
        try (Origin origin = new Origin(ok("x"));
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            send(client, request.replace("URL", origin.url("/")));
            assertThat(response(client)).startsWith("HTTP/1.1 400 ");
            assertThat(client.getInputStream().read()).isEqualTo(-1);
            assertThat(origin.heads).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "zz\r\nhello\r\n0\r\n\r\n",
                "-1\r\nhello",
                "5\r\nhelloXX\r\n0\r\n\r\n",
                "\r\n"
            })
    void refusesBadChunks(String body) throws Exception {
        CompletableFuture<String> seen = new CompletableFuture<>();
        EchoServer.Service watch =
                socket -> {
                    readHead(socket.getInputStream());
                    seen.complete(
                            new String(
                                    socket.getInputStream().readAllBytes(),
                                    StandardCharsets.ISO_8859_1));
                };
        try (EchoServer origin = EchoServer.start(watch);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            send(
                    client,
                    request(
                            "POST",
                            "http://127.0.0.1:" + origin.port() + "/",
                            body,
                            "Transfer-Encoding: chunked"));
            assertThat(response(client)).startsWith("HTTP/1.1 400 ");
            assertThat(seen.join()).doesNotEndWith("0\r\n\r\n");
        }
    }

    @Test
    void refusesAHeaderWithoutEnd() throws Exception {
        try (ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            send(client, "GET http://127.0.0.1/ HTTP/1.1\r\nX: " + "x".repeat(70_000) + "\r\n\r\n");
            assertThat(response(client)).startsWith("HTTP/1.1 431 ");
        }
        try (ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            send(client, "GET http://127.0.0.1/" + "x".repeat(70_000) + " HTTP/1.1\r\n\r\n");
            assertThat(response(client)).startsWith("HTTP/1.1 414 ");
        }
    }

    @Test
    void saysThatTheServersAnswerIsNotHttp() throws Exception {
        try (Origin origin = new Origin(List.of("220 smtp ready\r\n\r\n"), true);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            send(client, get(origin.url("/")));
            assertThat(response(client)).startsWith("HTTP/1.1 502 ");
        }
    }

    @Test
    void forwardsAPathToTheNamedHostWhereTransparent() throws Exception {
        String transparent =
                OPEN.replace("'port':0}", "'port':0,'settings':{'allowTransparent':true}}");
        try (Origin origin = new Origin(ok("x"));
                ProxyRig rig = ProxyRig.start(transparent);
                Socket client = rig.connect("in")) {
            send(client, "GET /p HTTP/1.1\r\nHost: 127.0.0.1:" + origin.port() + "\r\n\r\n");
            assertThat(response(client)).endsWith("x");
            assertThat(origin.heads.getFirst()).startsWith("GET /p HTTP/1.1\r\n");
        }
    }

    @Test
    void earlyAnswerReachesAClientThatIsStillUploading() throws Exception {
        EchoServer.Service impatient =
                socket -> {
                    readHead(socket.getInputStream());
                    socket.getOutputStream()
                            .write(
                                    bytes(
                                            "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n"
                                                    + "Connection: close\r\n\r\nno"));
                };
        try (EchoServer origin = EchoServer.start(impatient);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            send(
                    client,
                    request(
                            "POST",
                            "http://127.0.0.1:" + origin.port() + "/",
                            "some of it",
                            "Content-Length: 1000000"));
            assertThat(response(client)).startsWith("HTTP/1.1 413 ").endsWith("no");
            assertThat(client.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void slowReaderStopsTheServer() throws Exception {
        int size = 96 << 20;
        long[] written = {0};
        EchoServer.Service flood =
                socket -> {
                    readHead(socket.getInputStream());
                    socket.getOutputStream()
                            .write(
                                    bytes(
                                            "HTTP/1.1 200 OK\r\nContent-Length: "
                                                    + size
                                                    + "\r\n\r\n"));
                    byte[] block = new byte[1 << 16];
                    for (int i = 0; i < size; i += block.length) {
                        socket.getOutputStream().write(block);
                        written[0] += block.length;
                    }
                };
        try (EchoServer origin = EchoServer.start(flood);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            send(client, get("http://127.0.0.1:" + origin.port() + "/", "Connection: close"));
            readHead(client.getInputStream());
            long[] last = {-1};
            int[] still = {0};
            Await.until(() -> {
                long now = written[0];
                still[0] = now == last[0] && now > 0 ? still[0] + 1 : 0;
                last[0] = now;
                return still[0] == 150;
            });
            assertThat(written[0]).isLessThan(64L << 20);
            assertThat(EchoServer.drain(client.getInputStream())).isEqualTo(size);
        }
    }

    @Test
    void leavesNothingOpenBehind() throws Exception {
        try (Origin origin = new Origin(ok("x"));
                ProxyRig rig = ProxyRig.start(OPEN)) {
            List<Socket> clients = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                Socket client = rig.connect("in");
                clients.add(client);
                send(client, get(origin.url("/")));
                response(client);
            }
            for (Socket client : clients) {
                client.close();
            }
            Await.until(() -> rig.proxy().openChannels().isEmpty());
            Await.until(() -> rig.snapshot("in").totals().active() == 0);
        }
    }

    @Test
    void httpPortCanBeTakenByNobodyElse() throws Exception {
        try (ProxyRig rig = ProxyRig.start(OPEN)) {
            int port = rig.address("in").getPort();
            assertThat(
                            org.assertj.core.api.Assertions.catchThrowable(() ->
                                    new ServerSocket(port, 1, InetAddress.getLoopbackAddress())
                                            .close()))
                    .isInstanceOf(IOException.class);
        }
    }
}
