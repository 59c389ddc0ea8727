package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What freedom's settings do to a connection. */
@Timeout(60)
class FreedomOutboundTest {

    private static String config(String settings) {
        return "{'inbounds':[{'tag':'in','protocol':'socks','listen':'127.0.0.1','port':0,"
                + "'settings':{'udp':true}}],"
                + "'outbounds':[{'protocol':'freedom','tag':'out','settings':"
                + settings
                + "}]}";
    }

    /** Keeps what it gets until the client ends. */
    private static EchoServer.Service keeping(CompletableFuture<byte[]> received) {
        return socket -> received.complete(socket.getInputStream().readAllBytes());
    }

    private static byte[] receivedBehind(int version, InetAddress at) throws Exception {
        CompletableFuture<byte[]> received = new CompletableFuture<>();
        try (EchoServer server = EchoServer.start(at, keeping(received));
                ProxyRig rig = ProxyRig.start(config("{'proxyProtocol':" + version + "}"));
                Socket client = rig.connect("in")) {
            assertThat(
                            SocksClient.open(
                                    client,
                                    SocksClient.CONNECT,
                                    at.getHostAddress(),
                                    server.port()))
                    .isZero();
            client.getOutputStream().write(SocksInboundTest.bytes("hello"));
            client.shutdownOutput();
            byte[] all = received.join();
            byte[] ports = {
                (byte) (client.getLocalPort() >> 8),
                (byte) client.getLocalPort(),
                (byte) (server.port() >> 8),
                (byte) server.port()
            };
            return replace(all, client.getLocalPort(), server.port(), ports);
        }
    }

    /** The bytes with both ports made the same for every run: 1 and 2. */
    private static byte[] replace(byte[] all, int client, int server, byte[] ports) {
        String text = new String(all, StandardCharsets.ISO_8859_1);
        String binary = new String(ports, StandardCharsets.ISO_8859_1);
        return text.replace(binary, "\0\1\0\2")
                .replace(" " + client + " " + server + "\r\n", " 1 2\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void tellsTheServerWhoTheClientIsInText() throws Exception {
        byte[] all = receivedBehind(1, InetAddress.ofLiteral("127.0.0.1"));

        assertThat(new String(all, StandardCharsets.ISO_8859_1))
                .isEqualTo("PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\nhello");
    }

    @Test
    void mapsTheClientsAddressWhereTheServersIsOfTheOtherFamily() throws Exception {
        byte[] all = receivedBehind(1, InetAddress.ofLiteral("::1"));

        assertThat(new String(all, StandardCharsets.ISO_8859_1))
                .isEqualTo("PROXY TCP6 ::ffff:127.0.0.1 ::1 1 2\r\nhello");
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, 11, 7f0000017f000001",
        "::1, 21, 00000000000000000000ffff7f00000100000000000000000000000000000001"
    })
    void tellsTheServerWhoTheClientIsInBinary(String at, String family, String addresses)
            throws Exception {
        byte[] all = receivedBehind(2, InetAddress.ofLiteral(at));

        int length = addresses.length() / 2 + 4;
        String expected =
                "0d0a0d0a000d0a515549540a21"
                        + family
                        + String.format("%04x", length)
                        + addresses
                        + "00010002"
                        + "68656c6c6f";
        assertThat(HexFormat.of().formatHex(all)).isEqualTo(expected);
    }

    @Test
    void aConnectionThatIsNotAllowedIsRefusedAtOnce() throws Exception {
        long took = refusal("");

        assertThat(took).isLessThan(900_000_000L);
    }

    @ParameterizedTest
    @ValueSource(strings = {",'blockDelay':1", ",'blockDelay':'1-1'"})
    void aBlockedClientWaitsForAsLongAsTheRuleSays(String delay) throws Exception {
        assertThat(refusal(delay)).isBetween(900_000_000L, 15_000_000_000L);
    }

    /** Nanoseconds that a blocked client waits for its answer. */
    private static long refusal(String delay) throws Exception {
        String blocked = "{'finalRules':[{'action':'block','ip':['127.0.0.0/8']" + delay + "}]}";
        try (ProxyRig rig = ProxyRig.start(config(blocked));
                Socket client = rig.connect("in")) {
            long asked = System.nanoTime();
            assertThat(SocksClient.open(client, SocksClient.CONNECT, "127.0.0.1", 80)).isEqualTo(2);
            return System.nanoTime() - asked;
        }
    }

    @Test
    void aBlockedClientThatGivesUpLeavesNothingBehind() throws Exception {
        String blocked = "{'finalRules':[{'action':'block','blockDelay':'3600'}]}";
        try (ProxyRig rig = ProxyRig.start(config(blocked))) {
            try (Socket client = rig.connect("in")) {
                SocksClient.greet(client, 0);
                SocksClient.method(client);
                client.getOutputStream()
                        .write(SocksClient.request(SocksClient.CONNECT, "127.0.0.1", 80));
                Await.until(() -> rig.outbound("out").totals().active() == 1);
                client.setSoLinger(true, 0);
            }
            Await.until(() -> rig.outbound("out").totals().active() == 0);
            Await.until(() -> rig.proxy().openChannels().isEmpty());
        }
    }

    @Test
    void aRedirectedNamesAnswerComesFromTheNameAsked() throws Exception {
        try (UdpEcho echo = new UdpEcho();
                ProxyRig rig =
                        ProxyRig.start(config("{'redirect':'127.0.0.1:" + echo.port() + "'}"));
                SocksAssociated client = new SocksAssociated(rig)) {
            client.send(0, "name.invalid", 53, "ping");
            assertThat(client.receive("name.invalid", 53)).isEqualTo("ping");
        }
    }

    @Test
    void delaysAreChosenFromTheWholeRange() {
        BlockDelay delay = new BlockDelay(30, 90);

        assertThat(delay.choose(bound -> 0)).isEqualTo(30);
        assertThat(delay.choose(bound -> bound - 1)).isEqualTo(90);
        assertThat(BlockDelay.NONE.choose(bound -> bound - 1)).isZero();
    }
}
