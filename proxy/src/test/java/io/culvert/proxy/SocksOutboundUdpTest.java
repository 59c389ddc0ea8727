package io.culvert.proxy;

import static io.culvert.proxy.SocksInboundTest.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Datagrams through a SOCKS5 server that is ours. */
@Timeout(60)
class SocksOutboundUdpTest {
    private static String through(int port) {
        return "{'inbounds':[{'tag':'in','protocol':'socks','listen':'127.0.0.1','port':0,"
                + "'settings':{'udp':true}}],'outbounds':[{'protocol':'socks','tag':'out',"
                + "'settings':{'address':'127.0.0.1','port':"
                + port
                + "}},{'protocol':'freedom','tag':'direct'}]}";
    }

    private static ProxyRig startThrough(ProxyRig server) throws StartException {
        return ProxyRig.start(through(server.address("in").getPort()));
    }

    @Test
    void carriesDatagramsToAddressesAndNames() throws Exception {
        try (UdpEcho echo = new UdpEcho();
                ProxyRig server = ProxyRig.start(SocksInboundTest.OPEN);
                ProxyRig rig = startThrough(server);
                SocksAssociated client = new SocksAssociated(rig)) {
            client.send(0, "127.0.0.1", echo.port(), "ping");
            assertThat(client.receive("127.0.0.1", echo.port())).isEqualTo("ping");
            client.send(0, "localhost", echo.port(), "pong");
            assertThat(client.receive("127.0.0.1", echo.port())).isEqualTo("pong");
            assertThat(server.snapshot("in").totals().connections()).isEqualTo(1);
            assertThat(rig.outbound("direct").totals().connections()).isZero();
        }
    }

    @Test
    void isOnePortForAllDestinationsAndTakesAnswersFromAnybody() throws Exception {
        try (UdpEcho one = new UdpEcho();
                UdpEcho other = new UdpEcho();
                DatagramSocket stranger = new DatagramSocket(0, InetAddress.getLoopbackAddress());
                ProxyRig server = ProxyRig.start(SocksInboundTest.OPEN);
                ProxyRig rig = startThrough(server);
                SocksAssociated client = new SocksAssociated(rig)) {
            client.send(0, "127.0.0.1", one.port(), "a");
            client.receive("127.0.0.1", one.port());
            client.send(0, "127.0.0.1", other.port(), "b");
            client.receive("127.0.0.1", other.port());
            assertThat(one.lastPeer().getPort()).isEqualTo(other.lastPeer().getPort());
            stranger.send(
                    new DatagramPacket(
                            bytes("psst"),
                            4,
                            InetAddress.getLoopbackAddress(),
                            one.lastPeer().getPort()));
            assertThat(client.receive("127.0.0.1", stranger.getLocalPort())).isEqualTo("psst");
        }
    }

    @Test
    void asksAnewOnceTheServerHasEndedTheAssociation() throws Exception {
        CompletableFuture<Socket> first = new CompletableFuture<>();
        try (UdpEcho echo = new UdpEcho();
                ProxyRig server = ProxyRig.start(SocksInboundTest.OPEN);
                EchoServer between = EchoServer.start(relay(server, first));
                ProxyRig rig = ProxyRig.start(through(between.port()));
                SocksAssociated client = new SocksAssociated(rig)) {
            client.send(0, "127.0.0.1", echo.port(), "one");
            assertThat(client.receive("127.0.0.1", echo.port())).isEqualTo("one");
            int before = echo.lastPeer().getPort();
            first.join().close();
            Await.until(() -> server.snapshot("in").totals().active() == 0);
            client.sendUntilAnswered("127.0.0.1", echo.port(), "two");
            assertThat(echo.lastPeer().getPort()).isNotEqualTo(before);
        }
    }

    /** Hands connections on to the server and shows the first one. */
    private static EchoServer.Service relay(ProxyRig server, CompletableFuture<Socket> first) {
        return socket -> {
            first.complete(socket);
            try (Socket to = server.connect("in")) {
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                to.getInputStream().transferTo(socket.getOutputStream());
                            } catch (java.io.IOException e) {
                                // the test closed it
                            }
                        });
                socket.getInputStream().transferTo(to.getOutputStream());
            }
        };
    }

    @Test
    void endsWithTheClient() throws Exception {
        try (UdpEcho echo = new UdpEcho();
                ProxyRig server = ProxyRig.start(SocksInboundTest.OPEN);
                ProxyRig rig = startThrough(server)) {
            try (SocksAssociated client = new SocksAssociated(rig)) {
                client.send(0, "127.0.0.1", echo.port(), "one");
                client.receive("127.0.0.1", echo.port());
            }
            Await.until(() -> rig.proxy().openChannels().isEmpty());
            Await.until(() -> server.proxy().openChannels().isEmpty());
        }
    }

    @Test
    void dropsWhatAServerWithoutUdpDoesNotTake() throws Exception {
        String closed = SocksInboundTest.OPEN.replace("'udp':true", "'udp':false");
        try (UdpEcho echo = new UdpEcho();
                ProxyRig server = ProxyRig.start(closed);
                ProxyRig rig = startThrough(server)) {
            try (SocksAssociated client = new SocksAssociated(rig)) {
                client.send(0, "127.0.0.1", echo.port(), "lost");
                Await.until(() ->
                        server.snapshot("in").totals().connections() == 0
                                && rig.outbound("out").totals().bytesUp() == 4);
                assertThat(rig.outbound("direct").totals().connections()).isZero();
            }
            Await.until(() -> rig.proxy().openChannels().isEmpty());
            assertThat(echo.lastPeer().getPort()).isZero();
        }
    }
}
