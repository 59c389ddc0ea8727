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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of connections: tunnels, upgrades, ends and full buffers. */
@Timeout(60)
@SuppressWarnings("StringConcatToTextBlock") // lines of HTTP end in CRLF
class HttpConnectionTest {
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
        try (HttpOriginServer origin = new HttpOriginServer(ok("x"));
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
    void truncatedAnswerIsSeenToBeTruncated() throws Exception {
        try (HttpOriginServer origin =
                        new HttpOriginServer(
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
        try (HttpOriginServer origin = new HttpOriginServer(ok("x"));
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
}
