package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SocksInboundTest {
    static final String OPEN =
            "{'inbounds':[{'tag':'in','protocol':'socks','listen':'127.0.0.1','port':0,"
                    + "'settings':{'udp':true}}],'outbounds':[{'protocol':'freedom','tag':'out'},"
                    + "{'protocol':'blackhole','tag':'hole'},"
                    + "{'protocol':'blackhole','tag':'page','settings':{'response':"
                    + "{'type':'http'}}},{'protocol':'vless','tag':'vless'}],"
                    + "'routing':{'rules':[{'port':7,'outboundTag':'hole'},"
                    + "{'port':8,'outboundTag':'page'},{'port':9,'outboundTag':'vless'}]}}";
    private static final String GUARDED =
            "{'inbounds':[{'tag':'in','protocol':'socks','listen':'127.0.0.1','port':0,"
                    + "'settings':{'auth':'password','accounts':[{'user':'ann','pass':'one'},"
                    + "{'user':'bob','pass':'two'}]}}],"
                    + "'outbounds':[{'protocol':'freedom','tag':'out'}]}";

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void expectEcho(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(bytes(text));
        assertThat(socket.getInputStream().readNBytes(text.length())).isEqualTo(bytes(text));
    }

    @Test
    void connectsToAnAddress() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket socket = rig.connect("in")) {
            assertThat(SocksClient.open(socket, SocksClient.CONNECT, "127.0.0.1", echo.port()))
                    .isZero();
            expectEcho(socket, "hello");
        }
    }

    @Test
    void connectsToAName() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket socket = rig.connect("in")) {
            assertThat(SocksClient.open(socket, SocksClient.CONNECT, "localhost", echo.port()))
                    .isZero();
            expectEcho(socket, "hello");
        }
    }

    @Test
    void connectsToAnIpv6Address() throws Exception {
        try (EchoServer echo = EchoServer.start(InetAddress.ofLiteral("::1"), EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket socket = rig.connect("in")) {
            assertThat(SocksClient.open(socket, SocksClient.CONNECT, "::1", echo.port())).isZero();
            expectEcho(socket, "hello");
        }
    }

    @Test
    void losesNothingThatWasSentBeforeTheReplies() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket socket = rig.connect("in")) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            all.writeBytes(new byte[] {5, 1, 0});
            all.writeBytes(SocksClient.request(SocksClient.CONNECT, "127.0.0.1", echo.port()));
            all.writeBytes(bytes("early"));
            socket.getOutputStream().write(all.toByteArray());

            assertThat(SocksClient.method(socket)).isZero();
            assertThat(SocksClient.reply(socket)).isZero();
            assertThat(socket.getInputStream().readNBytes(5)).isEqualTo(bytes("early"));
        }
    }

    @Test
    void repliesRefused() throws Exception {
        int port = RelayTest.freePort();
        try (ProxyRig rig = ProxyRig.start(OPEN);
                Socket socket = rig.connect("in")) {
            assertThat(SocksClient.open(socket, SocksClient.CONNECT, "127.0.0.1", port))
                    .isEqualTo(5);
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void repliesHostUnreachableForANameThatDoesNotExist() throws Exception {
        try (ProxyRig rig = ProxyRig.start(OPEN);
                Socket socket = rig.connect("in")) {
            assertThat(SocksClient.open(socket, SocksClient.CONNECT, "no-such-host.invalid", 80))
                    .isEqualTo(4);
        }
    }

    @Test
    void repliesForbiddenForABlackhole() throws Exception {
        try (ProxyRig rig = ProxyRig.start(OPEN);
                Socket socket = rig.connect("in")) {
            assertThat(SocksClient.open(socket, SocksClient.CONNECT, "127.0.0.1", 7)).isEqualTo(2);
        }
    }

    @Test
    void failsClosedWhereTheOutboundsProtocolIsNotSpoken() throws Exception {
        try (ProxyRig rig = ProxyRig.start(OPEN);
                Socket socket = rig.connect("in")) {
            assertThat(SocksClient.open(socket, SocksClient.CONNECT, "127.0.0.1", 9)).isEqualTo(2);
            assertThat(rig.outbound("vless").totals().failures()).isEqualTo(1);
            assertThat(rig.outbound("out").totals().connections()).isZero();
        }
    }

    @Test
    void deliversTheBlackholesPage() throws Exception {
        try (ProxyRig rig = ProxyRig.start(OPEN);
                Socket socket = rig.connect("in")) {
            assertThat(SocksClient.open(socket, SocksClient.CONNECT, "127.0.0.1", 8)).isZero();
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 403 Forbidden\r\n");
        }
    }

    @Test
    void repliesCommandNotSupported() throws Exception {
        try (ProxyRig rig = ProxyRig.start(OPEN);
                Socket socket = rig.connect("in")) {
            assertThat(SocksClient.open(socket, SocksClient.BIND, "127.0.0.1", 80)).isEqualTo(7);
        }
    }

    @Test
    void repliesCommandNotSupportedForUdpUnlessAllowed() throws Exception {
        try (ProxyRig rig = ProxyRig.start(OPEN.replace("'udp':true", "'udp':false"));
                Socket socket = rig.connect("in")) {
            assertThat(SocksClient.open(socket, SocksClient.UDP_ASSOCIATE, "0.0.0.0", 0))
                    .isEqualTo(7);
        }
    }

    @Test
    void repliesAddressTypeNotSupported() throws Exception {
        try (ProxyRig rig = ProxyRig.start(OPEN);
                Socket socket = rig.connect("in")) {
            SocksClient.greet(socket, 0);
            SocksClient.method(socket);
            socket.getOutputStream().write(new byte[] {5, 1, 0, 9, 1, 2, 3, 4, 5, 6});
            assertThat(SocksClient.reply(socket)).isEqualTo(8);
        }
    }

    @Test
    void acceptsTheRightPassword() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(GUARDED);
                Socket socket = rig.connect("in")) {
            SocksClient.greet(socket, 0, 2);
            assertThat(SocksClient.method(socket)).isEqualTo(2);
            SocksClient.login(socket, "bob", "two");
            assertThat(SocksClient.method(socket)).isZero();
            socket.getOutputStream()
                    .write(SocksClient.request(SocksClient.CONNECT, "127.0.0.1", echo.port()));
            assertThat(SocksClient.reply(socket)).isZero();
            expectEcho(socket, "hello");
        }
    }

    @Test
    void refusesTheWrongPassword() throws Exception {
        try (ProxyRig rig = ProxyRig.start(GUARDED);
                Socket socket = rig.connect("in")) {
            SocksClient.greet(socket, 2);
            assertThat(SocksClient.method(socket)).isEqualTo(2);
            SocksClient.login(socket, "ann", "two");
            assertThat(SocksClient.method(socket)).isNotZero();
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void refusesClientsThatOfferNoPassword() throws Exception {
        try (ProxyRig rig = ProxyRig.start(GUARDED);
                Socket socket = rig.connect("in")) {
            SocksClient.greet(socket, 0);
            assertThat(SocksClient.method(socket)).isEqualTo(0xff);
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void socks4ReachesAnAddress() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket socket = rig.connect("in")) {
            ByteArrayOutputStream request = new ByteArrayOutputStream();
            request.writeBytes(new byte[] {4, 1, (byte) (echo.port() >> 8), (byte) echo.port()});
            request.writeBytes(new byte[] {127, 0, 0, 1, 'm', 'e', 0});
            socket.getOutputStream().write(request.toByteArray());
            assertThat(socket.getInputStream().readNBytes(8)).startsWith(0, 90);
            expectEcho(socket, "hello");
        }
    }

    @Test
    void socks4aReachesAName() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket socket = rig.connect("in")) {
            ByteArrayOutputStream request = new ByteArrayOutputStream();
            request.writeBytes(new byte[] {4, 1, (byte) (echo.port() >> 8), (byte) echo.port()});
            request.writeBytes(new byte[] {0, 0, 0, 1, 'm', 'e', 0});
            request.writeBytes(bytes("localhost"));
            request.write(0);
            socket.getOutputStream().write(request.toByteArray());
            assertThat(socket.getInputStream().readNBytes(8)).startsWith(0, 90);
            expectEcho(socket, "hello");
        }
    }

    @Test
    void socks4IsNoWayAroundThePassword() throws Exception {
        try (ProxyRig rig = ProxyRig.start(GUARDED);
                Socket socket = rig.connect("in")) {
            socket.getOutputStream().write(new byte[] {4, 1, 0, 80, 127, 0, 0, 1, 'x', 0});
            assertThat(socket.getInputStream().readNBytes(8)).startsWith(0, 91);
        }
    }

    @Test
    void speaksHttpOnTheSamePort() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(OPEN);
                Socket socket = rig.connect("in")) {
            socket.getOutputStream()
                    .write(bytes("CONNECT 127.0.0.1:" + echo.port() + " HTTP/1.1\r\n\r\n"));
            String head = "HTTP/1.1 200 Connection established\r\n\r\n";
            assertThat(socket.getInputStream().readNBytes(head.length())).isEqualTo(bytes(head));
            expectEcho(socket, "hello");
        }
    }

    @Test
    void closesOnNonsense() throws Exception {
        try (ProxyRig rig = ProxyRig.start(OPEN);
                Socket socket = rig.connect("in")) {
            socket.getOutputStream().write(0);
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }
}
