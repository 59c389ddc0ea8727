package io.culvert.proxy;

import static io.culvert.proxy.SocksInboundTest.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that are slow, many, or up to no good. */
@Timeout(120)
class ClientDrillTest {

    /** What a connection over loopback may take for whatever isn't waiting, on a busy machine. */
    private static final long SOME_SECONDS = 15_000_000_000L;

    /** Clients of level 7 have one second to say what they want, others a minute. */
    private static String config(String protocol, String settings) {
        return "{'policy':{'levels':{'7':{'handshake':1}}},'inbounds':[{'tag':'in','protocol':'"
                + protocol
                + "','listen':'127.0.0.1','port':0,'settings':"
                + settings
                + "}],'outbounds':[{'protocol':'freedom','tag':'out'}]}";
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "socks | ``",
                "socks | 05",
                "socks | 0501",
                "socks | 050100",
                "socks | 050100 050100",
                "socks | 04",
                "mixed | 474554",
                "http | ``",
                "http | 47",
                "http | 47455420687474703a2f2f"
            })
    void whoSaysNothingOrNotAllIsGivenUpByTheInboundsLevel(String protocol, String words)
            throws Exception {
        try (ProxyRig rig = ProxyRig.start(config(protocol, "{'userLevel':7}"));
                Socket client = rig.connect("in")) {
            long begun = System.nanoTime();
            client.getOutputStream().write(HexFormat.of().parseHex(words.replace(" ", "")));
            untilClosed(client);
            assertThat(System.nanoTime() - begun).isBetween(900_000_000L, SOME_SECONDS);
            Await.until(() -> rig.proxy().openChannels().isEmpty());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"socks", "http"})
    void whoSpeaksAByteNowAndThenHasNoMoreTime(String protocol) throws Exception {
        String words = protocol.equals("socks") ? "\5\1" : "GET http://127.0.0.1/ HTTP/1.1\r\nX: ";
        try (ProxyRig rig = ProxyRig.start(config(protocol, "{'userLevel':7}"));
                Socket client = rig.connect("in")) {
            long begun = System.nanoTime();
            client.setSoTimeout(50);
            assertThat(dripUntilClosed(client, bytes(words + "x".repeat(1000)))).isTrue();
            assertThat(System.nanoTime() - begun).isLessThan(SOME_SECONDS);
        }
    }

    /** A rule on names has the inbound listen to its clients first. */
    private static final String LISTENS =
            ",'sniffing':{'enabled':true,'destOverride':['http','tls']}}],";

    private static final String RULE_ON_NAMES =
            ",'routing':{'rules':[{'domain':['a.test'],'outboundTag':'out'}]}}";

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whoSaysNothingThroughAForwardIsGivenUpByTheInboundsLevel(boolean listens)
            throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO)) {
            String file =
                    config(
                                    "tunnel",
                                    "{'userLevel':7,'address':'127.0.0.1','port':"
                                            + echo.port()
                                            + "}")
                            .replace("'handshake':1", "'connIdle':1");
            if (listens) {
                file = file.replace("}],", LISTENS).replaceAll("}$", RULE_ON_NAMES);
            }
            long begun = System.nanoTime();
            try (ProxyRig rig = ProxyRig.start(file);
                    Socket client = rig.connect("in")) {
                untilClosed(client);
                assertThat(System.nanoTime() - begun).isBetween(900_000_000L, SOME_SECONDS);
                Await.until(() -> rig.proxy().openChannels().isEmpty());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whoSaysNothingThroughATunnelIsGivenUpByThePeersLevel(boolean listens) throws Exception {
        String peer =
                "{'secretKey':'EGs4lTSJPmgELx6YiJAmPR2meWi6bY+e9rTdCipSj10=','peers':[{'publicKey':"
                        + "'osAMIyil18HeZXGGBDC9KpZoM+L2iGyXWVSYivuM9B0=','allowedIPs':"
                        + "['10.0.0.2/32'],'level':7}]}";
        String freedom = "'settings':{'redirect':'127.0.0.1:0','finalRules':[{'action':'allow'}]},";
        String server =
                config("wireguard", peer)
                        .replace("'handshake':1", "'connIdle':1")
                        .replace("'tag':'out'", freedom + "'tag':'out'");
        if (listens) {
            server = server.replace("}],'outbounds", LISTENS + "'outbounds");
            server = server.replaceAll("}$", RULE_ON_NAMES);
        }
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig inbound = ProxyRig.start(server);
                ProxyRig rig =
                        ProxyRig.start(
                                "{'inbounds':[{'tag':'in','protocol':'socks','listen':'127.0.0.1',"
                                        + "'port':0}],'outbounds':[{'protocol':'wireguard',"
                                        + "'settings':{'secretKey':"
                                        + "'CPQSpgxgdQRZa5SUbT3HLv+mmDVHLW5YR/rQlzum/2I=','address':"
                                        + "['10.0.0.2/32'],'peers':[{'publicKey':"
                                        + "'MmLJ5iHFVVBp7VsB0hxfpQ0wEzAbT2KQnpQpj0+RtBw=',"
                                        + "'endpoint':'127.0.0.1:"
                                        + inbound.address("in").getPort()
                                        + "'}]}}]}");
                Socket client = rig.connect("in")) {
            long begun = System.nanoTime();
            assertThat(SocksClient.open(client, SocksClient.CONNECT, "192.0.2.1", echo.port()))
                    .isZero();
            untilClosed(client);
            assertThat(System.nanoTime() - begun).isBetween(900_000_000L, SOME_SECONDS);
            Await.until(() -> inbound.outbound("out").totals().active() == 0);
        }
    }

    @Test
    void aLaterRequestByteByByteHasNoMoreTimeThanSilence() throws Exception {
        try (HttpOriginServer origin = new HttpOriginServer(HttpWire.ok("x"));
                ProxyRig rig =
                        ProxyRig.start(
                                config("http", "{'userLevel':7}")
                                        .replace("'handshake':1", "'connIdle':1"));
                Socket client = rig.connect("in")) {
            HttpWire.send(client, HttpWire.get(origin.url("/")));
            assertThat(HttpWire.response(client)).endsWith("x");
            client.setSoTimeout(50);
            assertThat(dripUntilClosed(client, bytes("GET http://a/" + "x".repeat(1000)))).isTrue();
        }
    }

    /** Writes a byte at each time-out of a read; whether the connection ended before the bytes. */
    private static boolean dripUntilClosed(Socket client, byte[] words) throws IOException {
        for (byte word : words) {
            try {
                client.getOutputStream().write(word);
                if (client.getInputStream().read() < 0) {
                    return true;
                }
            } catch (SocketTimeoutException e) {
                // the next byte
            } catch (SocketException e) {
                return true;
            }
        }
        return false;
    }

    private static void untilClosed(Socket client) throws IOException {
        try {
            EchoServer.drain(client.getInputStream());
        } catch (SocketException e) {
            // a reset is an end as well
        }
    }

    @ParameterizedTest
    @CsvSource({"ann, two", "ann, ''", "nobody, one", "'', one", "ANN, one", "ann, one1"})
    void aGuessedPasswordLooksTheSameWhateverIsWrong(String user, String pass) throws Exception {
        String accounts = "'accounts':[{'user':'ann','pass':'one'},{'user':'bob','pass':'two'}]";
        try (ProxyRig rig =
                        ProxyRig.start(config("socks", "{'auth':'password'," + accounts + "}"));
                Socket socks = rig.connect("in");
                Socket http = rig.connect("in")) {
            SocksClient.greet(socks, 2);
            SocksClient.method(socks);
            SocksClient.login(socks, user, pass);
            assertThat(socks.getInputStream().readAllBytes()).containsExactly(1, 255);

            String pair = Base64.getEncoder().encodeToString(bytes(user + ":" + pass));
            HttpWire.send(
                    http,
                    HttpWire.get("http://127.0.0.1:1/", "Proxy-Authorization: Basic " + pair));
            assertThat(HttpWire.response(http))
                    .startsWith("HTTP/1.1 407 ")
                    .endsWith("This proxy needs a user and a password.\n");
            assertThat(rig.outbound("out").totals().connections()).isZero();
        }
    }

    @Test
    void everyAccountIsComparedWhoeverIsRight() {
        Accounts accounts =
                new Accounts(
                        List.of(
                                new Accounts.Account("ann", "one"),
                                new Accounts.Account("bob", "pässword"),
                                new Accounts.Account("", "")));

        assertThat(accounts.accepts("ann", "one")).isTrue();
        assertThat(accounts.accepts("bob", "pässword")).isTrue();
        assertThat(accounts.accepts("", "")).isTrue();
        assertThat(accounts.accepts("ann", "pässword")).isFalse();
        assertThat(accounts.accepts("bob", "p?ssword")).isFalse();
    }

    @Test
    void aHeaderOfTenMegabytesIsRefusedAfterTheFirstBytes() throws Exception {
        try (ProxyRig rig = ProxyRig.start(config("http", "{}"));
                Socket client = rig.connect("in")) {
            Thread sender =
                    Thread.ofVirtual()
                            .start(() -> {
                                try {
                                    HttpWire.send(client, "GET http://127.0.0.1/ HTTP/1.1\r\nX: ");
                                    client.getOutputStream().write(bytes("x".repeat(10 << 20)));
                                } catch (IOException e) {
                                    // refused before the end, which is the point
                                }
                            });
            assertThat(HttpWire.readHead(client.getInputStream())).startsWith("HTTP/1.1 431 ");
            sender.join();
            Await.until(() -> rig.proxy().openChannels().isEmpty());
        }
    }

    @Test
    void theLongestDatagramPassesAForward() throws Exception {
        byte[] longest = new byte[65507];
        new Random(5).nextBytes(longest);
        try (UdpEcho echo = new UdpEcho();
                ProxyRig rig =
                        ProxyRig.start(
                                config(
                                        "tunnel",
                                        "{'address':'127.0.0.1','network':'udp','port':"
                                                + echo.port()
                                                + "}"));
                DatagramSocket client = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            client.setSoTimeout(ProxyRig.PATIENCE_MILLIS);
            client.send(new DatagramPacket(longest, longest.length, rig.address("in")));
            DatagramPacket answer = new DatagramPacket(new byte[65536], 65536);
            client.receive(answer);
            assertThat(Arrays.copyOf(answer.getData(), answer.getLength())).isEqualTo(longest);
        }
    }

    @Test
    void theLongestDatagramPassesAnAssociation() throws Exception {
        // Ten bytes of each datagram are the header of SOCKS, there and back.
        String longest = "x".repeat(65507 - 10);
        try (UdpEcho echo = new UdpEcho();
                ProxyRig rig = ProxyRig.start(config("socks", "{'udp':true}"));
                SocksAssociated client = new SocksAssociated(rig)) {
            client.send(0, "127.0.0.1", echo.port(), longest);
            assertThat(client.receive("127.0.0.1", echo.port())).isEqualTo(longest);
        }
    }

    @Test
    void thousandsOfClientsThatSayNothingKeepNobodyOut() throws Exception {
        int many = 2000;
        List<SocketChannel> silent = new ArrayList<>();
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(config("mixed", "{'userLevel':7}"))) {
            InetSocketAddress address = rig.address("in");
            for (int i = 0; i < many; i++) {
                silent.add(SocketChannel.open(address));
            }
            try (Socket client = rig.connect("in")) {
                assertThat(SocksClient.open(client, SocksClient.CONNECT, "127.0.0.1", echo.port()))
                        .isZero();
                client.getOutputStream().write(42);
                assertThat(client.getInputStream().read()).isEqualTo(42);
            }
            Await.until(() -> rig.proxy().openChannels().isEmpty());
        } finally {
            for (SocketChannel channel : silent) {
                channel.close();
            }
        }
    }
}
