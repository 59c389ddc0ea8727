package io.culvert.proxy;

import static io.culvert.proxy.WireGuardTest.CLIENT_SECRET;
import static io.culvert.proxy.WireGuardTest.HERE;
import static io.culvert.proxy.WireGuardTest.SERVER_PUBLIC;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.Channel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From where and with which options connections leave; all of 127.0.0.0/8 is this machine's. */
@Timeout(60)
class SystemDialerTest {

    /** Tells its client from where it has come. */
    private static final EchoServer.Service WHENCE =
            socket ->
                    socket.getOutputStream()
                            .write(
                                    socket.getInetAddress()
                                            .getHostAddress()
                                            .getBytes(StandardCharsets.US_ASCII));

    @BeforeEach
    void onLinux() {
        assumeTrue(Epoll.isAvailable());
    }

    /** The client is 127.0.0.7 and reaches the inbound at 127.0.0.3. */
    private static ProxyRig rig(String dialing, String inbound) throws StartException {
        return ProxyRig.start(
                "{'policy':{'levels':{'0':{'handshake':10}}},'inbounds':["
                        + inbound
                        + "],'outbounds':[{'protocol':'freedom','tag':'out',"
                        + dialing
                        + "}]}");
    }

    private static String forward(int port, String network) {
        return "{'tag':'fwd','protocol':'dokodemo-door','listen':'127.0.0.3','port':0,"
                + "'settings':{'address':'127.0.0.1','port':"
                + port
                + ",'network':'"
                + network
                + "'}}";
    }

    private static Socket client(ProxyRig rig) throws Exception {
        Socket socket = new Socket();
        socket.setSoTimeout(ProxyRig.PATIENCE_MILLIS);
        socket.bind(new InetSocketAddress("127.0.0.7", 0));
        socket.connect(rig.address("fwd"), ProxyRig.PATIENCE_MILLIS);
        return socket;
    }

    private static String whence(String dialing) throws Exception {
        try (EchoServer server = EchoServer.start(WHENCE);
                ProxyRig rig = rig(dialing, forward(server.port(), "tcp"));
                Socket socket = client(rig)) {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.9, 127.0.0.9",
        "127.0.0.11/32, 127.0.0.11",
        "0.0.0.0, 127.0.0.1",
        "origin, 127.0.0.3",
        "srcip, 127.0.0.7"
    })
    void connectionsLeaveFromTheAddressAskedFor(String asked, String address) throws Exception {
        assertThat(whence("'sendThrough':'" + asked + "'")).isEqualTo(address);
    }

    @Test
    void eachConnectionLeavesFromAnotherAddressOfAPrefix() throws Exception {
        Set<String> seen = new HashSet<>();
        try (EchoServer server = EchoServer.start(WHENCE);
                ProxyRig rig = rig("'sendThrough':'127.8.0.0/16'", forward(server.port(), "tcp"))) {
            for (int i = 0; i < 8; i++) {
                try (Socket socket = client(rig)) {
                    byte[] text = socket.getInputStream().readAllBytes();
                    seen.add(new String(text, StandardCharsets.US_ASCII));
                }
            }
        }
        assertThat(seen).hasSizeGreaterThan(4).allMatch(address -> address.startsWith("127.8."));
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.9, 127.0.0.9", "origin, 127.0.0.3", "srcip, 127.0.0.7"})
    void datagramsLeaveFromTheAddressAskedFor(String asked, String address) throws Exception {
        try (DatagramSocket server = new DatagramSocket(0, InetAddress.getLoopbackAddress());
                ProxyRig rig =
                        rig(
                                "'sendThrough':'" + asked + "'",
                                forward(server.getLocalPort(), "udp"));
                DatagramSocket client = new DatagramSocket(new InetSocketAddress("127.0.0.7", 0))) {
            server.setSoTimeout(ProxyRig.PATIENCE_MILLIS);
            client.send(new DatagramPacket(new byte[] {1}, 1, rig.address("fwd")));
            DatagramPacket arrived = new DatagramPacket(new byte[10], 10);
            server.receive(arrived);
            assertThat(arrived.getAddress().getHostAddress()).isEqualTo(address);
        }
    }

    @Test
    void aTunnelsSocketLeavesFromTheAddressAskedFor() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig server = WireGuardTest.server(HERE);
                ProxyRig client =
                        ProxyRig.start(
                                "{'inbounds':["
                                        + WireGuardTest.SOCKS
                                        + "],'outbounds':[{'protocol':'wireguard','tag':'tun',"
                                        + "'sendThrough':'127.0.0.9','settings':{'secretKey':'"
                                        + CLIENT_SECRET
                                        + "','address':['10.0.0.2'],'peers':[{'publicKey':'"
                                        + SERVER_PUBLIC
                                        + "','endpoint':'127.0.0.1:"
                                        + server.address("wg").getPort()
                                        + "'}]}}]}");
                Socket socket = client.connect("in")) {
            assertThat(WireGuardTest.open(socket, "192.0.2.1", echo.port())).isZero();
            InetSocketAddress local =
                    Objects.requireNonNull(client.outbound("tun").tunnel()).local();
            assertThat(local.getAddress().getHostAddress()).isEqualTo("127.0.0.9");
            assertThat(
                            Objects.requireNonNull(server.snapshot("wg").tunnel())
                                    .peers()
                                    .getFirst()
                                    .endpoint())
                    .isEqualTo(local);
        }
    }

    @Test
    void nothingLeavesFromAnAddressThatThisMachineDoesNotHave() throws Exception {
        assertThat(whenceOrNothing("'sendThrough':'192.0.2.77'")).isEmpty();
    }

    @Test
    void nothingLeavesByAnInterfaceThatThisMachineDoesNotHave() throws Exception {
        assertThat(whenceOrNothing("'streamSettings':{'sockopt':{'interface':'nosuch0'}}"))
                .isEmpty();
    }

    private static String whenceOrNothing(String dialing) throws Exception {
        try {
            return whence(dialing);
        } catch (java.net.SocketException reset) {
            assertThat(reset).hasMessageContaining("reset");
            return "";
        }
    }

    @Test
    void leavesByTheInterfaceAskedFor() throws Exception {
        assertThat(whence("'streamSettings':{'sockopt':{'interface':'lo'}}"))
                .isEqualTo("127.0.0.1");
    }

    @Test
    void setsWhatTunesAConnectionAndGoesOnWithoutWhatCannotBeSet() throws Exception {
        String sockopt =
                "'streamSettings':{'sockopt':{'tcpKeepAliveIdle':77,'tcpKeepAliveInterval':7,"
                        + "'tcpUserTimeout':12345,'tcpCongestion':'nosuch','customSockopt':"
                        + "[{'level':'6','opt':'6','value':'3'}]}}";
        try (EchoServer server = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = rig(sockopt, forward(server.port(), "tcp"));
                Socket socket = client(rig)) {
            socket.getOutputStream().write(42);
            assertThat(socket.getInputStream().read()).isEqualTo(42);
            Channel remote =
                    rig.proxy().openChannels().stream()
                            .filter(channel ->
                                    channel instanceof EpollSocketChannel tcp
                                            && tcp.remoteAddress().getPort() == server.port())
                            .findFirst()
                            .orElseThrow();
            assertThat(remote.config().getOption(EpollChannelOption.TCP_KEEPIDLE)).isEqualTo(77);
            assertThat(remote.config().getOption(EpollChannelOption.TCP_KEEPINTVL)).isEqualTo(7);
            assertThat(remote.config().getOption(EpollChannelOption.TCP_KEEPCNT)).isEqualTo(3);
            assertThat(remote.config().getOption(EpollChannelOption.TCP_USER_TIMEOUT))
                    .isEqualTo(12345);
        }
    }

    @Test
    void carriedFreedomLeavesNamesToItsCarrier() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig server = WireGuardTest.server(HERE);
                DnsServer dns = new DnsServer();
                ProxyRig client =
                        ProxyRig.start(
                                "{'inbounds':["
                                        + WireGuardTest.SOCKS
                                        + "],'outbounds':[{'protocol':'freedom','proxySettings':"
                                        + "{'tag':'tun'}},{'protocol':'wireguard','tag':'tun',"
                                        + "'settings':{'secretKey':'"
                                        + CLIENT_SECRET
                                        + "','address':['10.0.0.2'],'remoteDNS':['192.0.2.53:"
                                        + dns.port()
                                        + "'],'peers':[{'publicKey':'"
                                        + SERVER_PUBLIC
                                        + "','endpoint':'127.0.0.1:"
                                        + server.address("wg").getPort()
                                        + "'}]}}]}");
                Socket socket = client.connect("in")) {
            dns.add("only.inside.test", "192.0.2.1");
            assertThat(WireGuardTest.open(socket, "only.inside.test", echo.port())).isZero();
            socket.getOutputStream().write(42);
            assertThat(socket.getInputStream().read()).isEqualTo(42);
        }
    }
}
