package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.culvert.tunnel.TunnelStats;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Peers come and go while others go on; an outbound is replaced. */
@Timeout(120)
class WireGuardReloadTest {
    private static final String SERVER_SECRET = "EGs4lTSJPmgELx6YiJAmPR2meWi6bY+e9rTdCipSj10=";
    private static final String SERVER_PUBLIC = "MmLJ5iHFVVBp7VsB0hxfpQ0wEzAbT2KQnpQpj0+RtBw=";
    private static final String CLIENT_SECRET = "CPQSpgxgdQRZa5SUbT3HLv+mmDVHLW5YR/rQlzum/2I=";
    private static final String CLIENT_PUBLIC = "osAMIyil18HeZXGGBDC9KpZoM+L2iGyXWVSYivuM9B0=";

    private static final String CLIENT_PEER =
            "{'publicKey':'" + CLIENT_PUBLIC + "','allowedIPs':['10.0.0.2/32'],'email':'%s'}";
    private static final String OTHER_PEER =
            "{'publicKey':'bmXOC+F1FxEMF9dyiK2H5/1SUtzH0JuVo51h2wPfgyo=',"
                    + "'allowedIPs':['10.0.0.3/32']}";

    private static String server(String peers) {
        return "{'inbounds':[{'tag':'wg','protocol':'wireguard','listen':'127.0.0.1','port':0,"
                + "'settings':{'secretKey':'"
                + SERVER_SECRET
                + "','peers':["
                + peers
                + "]}}],'outbounds':[{'protocol':'freedom','tag':'out','settings':"
                + "{'redirect':'127.0.0.1:0','finalRules':[{'action':'allow'}]}},"
                + "{'protocol':'blackhole','tag':'page','settings':{'response':{'type':'http'}}}],"
                + "'routing':{'rules':[{'user':['bob'],'outboundTag':'page'}]}}";
    }

    private static String client(ProxyRig server, int mtu) {
        return "{'inbounds':[{'tag':'in','protocol':'socks','listen':'127.0.0.1','port':0}],"
                + "'outbounds':[{'protocol':'wireguard','tag':'tun','settings':{'secretKey':'"
                + CLIENT_SECRET
                + "','address':['10.0.0.2/32'],'mtu':"
                + mtu
                + ",'peers':[{'publicKey':'"
                + SERVER_PUBLIC
                + "','endpoint':'127.0.0.1:"
                + server.address("wg").getPort()
                + "'}]}}]}";
    }

    private static void reload(ProxyRig rig, String json) throws StartException {
        Problems problems = new Problems();
        rig.proxy().reload(Json.parse(json.replace('\'', '"')), problems);
        assertThat(problems.errors()).isEmpty();
    }

    private static Socket open(ProxyRig client, int port) throws IOException {
        Socket socket = client.connect("in");
        assertThat(SocksClient.open(socket, SocksClient.CONNECT, "192.0.2.1", port)).isZero();
        return socket;
    }

    private static TunnelStats tunnel(@Nullable TunnelStats open) {
        assertThat(open).isNotNull();
        return Objects.requireNonNull(open);
    }

    private static void echoes(Socket socket) throws IOException {
        socket.getOutputStream().write(42);
        assertThat(socket.getInputStream().read()).isEqualTo(42);
    }

    @Test
    void aPeerIsAddedAndNamedWhileAnotherGoesOn() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig server = ProxyRig.start(server(CLIENT_PEER.formatted("")));
                ProxyRig client = ProxyRig.start(client(server, 1420));
                Socket before = open(client, echo.port())) {
            InetSocketAddress address = server.address("wg");
            reload(server, server(CLIENT_PEER.formatted("bob") + "," + OTHER_PEER));
            echoes(before);
            assertThat(server.address("wg")).isEqualTo(address);
            assertThat(tunnel(server.snapshot("wg").tunnel()).peers()).hasSize(2);
            try (Socket page = open(client, echo.port())) {
                assertThat(
                                new String(
                                        page.getInputStream().readNBytes(12),
                                        StandardCharsets.US_ASCII))
                        .isEqualTo("HTTP/1.1 403");
            }
        }
    }

    @Test
    void aPeerThatIsGoneIsNotHeardAnyMore() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig server =
                        ProxyRig.start(server(CLIENT_PEER.formatted("") + "," + OTHER_PEER));
                ProxyRig client = ProxyRig.start(client(server, 1420));
                Socket before = open(client, echo.port())) {
            echoes(before);
            reload(server, server(OTHER_PEER));
            Await.until(() -> tunnel(server.snapshot("wg").tunnel()).peers().size() == 1);
            before.setSoTimeout(300);
            before.getOutputStream().write(42);
            assertThatThrownBy(() -> before.getInputStream().read())
                    .isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    void anOutboundThatIsReplacedServesNewConnectionsAndEndsItsOldOnes() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig server = ProxyRig.start(server(CLIENT_PEER.formatted("")));
                ProxyRig client = ProxyRig.start(client(server, 1420));
                Socket before = open(client, echo.port())) {
            echoes(before);
            int port = tunnel(client.outbound("tun").tunnel()).local().getPort();
            reload(client, client(server, 1400));
            try (Socket after = open(client, echo.port())) {
                echoes(after);
                assertThat(tunnel(client.outbound("tun").tunnel()).local().getPort())
                        .isNotEqualTo(port);
            }
            assertThat(before.getInputStream().read()).isEqualTo(-1);
        }
    }
}
