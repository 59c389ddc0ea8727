package io.culvert.proxy;

import static io.culvert.proxy.SocksInboundTest.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A client asks for a name, is told an address that nobody has, and reaches the name by it. */
@Timeout(60)
class FakeDnsTest {
    private static final String ON = "'enabled':true,'destOverride':['fakedns']";
    private static final String SMALL =
            ",'fakeDns':[{'ipPool':'198.18.0.0/15','poolSize':2},{'ipPool':'fc00::/18'}]";

    private final FieldRig fields = new FieldRig();
    private final DnsServer names = new DnsServer();

    FakeDnsTest() throws IOException {
        names.add("name.test", "127.0.0.1");
        names.add("other.test", "127.0.0.1");
    }

    @AfterEach
    void close() {
        names.close();
    }

    private String file(String sniffing, String more) {
        return "{'inbounds':[{'tag':'in','protocol':'socks','listen':'127.0.0.1','port':0,"
                + "'settings':{'udp':true},'sniffing':{"
                + sniffing
                + "}},{'tag':'ask','protocol':'dokodemo-door','listen':'127.0.0.1','port':0,"
                + "'settings':{'address':'192.0.2.53','port':53,'network':'udp'}}],"
                + "'outbounds':[{'protocol':'freedom','tag':'out','settings':"
                + "{'domainStrategy':'UseIP'}},{'protocol':'dns','tag':'dns'},"
                + "{'protocol':'blackhole','tag':'none'}],"
                + "'dns':{'hosts':{'own.test':'127.0.0.9'},'servers':['fakedns','127.0.0.1:"
                + names.port()
                + "']},'routing':{'rules':[{'inboundTag':'ask','outboundTag':'dns'},"
                + "{'domain':['full:other.test'],'outboundTag':'none'}]}"
                + more
                + "}";
    }

    static String ask(ProxyRig rig, String name) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(HexFormat.of().parseHex("abcd01000001000000000000"));
        for (String label : name.split("\\.", -1)) {
            out.write(label.length());
            out.writeBytes(label.getBytes(StandardCharsets.US_ASCII));
        }
        out.writeBytes(new byte[] {0, 0, 1, 0, 1});
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            socket.setSoTimeout(ProxyRig.PATIENCE_MILLIS);
            socket.send(new DatagramPacket(out.toByteArray(), out.size(), rig.address("ask")));
            DatagramPacket answer = new DatagramPacket(new byte[512], 512);
            socket.receive(answer);
            byte[] address = new byte[4];
            System.arraycopy(answer.getData(), answer.getLength() - 4, address, 0, 4);
            return InetAddress.getByAddress(address).getHostAddress();
        }
    }

    private static int connect(ProxyRig rig, String host, int port) throws IOException {
        try (Socket socket = rig.connect("in")) {
            return SocksClient.open(socket, SocksClient.CONNECT, host, port);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ON,
                "'enabled':true,'destOverride':['fakedns+others'],'routeOnly':true",
                "'enabled':true,'destOverride':['fakedns'],'metadataOnly':true"
            })
    void aConnectionToTheAddressReachesTheNameAndItsRulesHold(String sniffing) throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(file(sniffing, ""))) {
            String fake = ask(rig, "name.test");
            assertThat(fake).matches("198\\.1[89]\\..*");
            assertThat(ask(rig, "Name.Test")).isEqualTo(fake);
            try (Socket socket = rig.connect("in")) {
                assertThat(SocksClient.open(socket, SocksClient.CONNECT, fake, echo.port()))
                        .isZero();
                socket.getOutputStream().write(42);
                assertThat(socket.getInputStream().read()).isEqualTo(42);
            }
            connect(rig, ask(rig, "other.test"), echo.port());
            assertThat(rig.outbound("none").totals().connections()).isEqualTo(1);
        }
    }

    @Test
    void whatTheFileKnowsItselfIsToldAsItIs() throws Exception {
        try (ProxyRig rig = ProxyRig.start(file(ON, ""))) {
            assertThat(ask(rig, "own.test")).isEqualTo("127.0.0.9");
        }
    }

    @Test
    void datagramsToTheAddressReachTheNameAndAnswersComeFromTheAddress() throws Exception {
        try (UdpEcho echo = new UdpEcho();
                ProxyRig rig = ProxyRig.start(file(ON, ""));
                SocksAssociated association = new SocksAssociated(rig)) {
            String fake = ask(rig, "name.test");
            association.send(0, fake, echo.port(), "one");
            assertThat(association.receive(fake, echo.port())).isEqualTo("one");
            association.send(0, "127.0.0.1", echo.port(), "two");
            assertThat(association.receive("127.0.0.1", echo.port())).isEqualTo("two");
            association.send(0, fake, echo.port(), "three");
            assertThat(association.receive(fake, echo.port())).isEqualTo("three");
        }
    }

    @Test
    void anAddressThatStandsForNothingAnyMoreGoesNowhere() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(file(ON, SMALL))) {
            String fake = ask(rig, "name.test");
            ask(rig, "a.test");
            ask(rig, "b.test");

            // The client is answered before it is listened to.
            try (Socket socket = rig.connect("in")) {
                SocksClient.open(socket, SocksClient.CONNECT, fake, echo.port());
                socket.getOutputStream().write(bytes("SSH-2.0-x\r\n"));
                assertThat(ends(socket)).isTrue();
            }
            assertThat(rig.outbound("out").totals().connections()).isZero();
        }
    }

    /** The address is another machine's, if any's. */
    @Test
    void anAddressWhoseNameNobodyAsksForGoesNowhere() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(file("'enabled':false", ""))) {
            assertThat(connect(rig, ask(rig, "name.test"), echo.port())).isNotZero();
            assertThat(rig.outbound("out").totals().connections()).isZero();
        }
    }

    @Test
    void aNameThatLostItsAddressIsGivenAnotherAtOnce() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(file(ON, SMALL))) {
            String before = ask(rig, "name.test");
            ask(rig, "a.test");
            ask(rig, "b.test");
            String fake = ask(rig, "name.test");
            assertThat(fake).isNotEqualTo(before);
            assertThat(connect(rig, fake, echo.port())).isZero();
        }
    }

    private static boolean ends(Socket socket) {
        try {
            return socket.getInputStream().read() < 0;
        } catch (IOException e) {
            return true; // by a reset
        }
    }

    @Test
    void theNameThatIsHeardTakesThePlaceOfOneThatIsForgotten() throws Exception {
        try (HttpOriginServer origin = new HttpOriginServer("HTTP/1.1 204 No Content\r\n\r\n");
                ProxyRig rig = ProxyRig.start(file(ON, SMALL))) {
            String fake = ask(rig, "name.test");
            ask(rig, "a.test");
            ask(rig, "b.test");

            try (Socket socket = rig.connect("in")) {
                SocksClient.open(socket, SocksClient.CONNECT, fake, origin.port());
                socket.getOutputStream().write(bytes("GET / HTTP/1.1\r\nHost: name.test\r\n\r\n"));
                assertThat(
                                new String(
                                        socket.getInputStream().readNBytes(12),
                                        StandardCharsets.US_ASCII))
                        .isEqualTo("HTTP/1.1 204");
            }
        }
    }

    @Test
    void addressesStandForTheirNamesAfterTheFileIsReadAgain() throws Exception {
        try (EchoServer echo = EchoServer.start(EchoServer.ECHO);
                ProxyRig rig = ProxyRig.start(file(ON, ""))) {
            String fake = ask(rig, "name.test");
            String other = file(ON, "").replace("'own.test'", "'another.test'");
            Problems problems = new Problems();
            rig.proxy().reload(Json.parse(other.replace('\'', '"')), problems);
            assertThat(problems.errors()).isEmpty();

            assertThat(ask(rig, "name.test")).isEqualTo(fake);
            assertThat(connect(rig, fake, echo.port())).isZero();
        }
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    UseIP   | ``                                                     | [198.18.0.0/15 32768, fc00:0:0:0:0:0:0:0/18 32768]
                    UseIPv4 | ``                                                     | [198.18.0.0/15 65535]
                    UseIPv6 | ``                                                     | [fc00:0:0:0:0:0:0:0/18 65535]
                    UseIP   | ,'fakeDns':{'ipPool':'10.0.0.0/24'}                    | [10.0.0.0/24 256]
                    UseIP   | ,'fakedns':[{'ipPool':'fd00::/64','poolSize':9}]       | [fd00:0:0:0:0:0:0:0/64 9]
                    """)
    void poolsAreAsTheFileHasThem(String strategy, String more, String pools) {
        Plan plan =
                fields.file(
                        "'inbounds':[{'protocol':'socks','port':1,'sniffing':{"
                                + ON
                                + "}}],'dns':{'servers':[{'address':'FakeDNS'}],'queryStrategy':'"
                                + strategy
                                + "'}"
                                + more);
        assertThat(fields.warnings()).isEmpty();
        assertThat(
                        Objects.requireNonNull(plan.dns()).fakePools().stream()
                                .map(pool -> pool.prefix() + " " + pool.size())
                                .toList()
                                .toString())
                .isEqualTo(pools);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    {}                                                        | fakeDns.ipPool: is missing: give the prefix that addresses are taken from
                    {'ipPool':'198.18.0.0'}                                   | fakeDns.ipPool: "198.18.0.0" is not a prefix, such as 198.18.0.0/15
                    {'ipPool':'198.18.0.0/33'}                                | fakeDns.ipPool: "198.18.0.0/33" is not a prefix, such as 198.18.0.0/15
                    {'ipPool':7}                                              | fakeDns.ipPool: must be text, not a number
                    {'ipPool':'10.0.0.0/30','poolSize':5}                     | fakeDns.poolSize: is more than the 4 addresses that ipPool has
                    {'ipPool':'10.0.0.0/8','poolSize':-1}                     | fakeDns.poolSize: must be a whole number from 0 to 1000000, not -1
                    [null]                                                    | fakeDns[0]: must be an object, not null
                    [{'ipPool':'10.0.0.0/8'},{'ipPool':'10.1.0.0/16'}]        | fakeDns[1].ipPool: has addresses of another pool
                    'x'                                                       | fakeDns: must be an object, not text
                    """)
    void saysWhatIsWrong(String value, String error) {
        assertThat(fields.errors("'dns':{'servers':['fakedns']},'fakeDns':" + value))
                .contains(error);
    }

    @Test
    void saysWhatIsOfNoUse() {
        fields.file("'dns':{'servers':['fakedns']}");
        assertThat(fields.warnings())
                .containsExactly(
                        "dns: gives addresses of fakedns, but no inbound has fakedns in its"
                                + " sniffing.destOverride: connections to them fail unless"
                                + " sniffing hears the name");
        FieldRig other = new FieldRig();
        other.file("'fakeDns':{'ipPool':'10.0.0.0/8'}");
        assertThat(other.warnings())
                .containsExactly("fakeDns: has no effect: dns has no server fakedns");
    }
}
