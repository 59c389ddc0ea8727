package io.culvert.proxy;

import static io.culvert.proxy.WireGuardTest.CLIENT_SECRET;
import static io.culvert.proxy.WireGuardTest.HERE;
import static io.culvert.proxy.WireGuardTest.SERVER_PUBLIC;
import static io.culvert.proxy.WireGuardTest.SOCKS;
import static io.culvert.proxy.WireGuardTest.open;
import static io.culvert.proxy.WireGuardTest.server;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Outbounds that are carried by other outbounds. */
@Timeout(120)
class ChainTest {
    private static final String FORWARD =
            "{'tag':'fwd','protocol':'dokodemo-door','listen':'127.0.0.1','port':0,"
                    + "'settings':{'address':'192.0.2.1','port':PORT,'network':'udp'}}";

    /** A WireGuard outbound to 192.0.2.1, or this machine, with an MTU and how it dials. */
    private static String tunnel(String tag, String endpoint, int mtu, String dialing) {
        return "{'protocol':'wireguard','tag':'"
                + tag
                + "',"
                + dialing
                + "'settings':{'mtu':"
                + mtu
                + ",'secretKey':'"
                + CLIENT_SECRET
                + "','address':['10.0.0.2/32','fd00::2/128'],'peers':[{'publicKey':'"
                + SERVER_PUBLIC
                + "','endpoint':'"
                + endpoint
                + "'}]}}";
    }

    private static String via(String tag) {
        return "'streamSettings':{'sockopt':{'dialerProxy':'" + tag + "'}},";
    }

    private static int port(ProxyRig server) {
        return server.address("wg").getPort();
    }

    private static ProxyRig client(String inbound, String... outbounds) throws StartException {
        return ProxyRig.start(
                "{'inbounds':[" + inbound + "],'outbounds':[" + String.join(",", outbounds) + "]}");
    }

    /** The first tunnel's datagrams travel in the second. */
    private static ProxyRig nested(ProxyRig inner, ProxyRig outer, int mtu, String inbound)
            throws StartException {
        return client(
                inbound,
                tunnel("inner", "192.0.2.1:" + port(inner), mtu, via("outer")),
                tunnel("outer", "127.0.0.1:" + port(outer), 1420, ""));
    }

    private static void echoes(Socket socket, int bytes) throws Exception {
        byte[] data = new byte[bytes];
        new Random(bytes).nextBytes(data);
        Thread sender =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                socket.getOutputStream().write(data);
                                socket.shutdownOutput();
                            } catch (IOException e) {
                                throw new IllegalStateException(e);
                            }
                        });
        assertThat(Arrays.equals(socket.getInputStream().readAllBytes(), data)).isTrue();
        sender.join();
    }

    @Test
    void aTunnelInATunnelCarriesConnections() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig outer = server(HERE);
                ProxyRig inner = server(HERE);
                ProxyRig client = nested(inner, outer, 1340, SOCKS)) {
            for (int i = 0; i < 3; i++) {
                try (Socket socket = client.connect("in")) {
                    assertThat(open(socket, "192.0.2.7", echo.port())).isZero();
                    echoes(socket, 3 << 20);
                }
            }
            assertThat(client.outbound("inner").tunnel()).isNotNull();
            assertThat(client.outbound("outer").tunnel()).isNotNull();
            assertThat(inner.snapshot("wg").totals().bytesUp()).isGreaterThanOrEqualTo(9 << 20);
            assertThat(outer.snapshot("wg").totals().bytesUp())
                    .isGreaterThan(inner.snapshot("wg").totals().bytesUp());
        }
    }

    @Test
    void aTunnelInATunnelOfTheSameMtuWorksByFragments() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig outer = server(HERE);
                ProxyRig inner = server(HERE);
                ProxyRig client = nested(inner, outer, 1420, SOCKS);
                Socket socket = client.connect("in")) {
            assertThat(open(socket, "192.0.2.7", echo.port())).isZero();
            echoes(socket, 1 << 20);
        }
    }

    @Test
    void aTunnelInATunnelCarriesDatagrams() throws Exception {
        try (UdpEcho echo = new UdpEcho();
                ProxyRig outer = server(HERE);
                ProxyRig inner = server(HERE);
                ProxyRig client =
                        nested(
                                inner,
                                outer,
                                1340,
                                FORWARD.replace("PORT", String.valueOf(echo.port())));
                DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            socket.setSoTimeout(ProxyRig.PATIENCE_MILLIS);
            InetSocketAddress to = client.address("fwd");
            for (int length : new int[] {1, 100, 1300, 4000}) {
                byte[] data = new byte[length];
                new Random(length).nextBytes(data);
                socket.send(new DatagramPacket(data, length, to));
                DatagramPacket answer = new DatagramPacket(new byte[8192], 8192);
                socket.receive(answer);
                assertThat(Arrays.copyOf(answer.getData(), answer.getLength())).isEqualTo(data);
            }
        }
    }

    @Test
    void anEndpointsNameNeedsNoResolvingWhereTheCarrierFixesTheAddress() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig server = server(HERE);
                ProxyRig client =
                        client(
                                SOCKS,
                                tunnel("tun", "no.such.name.test:" + port(server), 1420, via("f")),
                                "{'protocol':'freedom','tag':'f','settings':"
                                        + "{'redirect':'127.0.0.1:0'}}");
                Socket socket = client.connect("in")) {
            assertThat(open(socket, "192.0.2.7", echo.port())).isZero();
            echoes(socket, 1000);
        }
    }

    @Test
    void aCarrierThatTakesNothingFailsClosedAndAtOnce() throws Exception {
        try (ProxyRig client =
                        client(
                                SOCKS,
                                tunnel("tun", "127.0.0.1:9", 1420, via("v")),
                                "{'protocol':'vless','tag':'v'}");
                Socket socket = client.connect("in")) {
            long begin = System.nanoTime();
            assertThat(open(socket, "192.0.2.7", 80)).isNotZero();
            assertThat(System.nanoTime() - begin).isLessThan(5_000_000_000L);
            assertThat(client.outbound("tun").tunnel()).isNull();
        }
    }

    @Test
    void threeTunnelsInEachOther() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig one = server(HERE);
                ProxyRig two = server(HERE);
                ProxyRig three = server(HERE);
                ProxyRig client =
                        client(
                                SOCKS,
                                tunnel("a", "192.0.2.1:" + port(three), 1280, via("b")),
                                tunnel("b", "192.0.2.1:" + port(two), 1360, via("c")),
                                tunnel("c", "127.0.0.1:" + port(one), 1440, ""));
                Socket socket = client.connect("in")) {
            assertThat(open(socket, "192.0.2.7", echo.port())).isZero();
            echoes(socket, 1 << 20);
        }
    }
}
