package io.culvert.proxy;

import static io.culvert.proxy.SocksInboundTest.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A client's connection through a SOCKS5 server, which is ours or one that says what a test says.
 */
@Timeout(60)
class SocksOutboundTest {
    private static final byte[] GREETING = {5, 0};
    private static final byte[] SUCCESS = {5, 0, 0, 1, 0, 0, 0, 0, 0, 0};

    /** A proxy that asks in HTTP, since that tells why a destination was not reached. */
    static String through(String settings) {
        return "{'inbounds':[{'tag':'in','protocol':'http','listen':'127.0.0.1','port':0}],"
                + "'outbounds':[{'protocol':'socks','tag':'out','settings':"
                + settings
                + "},{'protocol':'freedom','tag':'direct'}]}";
    }

    private static String server(int port, String more) {
        return "{'address':'127.0.0.1','port':" + port + more + "}";
    }

    private static final String OURS =
            "{'inbounds':[{'tag':'in','protocol':'socks','listen':'127.0.0.1','port':0,'settings':"
                    + "{'auth':'password','accounts':[{'user':'ann','pass':'pässword'}]}}],"
                    + "'outbounds':[{'protocol':'freedom','tag':'out'}]}";

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
                "{'address':'127.0.0.1','port':PORT,'user':'ann','pass':'pässword'}",
                "{'address':'localhost','port':PORT,'user':'ann','pass':'pässword','level':0,"
                        + "'email':'a@b'}",
                "{'servers':[{'address':'127.0.0.1','port':PORT,'users':[{'user':'ann',"
                        + "'pass':'pässword','level':0}]}]}"
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
            assertThat(connect(client, "127.0.0.1:" + echo.port())).startsWith("HTTP/1.1 200");
            expectEcho(client);
            assertThat(server.snapshot("in").totals().connections()).isEqualTo(1);
            client.shutdownOutput();
            assertThat(client.getInputStream().read()).isEqualTo(-1);
            Await.until(() -> rig.proxy().openChannels().isEmpty());
            Await.until(() -> server.proxy().openChannels().isEmpty());
        }
    }

    /** A server that lets everybody in, remembers the request and then echoes. */
    private static EchoServer.Service recording(CompletableFuture<byte[]> request, int length) {
        return socket -> {
            socket.getInputStream().readNBytes(3);
            socket.getOutputStream().write(GREETING);
            request.complete(socket.getInputStream().readNBytes(length));
            socket.getOutputStream().write(SUCCESS);
            EchoServer.ECHO.serve(socket);
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"no-such-name.invalid", "192.0.2.7", "2001:db8::7"})
    void saysNamesAsNamesAndAddressesAsAddresses(String host) throws Exception {
        byte[] expected = SocksClient.request(SocksClient.CONNECT, host, 443);
        CompletableFuture<byte[]> request = new CompletableFuture<>();
        try (EchoServer server = EchoServer.start(recording(request, expected.length));
                ProxyRig rig = ProxyRig.start(through(server(server.port(), "")));
                Socket client = rig.connect("in")) {
            String authority = host.indexOf(':') < 0 ? host : "[" + host + "]";
            assertThat(connect(client, authority + ":443")).startsWith("HTTP/1.1 200");
            assertThat(request.join()).isEqualTo(expected);
            expectEcho(client);
        }
    }

    @Test
    void losesNothingThatTheServerSendsRightBehindItsReply() throws Exception {
        EchoServer.Service eager =
                socket -> {
                    socket.getInputStream().readNBytes(3);
                    socket.getOutputStream().write(GREETING);
                    socket.getInputStream().readNBytes(10);
                    ByteArrayOutputStream all = new ByteArrayOutputStream();
                    all.writeBytes(SUCCESS);
                    all.writeBytes(bytes("220 ready"));
                    socket.getOutputStream().write(all.toByteArray());
                    socket.getInputStream().read();
                };
        try (EchoServer server = EchoServer.start(eager);
                ProxyRig rig = ProxyRig.start(through(server(server.port(), "")));
                Socket client = rig.connect("in")) {
            assertThat(connect(client, "192.0.2.1:25")).startsWith("HTTP/1.1 200");
            assertThat(client.getInputStream().readNBytes(9)).isEqualTo(bytes("220 ready"));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "1, 502, failed to reach 192.0.2.1:80",
        "2, 403, does not allow 192.0.2.1:80",
        "3, 502, has no route to the network of 192.0.2.1:80",
        "4, 502, has no way to the host 192.0.2.1:80",
        "5, 502, says that 192.0.2.1:80 refused the connection",
        "6, 504, got no answer from 192.0.2.1:80",
        "7, 502, knows no CONNECT",
        "8, 502, does not take the kind of address of 192.0.2.1:80",
        "9, 502, gives the unknown answer 9 for 192.0.2.1:80"
    })
    void saysWhatTheServerReplied(int code, int status, String words) throws Exception {
        byte[] reply = SUCCESS.clone();
        reply[1] = (byte) code;
        EchoServer.Service refusing =
                socket -> {
                    socket.getInputStream().readNBytes(3);
                    socket.getOutputStream().write(GREETING);
                    socket.getInputStream().readNBytes(10);
                    socket.getOutputStream().write(reply);
                    socket.getInputStream().read();
                };
        try (EchoServer server = EchoServer.start(refusing)) {
            expectRefusal(server(server.port(), ""), server.port(), status, words);
        }
    }

    private static void expectRefusal(String settings, int port, int status, String words)
            throws Exception {
        try (ProxyRig rig = ProxyRig.start(through(settings));
                Socket client = rig.connect("in")) {
            assertThat(connect(client, "192.0.2.1:80"))
                    .startsWith("HTTP/1.1 " + status + " ")
                    .endsWith(
                            "The proxy got no connection: the SOCKS server 127.0.0.1:"
                                    + port
                                    + " of outbound out "
                                    + words
                                    + ".\n");
            Await.until(() -> rig.outbound("out").totals().failures() == 1);
            assertThat(rig.outbound("direct").totals().connections()).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "``, FF, wants a user and a password",
                "``, 02, wants a user and a password",
                "`,'user':'u','pass':'p'`, FF, accepts no user and password",
                "`,'user':'u','pass':'p'`, 02 01 01, refuses the user or the password",
                "``, 01, wants a user and a password"
            })
    void saysThatTheServerDoesNotLetItIn(String account, String answers, String words)
            throws Exception {
        EchoServer.Service strict =
                socket -> {
                    socket.getInputStream().readNBytes(account.isEmpty() ? 3 : 4);
                    String[] parts = answers.split(" ", -1);
                    socket.getOutputStream()
                            .write(new byte[] {5, (byte) Integer.parseInt(parts[0], 16)});
                    if (parts.length > 1) {
                        socket.getInputStream().readNBytes(5);
                        socket.getOutputStream().write(new byte[] {1, 1});
                    }
                    socket.getInputStream().read();
                };
        try (EchoServer server = EchoServer.start(strict)) {
            expectRefusal(server(server.port(), account), server.port(), 502, words);
        }
    }

    @Test
    void saysThatTheServerIsNoSocksServer() throws Exception {
        EchoServer.Service http =
                socket -> {
                    socket.getInputStream().readNBytes(3);
                    socket.getOutputStream().write(bytes("HTTP/1.1 400 Bad Request\r\n\r\n"));
                    socket.getInputStream().read();
                };
        try (EchoServer server = EchoServer.start(http)) {
            expectRefusal(server(server.port(), ""), server.port(), 502, "does not speak SOCKS5");
        }
    }

    @Test
    void saysThatTheServerClosesTheConnection() throws Exception {
        try (EchoServer server =
                EchoServer.start(socket -> socket.getInputStream().readNBytes(3))) {
            expectRefusal(server(server.port(), ""), server.port(), 502, "closed the connection");
        }
    }

    @Test
    void saysThatTheServerIsNotThere() throws Exception {
        int port = RelayTest.freePort();
        expectRefusal(
                server(port, ""),
                port,
                502,
                "is not reached: 127.0.0.1:" + port + " refused the connection");
    }

    @Test
    void aSilentServerIsGivenUpByThePolicy() throws Exception {
        CompletableFuture<Integer> end = new CompletableFuture<>();
        EchoServer.Service silent =
                socket -> {
                    socket.getInputStream().readNBytes(3);
                    end.complete(socket.getInputStream().read());
                };
        try (EchoServer server = EchoServer.start(silent);
                ProxyRig rig =
                        ProxyRig.start(
                                through(server(server.port(), ""))
                                        .replaceFirst(
                                                "\\{",
                                                "{'policy':{'levels':{'0':{'handshake':1}}},"));
                Socket client = rig.connect("in")) {
            assertThat(connect(client, "192.0.2.1:80"))
                    .startsWith("HTTP/1.1 504 ")
                    .contains("of outbound out did not answer in time");
            assertThat(end.join()).isEqualTo(-1);
        }
    }

    @Test
    void aClientThatGivesUpEndsTheConnectionToTheServer() throws Exception {
        CompletableFuture<Boolean> greeted = new CompletableFuture<>();
        CompletableFuture<Integer> end = new CompletableFuture<>();
        EchoServer.Service silent =
                socket -> {
                    socket.getInputStream().readNBytes(3);
                    greeted.complete(true);
                    end.complete(socket.getInputStream().read());
                };
        try (EchoServer server = EchoServer.start(silent);
                ProxyRig rig = ProxyRig.start(through(server(server.port(), "")))) {
            try (Socket client = rig.connect("in")) {
                HttpWire.send(client, "CONNECT 192.0.2.1:80 HTTP/1.1\r\n\r\n");
                greeted.join();
                client.setSoLinger(true, 0);
            }
            assertThat(end.join()).isEqualTo(-1);
            Await.until(() -> rig.proxy().openChannels().isEmpty());
        }
    }

    @Test
    void serversTakeTurns() throws Exception {
        List<Integer> asked = new CopyOnWriteArrayList<>();
        try (EchoServer one = EchoServer.start(counting(asked, 1));
                EchoServer two = EchoServer.start(counting(asked, 2));
                ProxyRig rig =
                        ProxyRig.start(
                                through(
                                        "{'servers':["
                                                + server(one.port(), "")
                                                + ","
                                                + server(two.port(), "")
                                                + "]}"))) {
            for (int i = 0; i < 4; i++) {
                try (Socket client = rig.connect("in")) {
                    assertThat(connect(client, "192.0.2.1:80")).startsWith("HTTP/1.1 200");
                }
            }
            assertThat(asked).containsExactly(1, 2, 1, 2);
        }
    }

    private static EchoServer.Service counting(List<Integer> asked, int number) {
        return socket -> {
            asked.add(number);
            recording(new CompletableFuture<>(), 10).serve(socket);
        };
    }

    @Test
    void chainsOfServersWork() throws Exception {
        String open =
                "{'inbounds':[{'tag':'in','protocol':'socks','listen':'127.0.0.1','port':0,"
                        + "'settings':{'udp':true}}],'outbounds':[{'protocol':'socks','tag':'out',"
                        + "'settings':{'address':'localhost','port':PORT}}]}";
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig last = ProxyRig.start(SocksInboundTest.OPEN);
                ProxyRig middle = ProxyRig.start(open.replace("PORT", port(last)));
                ProxyRig first = ProxyRig.start(open.replace("PORT", port(middle)));
                Socket client = first.connect("in")) {
            assertThat(SocksClient.open(client, SocksClient.CONNECT, "localhost", echo.port()))
                    .isZero();
            DataInputStream in = new DataInputStream(client.getInputStream());
            client.getOutputStream().write("through three".getBytes(StandardCharsets.UTF_8));
            assertThat(in.readNBytes(13)).isEqualTo(bytes("through three"));
        }
    }

    private static String port(ProxyRig rig) {
        return "" + rig.address("in").getPort();
    }
}
