package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.proxy.ConfigNode;
import io.culvert.proxy.Problems;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WgQuickReaderTest {
    private static final String CLIENT =
            """
            [Interface]
            PrivateKey = cGVyc29uYWwgdHJ1c3Qgc2VjcmV0IHNlY3JldCBzZWM=
            Address = 10.8.0.2/24, fd08::2/64
            DNS = 10.8.0.1, example.org
            MTU = 1280

            [Peer]   # the office
            PublicKey = b2ZmaWNlIG9mZmljZSBvZmZpY2Ugb2ZmaWNlIG9mZmk=
            PresharedKey = c2hhcmVkIHNoYXJlZCBzaGFyZWQgc2hhcmVkIHNoYXI=
            Endpoint = vpn.example.org:51820
            AllowedIPs = 10.0.0.0/8
            AllowedIPs = fd00::/8, 192.0.2.1
            PersistentKeepalive = 25
            """;

    @TempDir private Path directory;
    private final Problems problems = new Problems();

    @Test
    void interfaceAndPeersBecomeAnOutbound() {
        ConfigNode outbound =
                only(read(CLIENT + "[Socks5]\nBindAddress = 127.0.0.1:1080\n"), "outbounds");
        ConfigNode settings = outbound.member("settings");
        ConfigNode peer = settings.member("peers").elements().getFirst();
        assertThat(text(outbound, "protocol")).isEqualTo("wireguard");
        assertThat(text(settings, "secretKey"))
                .isEqualTo("cGVyc29uYWwgdHJ1c3Qgc2VjcmV0IHNlY3JldCBzZWM=");
        assertThat(texts(settings, "address")).containsExactly("10.8.0.2/24", "fd08::2/64");
        assertThat(texts(settings, "remoteDNS")).containsExactly("10.8.0.1");
        assertThat(number(settings, "mtu")).isEqualTo(1280);
        assertThat(text(peer, "publicKey"))
                .isEqualTo("b2ZmaWNlIG9mZmljZSBvZmZpY2Ugb2ZmaWNlIG9mZmk=");
        assertThat(text(peer, "preSharedKey"))
                .isEqualTo("c2hhcmVkIHNoYXJlZCBzaGFyZWQgc2hhcmVkIHNoYXI=");
        assertThat(text(peer, "endpoint")).isEqualTo("vpn.example.org:51820");
        assertThat(number(peer, "keepAlive")).isEqualTo(25);
        assertThat(texts(peer, "allowedIPs"))
                .containsExactly("10.0.0.0/8", "fd00::/8", "192.0.2.1/32");
        assertThat(problems.errors()).isEmpty();
        assertThat(texts(settings, "searchDomains")).containsExactly("example.org");
        assertThat(warnings()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1, 2,255", "[1,2, 255]"})
    void reservedBytesAreAListOfNumbers(String value) {
        ConfigNode settings = withReserved(value).member("settings");
        ConfigNode peer = settings.member("peers").elements().getFirst();
        for (ConfigNode node : List.of(settings.member("reserved"), peer.member("reserved"))) {
            assertThat(node.elements())
                    .extracting(e -> e.integer(problems, 0, 255, -1))
                    .containsExactly(1L, 2L, 255L);
        }
        assertThat(problems.errors()).isEmpty();
    }

    @Test
    void reservedBytesMayBeBase64() {
        ConfigNode settings = withReserved("AQL/").member("settings");
        assertThat(text(settings, "reserved")).isEqualTo("AQL/");
        assertThat(text(settings.member("peers").elements().getFirst(), "reserved"))
                .isEqualTo("AQL/");
    }

    @Test
    void congestionControlMayBeChosen() {
        String client = CLIENT.replace("MTU = 1280\n", "Congestion = cubic\n");
        ConfigNode outbound =
                only(read(client + "[Socks5]\nBindAddress = 127.0.0.1:1080\n"), "outbounds");
        assertThat(text(outbound.member("settings"), "congestion")).isEqualTo("cubic");
        assertThat(problems.errors()).isEmpty();
    }

    private ConfigNode withReserved(String value) {
        String line = "Reserved = " + value + "\n";
        return only(
                read(
                        CLIENT.replace("MTU = 1280\n", line)
                                + line
                                + "[Socks5]\nBindAddress = 127.0.0.1:1080\n"),
                "outbounds");
    }

    @Test
    void proxySectionsBecomeInboundsInFileOrder() {
        List<ConfigNode> inbounds =
                all(
                        read(
                                CLIENT
                                        + """
                                        [Socks5]
                                        BindAddress = 127.0.0.1:1080
                                        Username = me
                                        Password = "a # b"
                                        [http]
                                        BindAddress = [::1]:8080
                                        [tcpclienttunnel]
                                        BindAddress = :2222
                                        Target = git.example.org:22
                                        [UDPProxyTunnel]
                                        BindAddress = localhost:5353
                                        Target = [fd08::53]:53
                                        [Socks5]
                                        BindAddress = 127.0.0.1:1081
                                        """),
                        "inbounds");
        assertThat(inbounds)
                .extracting(inbound -> text(inbound, "protocol"))
                .containsExactly("socks", "http", "dokodemo-door", "dokodemo-door", "socks");
        assertThat(inbounds)
                .extracting(inbound -> text(inbound, "tag"))
                .containsExactly("socks5", "http", "tcpclienttunnel", "udpproxytunnel", "socks5-2");
        assertThat(inbounds)
                .extracting(inbound -> number(inbound, "port"))
                .containsExactly(1080L, 8080L, 2222L, 5353L, 1081L);
        assertThat(text(inbounds.get(1), "listen")).isEqualTo("::1");
        assertThat(inbounds.get(2).has("listen")).as("all addresses").isFalse();
        assertThat(text(inbounds.get(3), "listen")).isEqualTo("127.0.0.1");

        ConfigNode socks = inbounds.getFirst().member("settings");
        ConfigNode account = socks.member("accounts").elements().getFirst();
        assertThat(text(socks, "auth")).isEqualTo("password");
        assertThat(text(account, "user")).isEqualTo("me");
        assertThat(text(account, "pass")).isEqualTo("a # b");
        assertThat(socks.member("udp").bool(problems, false)).isTrue();
        assertThat(inbounds.getLast().member("settings").has("auth")).isFalse();

        ConfigNode udp = inbounds.get(3).member("settings");
        assertThat(text(udp, "network")).isEqualTo("udp");
        assertThat(text(udp, "address")).isEqualTo("fd08::53");
        assertThat(number(udp, "port")).isEqualTo(53);
        assertThat(problems.errors()).isEmpty();
    }

    @Test
    void aListenPortWithoutEndpointsAndProxiesIsAServer() {
        Map<String, ConfigNode> root =
                read(
                        """
                        [Interface]
                        PrivateKey = cGVyc29uYWwgdHJ1c3Qgc2VjcmV0IHNlY3JldCBzZWM=
                        Address = 10.8.0.1/24
                        ListenPort = 51820
                        [Peer]
                        PublicKey = b2ZmaWNlIG9mZmljZSBvZmZpY2Ugb2ZmaWNlIG9mZmk=
                        AllowedIPs = 10.8.0.2/32
                        """);
        ConfigNode inbound = only(root, "inbounds");
        assertThat(text(inbound, "protocol")).isEqualTo("wireguard");
        assertThat(number(inbound, "port")).isEqualTo(51820);
        assertThat(text(only(root, "outbounds"), "protocol")).isEqualTo("freedom");
        assertThat(problems.errors()).isEmpty();
    }

    /**
     * With an endpoint it may be somebody else's VPN, which is not to be let out into our network.
     */
    @Test
    void aListenPortWithAnEndpointIsNoServer() {
        Map<String, ConfigNode> root = read(CLIENT.replace("MTU = 1280", "ListenPort = 51820"));
        assertThat(text(only(root, "outbounds"), "protocol")).isEqualTo("wireguard");
        assertThat(all(root, "inbounds")).isEmpty();
    }

    @Test
    void aPeerWithoutAllowedIpsGetsEverythingWhereWireproxyWouldSaySo() {
        String conf = CLIENT.replaceAll("AllowedIPs.*\n", "");
        ConfigNode proxied = only(read(conf + "[http]\nBindAddress = 127.0.0.1:1\n"), "outbounds");
        ConfigNode peer = proxied.member("settings").member("peers").elements().getFirst();
        assertThat(texts(peer, "allowedIPs")).containsExactly("0.0.0.0/0", "::/0");
    }

    @Test
    void aPeerWithoutAllowedIpsGetsNothingInAPlainFile() {
        ConfigNode outbound = only(read(CLIENT.replaceAll("AllowedIPs.*\n", "")), "outbounds");
        ConfigNode peer = outbound.member("settings").member("peers").elements().getFirst();
        assertThat(texts(peer, "allowedIPs")).isEmpty();
        assertThat(warnings())
                .contains(
                        "wg.conf:7: [Peer] AllowedIPs: is missing: nothing passes through this peer");
    }

    @Test
    void namesWhatItDoesNotHonourAndRunsNoCommand() {
        read(
                """
                [Interface]
                Address = 10.0.0.1
                PostUp = iptables -A FORWARD # %i
                PostDown = iptables -D FORWARD
                Table = 12
                FwMark = 0x1
                SaveConfig = true
                Jc = 4
                [Peer]
                AllowedIPs =
                Nickname = x
                [STDIOTunnel]
                Target = a:1
                """);
        String noCommands = "Culvert never runs commands from a configuration file: ignored";
        assertThat(warnings())
                .containsExactlyInAnyOrder(
                        "wg.conf:12: [STDIOTunnel]: not known to Culvert yet: ignored",
                        "wg.conf:3: [Interface] PostUp: " + noCommands,
                        "wg.conf:5: [Interface] Table: Culvert makes no routes: ignored",
                        "wg.conf:6: [Interface] FwMark: packets are not marked: ignored",
                        "wg.conf:7: [Interface] SaveConfig: Culvert never writes to this file: ignored",
                        "wg.conf:8: [Interface] Jc: not known to Culvert yet: ignored",
                        "wg.conf:11: [Peer] Nickname: not known to Culvert yet: ignored");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Table = off", "FwMark = off", "SaveConfig = false"})
    void whatIsSwitchedOffAnywayIsNotWorthAWarning(String line) {
        read(CLIENT.replace("MTU = 1280", line).replace(", example.org", ""));
        assertThat(warnings()).isEmpty();
    }

    @Test
    void reportsWhatCannotBeMeant() {
        read(
                """
                stray = 1
                [Interface]
                PrivateKey = a
                PrivateKey = b
                nonsense
                [Peer]
                AllowedIPs = -10.0.0.0/8
                [Socks5]
                [http
                [http]
                BindAddress = 8080
                CertFile = a.pem
                [TCPClientTunnel]
                BindAddress = 127.0.0.1:1
                """);
        assertThat(errors())
                .containsExactlyInAnyOrder(
                        "wg.conf:5:1: is neither a [Section] nor Key = Value",
                        "wg.conf:9:1: a section's name ends with ]",
                        "wg.conf: stray: stands above the first [Section]",
                        "wg.conf:8: [Socks5] BindAddress: is missing: give host:port, for instance"
                                + " 127.0.0.1:1080",
                        "wg.conf:12: [http] CertFile: the proxy's own TLS is not known to Culvert yet;"
                                + " without it clients would speak in the clear",
                        "wg.conf:11: [http] BindAddress: must be host:port, for instance 127.0.0.1:1080",
                        "wg.conf:13: [TCPClientTunnel] Target: is missing: give host:port, for instance"
                                + " 10.0.0.1:80",
                        "wg.conf:4: [Interface] PrivateKey: is given a second time",
                        "wg.conf:2: [Interface] Address: is missing: give the address of this end, for"
                                + " instance 10.0.0.2/32",
                        "wg.conf:7: [Peer] AllowedIPs: takes prefixes away with -, which only wg set can do");
    }

    @Test
    void readsTheEnvironmentWhereAValueBeginsWithADollar() {
        ConfigNode inbound =
                only(
                        read(
                                CLIENT
                                        + """
                                        [Socks5]
                                        BindAddress = $BIND
                                        Username = $$me
                                        Password = $UNSET
                                        """),
                        "inbounds");
        ConfigNode account = inbound.member("settings").member("accounts").elements().getFirst();
        assertThat(number(inbound, "port")).isEqualTo(4242);
        assertThat(text(account, "user")).isEqualTo("$me");
        assertThat(errors())
                .containsExactly(
                        "wg.conf:17: [Socks5] Password: the environment has no variable UNSET");
    }

    @Test
    void importsTheTunnelFromAFileBesideThisOne() throws IOException {
        Files.writeString(directory.resolve("office.conf"), CLIENT);
        Map<String, ConfigNode> root =
                read("WGConfig = office.conf\n[Socks5]\nBindAddress = 127.0.0.1:1080\n");
        ConfigNode settings = only(root, "outbounds").member("settings");
        assertThat(settings.member("mtu").place().file()).isEqualTo("office.conf");
        assertThat(all(root, "inbounds")).hasSize(1);
        assertThat(errors()).isEmpty();
    }

    @Test
    void saysWhereAFileThatIsNotThereWasMentioned() {
        read("WGConfig = gone.conf\n" + CLIENT);
        assertThat(errors()).containsExactly("wg.conf: WGConfig: no such file");
    }

    @Test
    void readsWindowsLinesAndAnUnfinishedLastOne() {
        String conf = CLIENT.stripTrailing().replace("\n", "\r\n");
        ConfigNode outbound = only(read(conf), "outbounds");
        ConfigNode peer = outbound.member("settings").member("peers").elements().getFirst();
        assertThat(number(peer, "keepAlive")).isEqualTo(25);
        assertThat(errors()).isEmpty();
    }

    private Map<String, ConfigNode> read(String text) {
        return WgQuickReader.read(
                new ConfigSource("wg.conf", directory.resolve("wg.conf"), text),
                name -> name.equals("BIND") ? "127.0.0.1:4242" : null,
                problems);
    }

    private List<String> errors() {
        return problems.errors().stream().map(ConfigReport::line).toList();
    }

    private List<String> warnings() {
        return problems.warnings().stream().map(ConfigReport::line).toList();
    }

    private static List<ConfigNode> all(Map<String, ConfigNode> root, String key) {
        return Objects.requireNonNull(root.get(key)).elements();
    }

    private static ConfigNode only(Map<String, ConfigNode> root, String key) {
        assertThat(all(root, key)).hasSize(1);
        return all(root, key).getFirst();
    }

    private String text(ConfigNode node, String key) {
        return node.member(key).string(problems, "<absent>");
    }

    private List<String> texts(ConfigNode node, String key) {
        return node.member(key).elements().stream()
                .map(element -> element.string(problems, "<absent>"))
                .toList();
    }

    private long number(ConfigNode node, String key) {
        return node.member(key).integer(problems, Long.MIN_VALUE, Long.MAX_VALUE, -1);
    }
}
