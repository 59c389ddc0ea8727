package io.culvert.proxy;

import static io.culvert.proxy.WireGuardTest.CLIENT_SECRET;
import static io.culvert.proxy.WireGuardTest.HERE;
import static io.culvert.proxy.WireGuardTest.SERVER_PUBLIC;
import static io.culvert.proxy.WireGuardTest.open;
import static io.culvert.proxy.WireGuardTest.server;
import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.tunnel.TunnelStats;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.Socket;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a tunnel travels by changes, and its connections don't notice. */
@Timeout(120)
class RerouteTest {

    private static String client(ProxyRig server, String dialing, String settings) {
        return "{'inbounds':[{'tag':'in','protocol':'socks','listen':'127.0.0.1','port':0}],"
                + "'outbounds':[{'protocol':'wireguard','tag':'tun',"
                + dialing
                + "'settings':{"
                + settings
                + "'secretKey':'"
                + CLIENT_SECRET
                + "','address':['10.0.0.2/32'],'peers':[{'publicKey':'"
                + SERVER_PUBLIC
                + "','endpoint':'127.0.0.1:"
                + server.address("wg").getPort()
                + "'}]}},{'protocol':'freedom','tag':'carrier'},{'protocol':'freedom','tag':'other'}]}";
    }

    private static String via(String tag) {
        return "'streamSettings':{'sockopt':{'dialerProxy':'" + tag + "'}},";
    }

    private static void reload(ProxyRig rig, String json) throws StartException {
        Problems problems = new Problems();
        rig.proxy().reload(Json.parse(json.replace('\'', '"')), problems);
        assertThat(problems.errors()).isEmpty();
    }

    private static TunnelStats tunnel(ProxyRig rig) {
        return Objects.requireNonNull(rig.outbound("tun").tunnel());
    }

    private static String from(ProxyRig rig) {
        return tunnel(rig).local().getAddress().getHostAddress();
    }

    private static void echoes(Socket socket) throws IOException {
        socket.getOutputStream().write(42);
        assertThat(socket.getInputStream().read()).isEqualTo(42);
    }

    @Test
    void aConnectionLivesOnFromAnotherAddressAndByOtherOutbounds() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig server = server(HERE);
                ProxyRig rig = ProxyRig.start(client(server, "", ""));
                Socket socket = rig.connect("in")) {
            assertThat(open(socket, "192.0.2.7", echo.port())).isZero();
            echoes(socket);
            long handshakes = tunnel(rig).device().initiationsSent();

            reload(rig, client(server, "'sendThrough':'127.0.0.2',", ""));
            Await.until(() -> from(rig).equals("127.0.0.2"));
            echoes(socket);

            reload(rig, client(server, via("carrier"), ""));
            Await.until(() -> tunnel(rig).transport().equals("outbound carrier"));
            echoes(socket);

            reload(rig, client(server, "'proxySettings':{'tag':'other'},", ""));
            Await.until(() -> tunnel(rig).transport().equals("outbound other"));
            echoes(socket);

            reload(rig, client(server, "'sendThrough':'127.0.0.3',", ""));
            Await.until(() -> from(rig).equals("127.0.0.3"));
            echoes(socket);
            assertThat(tunnel(rig).device().initiationsSent()).isEqualTo(handshakes);
        }
    }

    @Test
    void whatIsNotOpenYetOpensByTheNewWay() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig server = server(HERE);
                ProxyRig rig = ProxyRig.start(client(server, "", ""))) {
            reload(rig, client(server, "'sendThrough':'127.0.0.2',", ""));
            try (Socket socket = rig.connect("in")) {
                assertThat(open(socket, "192.0.2.7", echo.port())).isZero();
                echoes(socket);
                assertThat(from(rig)).isEqualTo("127.0.0.2");
            }
        }
    }

    /** Whoever listens inside the tunnel, or manages it, needs it though nobody dials. */
    @Test
    void whatListensInsideListensAgainWhereItIsOpenedAnew() throws Exception {
        int outer;
        try (DatagramSocket free = new DatagramSocket(0)) {
            outer = free.getLocalPort();
        }
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig server = ProxyRig.start(listening("", outer, echo.port()));
                ProxyRig client = ProxyRig.start(calling("127.0.0.1", outer))) {
            try (Socket socket = client.connect("in")) {
                assertThat(open(socket, "10.0.0.1", 7777)).isZero();
                echoes(socket);
            }
            // The old socket has the port.
            reload(server, listening("'sendThrough':'127.0.0.2',", outer, echo.port()));
            Await.until(() -> {
                TunnelStats now = server.outbound("tun").tunnel();
                return now != null && now.local().getAddress().getHostAddress().equals("127.0.0.2");
            });
            try (ProxyRig again = ProxyRig.start(calling("127.0.0.2", outer));
                    Socket socket = again.connect("in")) {
                assertThat(open(socket, "10.0.0.1", 7777)).isZero();
                echoes(socket);
            }
        }
    }

    private static String listening(String dialing, int outer, int target) {
        return "{'inbounds':[{'tag':'listen','protocol':'wireguard-listen',"
                + "'settings':{'outboundTag':'tun','port':7777,'target':'127.0.0.1:"
                + target
                + "'}}],'outbounds':[{'protocol':'wireguard','tag':'tun',"
                + dialing
                + "'settings':{'listenPort':"
                + outer
                + ",'address':['10.0.0.1'],'secretKey':'"
                + WireGuardTest.SERVER_SECRET
                + "','peers':[{'publicKey':'"
                + WireGuardTest.CLIENT_PUBLIC
                + "','endpoint':'127.0.0.1:9','allowedIPs':['10.0.0.2/32']}]}}]}";
    }

    private static String calling(String host, int outer) {
        return "{'inbounds':["
                + WireGuardTest.SOCKS
                + "],'outbounds':[{'protocol':'wireguard','settings':{"
                + "'address':['10.0.0.2'],'secretKey':'"
                + CLIENT_SECRET
                + "','peers':[{'publicKey':'"
                + SERVER_PUBLIC
                + "','endpoint':'"
                + host
                + ":"
                + outer
                + "'}]}}]}";
    }

    /** The old socket has the port, so that there can be no other beside it. */
    @Test
    void whereItCannotGoOnItIsOpenedAnewByTheNewWay() throws Exception {
        int port;
        try (DatagramSocket free = new DatagramSocket(0)) {
            port = free.getLocalPort();
        }
        String fixed = "'listenPort':" + port + ",";
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig server = server(HERE);
                ProxyRig rig = ProxyRig.start(client(server, "", fixed));
                Socket before = rig.connect("in")) {
            assertThat(open(before, "192.0.2.7", echo.port())).isZero();
            echoes(before);

            reload(rig, client(server, "'sendThrough':'127.0.0.2',", fixed));
            assertThat(before.getInputStream().read()).isEqualTo(-1);
            try (Socket after = rig.connect("in")) {
                assertThat(open(after, "192.0.2.7", echo.port())).isZero();
                echoes(after);
                assertThat(from(rig)).isEqualTo("127.0.0.2");
                assertThat(tunnel(rig).local().getPort()).isEqualTo(port);
            }
        }
    }
}
