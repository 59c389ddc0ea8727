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
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the proxy says no to, and how. */
@Timeout(60)
@SuppressWarnings("StringConcatToTextBlock") // lines of HTTP end in CRLF
class HttpRefusalTest {
    private static final String GUARDED =
            "{'inbounds':[{'tag':'in','protocol':'http','listen':'127.0.0.1','port':0,"
                    + "'settings':{'accounts':[{'user':'ann','pass':'o:ne'}]}}],"
                    + "'outbounds':[{'protocol':'freedom','tag':'out'}]}";

    @Test
    void asksForCredentials() throws Exception {
        try (HttpOriginServer origin = new HttpOriginServer(ok("x"));
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
                "GET URL HTTP/1.1\nHost: a\n\n",
                "GET URL HTTP/1.1\r\nHost: a\n\r\n",
                "GET URL HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
                "POST URL HTTP/1.1\r\nTransfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n"
                        + "\r\n0\r\n\r\n",
                "POST URL HTTP/1.1\r\nContent-Length: 1\r\n 0\r\n\r\nhello",
                "POST URL HTTP/1.1\r\n Content-Length: 5\r\n\r\nhello",
                "GET URL JUNK/1.1\r\n\r\n"
            })
    void refusesWhatOthersMightReadDifferently(String request) throws Exception {
        try (HttpOriginServer origin = new HttpOriginServer(ok("x"));
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
                "5\nhello\r\n0\r\n\r\n",
                "5;a\nX\r\nhello\r\n0\r\n\r\n",
                "5\r\nhello\n0\r\n\r\n",
                "fffffffff\r\nhello",
                "5 5\r\nhello\r\n0\r\n\r\n",
                "+5\r\nhello\r\n0\r\n\r\n",
                "0x5\r\nhello\r\n0\r\n\r\n",
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
    void refusesAChunkWithAnEndlessExtension() throws Exception {
        EchoServer.Service watch =
                socket -> {
                    readHead(socket.getInputStream());
                    EchoServer.drain(socket.getInputStream());
                };
        try (EchoServer origin = EchoServer.start(watch);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            send(
                    client,
                    request(
                            "POST",
                            "http://127.0.0.1:" + origin.port() + "/",
                            "5;" + "x".repeat(100_000),
                            "Transfer-Encoding: chunked"));
            assertThat(response(client)).startsWith("HTTP/1.1 400 ");
        }
    }

    @Test
    void forwardsAFoldedFieldAsOneLine() throws Exception {
        try (HttpOriginServer origin = new HttpOriginServer(ok("x"));
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            send(client, get(origin.url("/"), "X-Fold: one\r\n two"));
            assertThat(response(client)).startsWith("HTTP/1.1 200 ");
            assertThat(origin.heads.getFirst()).contains("X-Fold: one two\r\n");
        }
    }

    @Test
    void forwardsNoFramingInTrailers() throws Exception {
        try (HttpOriginServer origin = new HttpOriginServer(ok("x"));
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            String body =
                    "5\r\nhello\r\n0\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n";
            for (int i = 0; i < 2; i++) {
                send(client, request("POST", origin.url("/"), body, "Transfer-Encoding: chunked"));
                assertThat(response(client)).startsWith("HTTP/1.1 200 ");
            }
            assertThat(origin.bodies).containsExactly("hello", "hello");
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
        try (HttpOriginServer origin =
                        new HttpOriginServer(List.of("220 smtp ready\r\n\r\n"), true);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket client = rig.connect("in")) {
            send(client, get(origin.url("/")));
            assertThat(response(client)).startsWith("HTTP/1.1 502 ");
        }
    }
}
