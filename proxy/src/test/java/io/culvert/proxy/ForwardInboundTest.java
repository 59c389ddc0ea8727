package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class ForwardInboundTest {

    private static String config(String listen, String address, int target, String network) {
        return "{'inbounds':[{'tag':'in','protocol':'dokodemo-door'"
                + (listen.isEmpty() ? "" : ",'listen':'" + listen + "'")
                + ",'port':0,'settings':{'address':'"
                + address
                + "','port':"
                + target
                + ",'network':'"
                + network
                + "'}}],'outbounds':[{'protocol':'freedom','tag':'out'}]}";
    }

    private static String roundTrip(DatagramSocket socket, InetSocketAddress to, String text)
            throws IOException {
        byte[] data = text.getBytes(StandardCharsets.UTF_8);
        socket.setSoTimeout(ProxyRig.PATIENCE_MILLIS);
        socket.send(new DatagramPacket(data, data.length, to));
        DatagramPacket answer = new DatagramPacket(new byte[2048], 2048);
        socket.receive(answer);
        return new String(answer.getData(), 0, answer.getLength(), StandardCharsets.UTF_8);
    }

    @Test
    void forwardsConnectionsToAName() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig =
                        ProxyRig.start(config("127.0.0.1", "localhost", echo.port(), "tcp"));
                Socket client = rig.connect("in")) {
            client.getOutputStream().write(42);
            assertThat(client.getInputStream().read()).isEqualTo(42);
        }
    }

    @Test
    void forwardsDatagramsOfSeveralClients() throws Exception {
        try (UdpEcho echo = new UdpEcho();
                ProxyRig rig =
                        ProxyRig.start(config("127.0.0.1", "127.0.0.1", echo.port(), "udp"));
                DatagramSocket one = new DatagramSocket(0, InetAddress.getLoopbackAddress());
                DatagramSocket other = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            InetSocketAddress to = rig.address("in");
            assertThat(roundTrip(one, to, "one")).isEqualTo("one");
            assertThat(roundTrip(other, to, "other")).isEqualTo("other");
            assertThat(roundTrip(one, to, "again")).isEqualTo("again");
            assertThat(rig.snapshot("in").totals().active()).isEqualTo(2);
            assertThat(rig.snapshot("in").totals().bytesUp()).isEqualTo(13);
        }
    }

    @Test
    void listensOnBothFamiliesUnlessToldOtherwise() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(config("", "127.0.0.1", echo.port(), "tcp"))) {
            for (String address : new String[] {"127.0.0.1", "::1"}) {
                try (Socket client =
                        new Socket(InetAddress.ofLiteral(address), rig.address("in").getPort())) {
                    client.getOutputStream().write(42);
                    assertThat(client.getInputStream().read()).isEqualTo(42);
                }
            }
        }
    }

    @Test
    void busyPortIsOneSentenceAndNothingStaysOpen() throws Exception {
        int free = RelayTest.freePort();
        try (ServerSocket busy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String json =
                    "{'inbounds':[{'protocol':'socks','listen':'127.0.0.1','port':"
                            + free
                            + "},{'protocol':'http','listen':'127.0.0.1','port':"
                            + busy.getLocalPort()
                            + "}],'outbounds':[{'protocol':'freedom'}]}";
            assertThatThrownBy(() -> ProxyRig.start(json))
                    .isInstanceOf(StartException.class)
                    .hasMessage(
                            "test.json: inbounds[1].port: cannot listen on tcp:127.0.0.1:"
                                    + busy.getLocalPort()
                                    + ": the address is already in use");
            new ServerSocket(free, 1, InetAddress.getLoopbackAddress()).close();
        }
    }

    @Test
    void busyUdpPortIsOneSentence() throws Exception {
        try (DatagramSocket busy = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            String json =
                    config("127.0.0.1", "127.0.0.1", 9, "udp")
                            .replace("'port':0", "'port':" + busy.getLocalPort());
            assertThatThrownBy(() -> ProxyRig.start(json))
                    .isInstanceOf(StartException.class)
                    .hasMessage(
                            "test.json: inbounds[0].port: cannot listen on udp:127.0.0.1:"
                                    + busy.getLocalPort()
                                    + ": the address is already in use");
        }
    }

    private static String settings(String ports, String settings) {
        return "{'inbounds':[{'tag':'in','protocol':'tunnel','listen':'127.0.0.1','port':"
                + ports
                + ",'settings':"
                + settings
                + "}],'outbounds':[{'protocol':'freedom','tag':'out'}]}";
    }

    private static void expectEcho(int port) throws IOException {
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
            client.setSoTimeout(ProxyRig.PATIENCE_MILLIS);
            client.getOutputStream().write(42);
            assertThat(client.getInputStream().read()).isEqualTo(42);
        }
    }

    @Test
    void everyPortListensAndGoesWhereItsMapSays() throws Exception {
        int one = RelayTest.freePort();
        int other = RelayTest.freePort();
        int nobody = RelayTest.freePort();
        try (EchoServer mapped = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig =
                        ProxyRig.start(
                                settings(
                                        "'" + one + "," + other + "'",
                                        "{'rewriteAddress':'127.0.0.1','rewritePort':"
                                                + nobody
                                                + ",'portMap':{'"
                                                + one
                                                + "':'localhost:"
                                                + mapped.port()
                                                + "'}}"))) {
            expectEcho(one);
            try (Socket client = new Socket(InetAddress.getLoopbackAddress(), other)) {
                client.setSoTimeout(ProxyRig.PATIENCE_MILLIS);
                assertThatThrownBy(() -> client.getInputStream().read())
                        .isInstanceOf(SocketException.class);
            }
            assertThat(rig.snapshot("in").addresses()).hasSize(2);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "host, 80, 5000, host:80",
        "host, 0, 5000, host:5000",
        "'', 80, 5000, localhost:80",
        "host, 80, 1, other:90",
        "host, 80, 2, host:91",
        "host, 80, 3, third:80",
        "host, 0, 3, third:3"
    })
    void aPortsTargetTakesFromTheOthersWhatItLacks(
            String host, int port, int localPort, String expected) {
        ForwardTargets targets =
                new ForwardTargets(
                        new HostPort(host, port),
                        Map.of(
                                1,
                                Objects.requireNonNull(ForwardTargets.parse("other:90")),
                                2,
                                Objects.requireNonNull(ForwardTargets.parse(":91")),
                                3,
                                Objects.requireNonNull(ForwardTargets.parse("third:"))));

        assertThat(targets.of(localPort).destination(Network.TCP).authority()).isEqualTo(expected);
    }

    @Test
    void datagramsGoWhereThePortsMapSays() throws Exception {
        int port = RelayTest.freePort();
        try (UdpEcho echo = new UdpEcho();
                ProxyRig rig =
                        ProxyRig.start(
                                settings(
                                        "" + port,
                                        "{'network':'udp','portMap':{'"
                                                + port
                                                + "':'127.0.0.1:"
                                                + echo.port()
                                                + "'}}"));
                DatagramSocket client = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            assertThat(roundTrip(client, rig.address("in"), "ping")).isEqualTo("ping");
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void whoMeansTheRedirectingPortItselfGoesNowhere() throws Exception {
        try (ProxyRig rig = ProxyRig.start(settings("0", "{'followRedirect':true}"))) {
            assertThatThrownBy(
                            () -> {
                                try (Socket client = rig.connect("in")) {
                                    client.getInputStream().read();
                                }
                            })
                    .isInstanceOf(SocketException.class);
            assertThat(rig.outbound("out").totals().connections()).isZero();
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void whatNobodyRedirectedGoesToTheAddressIfThereIsOne() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig =
                        ProxyRig.start(
                                settings(
                                        "0",
                                        "{'followRedirect':true,'address':'127.0.0.1','port':"
                                                + echo.port()
                                                + "}"))) {
            expectEcho(rig.address("in").getPort());
        }
    }
}
