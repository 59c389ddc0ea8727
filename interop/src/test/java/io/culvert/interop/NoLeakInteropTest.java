package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Everything that leaves the machine is overheard: while connections and names go through the
 * tunnel, nothing but the tunnel's own datagrams is on the cable. The machine has a way to
 * everywhere and a name server outside, so that whatever wanted to leak could.
 */
@Execution(ExecutionMode.CONCURRENT)
class NoLeakInteropTest {
    private static final Duration LIMIT = Duration.ofSeconds(40);
    private static final String TUNNEL = "192.168.77.2." + Lab.PORT;

    private Lab lab;
    private Path resolv;
    private Spawned sniffer;

    @BeforeEach
    void cable() throws IOException {
        Requirements.checkSniffer();
        lab = new Lab();
        lab.client.ip("route", "add", "default", "via", "192.168.77.2");
        lab.client.ip("-6", "route", "add", "default", "via", "fd00:77::2");
        // What ip-netns(8) shows to programs in the namespace as the system's own.
        resolv = Path.of("/etc/netns", lab.client.name(), "resolv.conf");
        Files.createDirectories(resolv.getParent());
        Files.writeString(resolv, "nameserver 192.168.77.2\noptions timeout:1 attempts:1\n");
        lab.wireguardGo(
                lab.server,
                lab.serverKeys,
                List.of("10.77.0.1/24", "fd77::1/64"),
                "peer",
                lab.clientKeys.publicKey(),
                "allowed-ips",
                "10.77.0.2/32,fd77::2/128");
        lab.origin(lab.server);
        sniffer =
                lab.client.spawn(
                        Map.of(),
                        "tcpdump",
                        "-n",
                        "-l",
                        "-i",
                        "a" + lab.client.name().substring(3),
                        "ip or (ip6 and not icmp6)");
        sniffer.awaitText("listening on", Lab.SOON);
    }

    @AfterEach
    void unplug() throws IOException {
        if (lab != null) {
            lab.close();
        }
        if (resolv != null) {
            Files.deleteIfExists(resolv);
            Files.deleteIfExists(resolv.getParent());
        }
    }

    /** The lines of what was overheard beside the tunnel. */
    private List<String> leaks() {
        // Whatever is on the cable before this one was overheard before it.
        lab.client.attempt(Lab.SOON, "ping", "-c", "1", "-W", "5", "-p", "4c4b", "192.168.77.2");
        sniffer.awaitText("ICMP echo reply", Lab.SOON);
        try (Stream<String> lines = sniffer.text().lines()) {
            return lines.filter(line -> line.contains(" IP ") || line.contains(" IP6 "))
                    .filter(line -> !line.contains(TUNNEL) && !line.contains("ICMP echo"))
                    // The kernel's own, behind an extension header that the filter looks past.
                    .filter(line -> !line.contains("multicast listener report"))
                    .toList();
        }
    }

    private boolean sawTunnel() {
        return sniffer.text().contains(TUNNEL);
    }

    private String xray(String dns, String routing) {
        return """
        {
          "dns": {%s},
          "inbounds": [
            {"tag": "socks", "listen": "127.0.0.1", "port": 1080, "protocol": "socks",
             "settings": {"udp": true}, "sniffing": {"enabled": true,
             "destOverride": ["http", "tls", "quic"]}},
            {"tag": "names", "listen": "127.0.0.1", "port": 5300, "protocol": "dokodemo-door",
             "settings": {"address": "192.0.2.53", "port": 53, "network": "tcp,udp"}}
          ],
          "outbounds": [
            {"tag": "wg", "protocol": "wireguard", "settings": {
              "secretKey": "%s", "address": ["10.77.0.2/32", "fd77::2/128"],
              "remoteDNS": ["10.77.0.1"],
              "peers": [{"publicKey": "%s", "endpoint": "192.168.77.2:51820"}]}},
            {"tag": "direct", "protocol": "freedom", "settings": {"domainStrategy": "UseIP"}},
            {"tag": "dns-out", "protocol": "dns"}
          ],
          "routing": {%s}
        }
        """
                .formatted(dns, lab.clientKeys.privateKey(), lab.serverKeys.publicKey(), routing);
    }

    private String curl(String host) {
        Namespace.Result got =
                lab.client.attempt(
                        LIMIT,
                        "curl",
                        "-sS",
                        "--max-time",
                        "30",
                        "--socks5-hostname",
                        "127.0.0.1:1080",
                        "http://" + host + ":8080/hello");
        return got.exit() == 0 ? got.text() : "failed";
    }

    private String dig(String... arguments) {
        String[] command = new String[arguments.length + 7];
        List<String> head =
                List.of("dig", "@127.0.0.1", "-p", "5300", "+time=9", "+tries=1", "+short");
        for (int i = 0; i < command.length; i++) {
            command[i] = i < head.size() ? head.get(i) : arguments[i - head.size()];
        }
        return lab.client.attempt(LIMIT, command).text().strip();
    }

    @Test
    void namesAndConnectionsOfAPlainTunnel() {
        lab.culvert(lab.client, "client.json", xray("", ""));

        assertThat(curl("origin.test")).isEqualTo(Origin.HELLO);
        assertThat(curl("no.such.name.test")).isEqualTo("failed");
        assertThat(sawTunnel()).isTrue();
        assertThat(leaks()).isEmpty();
    }

    @Test
    void namesForRulesAreAskedThroughTheTunnelAsWell() {
        lab.culvert(
                lab.client,
                "client.json",
                xray(
                        "\"servers\": [\"10.77.0.1\"], \"tag\": \"resolver\"",
                        "\"domainStrategy\": \"IPOnDemand\", \"rules\": [{\"inboundTag\":"
                                + " [\"socks\"], \"ip\": [\"198.51.100.0/24\"], \"outboundTag\":"
                                + " \"direct\"}]"));

        assertThat(curl("origin.test")).isEqualTo(Origin.HELLO);
        assertThat(curl("other.test")).isEqualTo("failed");
        assertThat(leaks()).isEmpty();
    }

    @Test
    void deadNameServersInsideAreNotReplacedByOthersOutside() {
        lab.culvert(
                lab.client,
                "client.json",
                xray(
                        "\"servers\": [{\"address\": \"10.77.0.99\", \"timeoutMs\": 500},"
                                + " {\"address\": \"tcp://10.77.0.98\", \"timeoutMs\": 500}]",
                        "\"domainStrategy\": \"IPIfNonMatch\", \"rules\": [{\"inboundTag\":"
                                + " [\"socks\"], \"domain\": [\"full:direct.test\"],"
                                + " \"outboundTag\": \"direct\"}, {\"ip\": [\"198.51.100.0/24\"],"
                                + " \"outboundTag\": \"direct\"}]"));

        assertThat(curl("direct.test")).isEqualTo("failed");
        assertThat(curl("origin.test")).isEqualTo(Origin.HELLO);
        assertThat(leaks()).isEmpty();
    }

    @Test
    void aWgQuickFilesNameServersAreInsideItsTunnel() {
        lab.culvert(
                lab.client,
                "wg.conf",
                """
                [Interface]
                PrivateKey = %s
                Address = 10.77.0.2/32, fd77::2/128
                DNS = 10.77.0.1, test
                [Peer]
                PublicKey = %s
                Endpoint = 192.168.77.2:51820
                AllowedIPs = 0.0.0.0/0, ::/0
                [Socks5]
                BindAddress = 127.0.0.1:1080
                """
                        .formatted(lab.clientKeys.privateKey(), lab.serverKeys.publicKey()));

        assertThat(curl("origin.test")).isEqualTo(Origin.HELLO);
        assertThat(curl("origin")).isEqualTo(Origin.HELLO);
        assertThat(curl("nowhere")).isEqualTo("failed");
        assertThat(leaks()).isEmpty();
    }

    @Test
    void questionsOfOtherProgramsAreAnsweredThroughTheTunnel() {
        lab.culvert(
                lab.client,
                "client.json",
                xray(
                        "\"servers\": [\"10.77.0.1\"], \"hosts\": {\"fixed.test\": \"192.0.2.7\"}",
                        "\"rules\": [{\"inboundTag\": [\"names\"], \"outboundTag\":"
                                + " \"dns-out\"}]"));

        assertThat(dig("origin.test")).isEqualTo("10.77.0.1");
        assertThat(dig("+tcp", "origin.test")).isEqualTo("10.77.0.1");
        assertThat(dig("fixed.test", "A")).isEqualTo("192.0.2.7");
        assertThat(dig("origin.test", "TXT")).isEmpty();
        assertThat(leaks()).isEmpty();
    }

    @Test
    void aTunnelThatIsDownLetsNothingThroughBesideIt() {
        lab.server.ip("link", "set", lab.server.device(), "down");
        lab.culvert(
                lab.client,
                "client.json",
                xray(
                        "\"servers\": [\"10.77.0.1\", \"https://dns.test/dns-query\"]",
                        "\"domainStrategy\": \"IPIfNonMatch\", \"rules\": [{\"ip\":"
                                + " [\"198.51.100.0/24\"], \"outboundTag\": \"direct\"}]"));

        assertThat(curl("origin.test")).isEqualTo("failed");
        assertThat(leaks()).isEmpty();
    }

    @Test
    void whatRulesLetOutIsSeenOutside() {
        lab.culvert(
                lab.client,
                "client.json",
                xray(
                        "\"servers\": [\"udp+local://192.168.77.2\"]",
                        "\"domainStrategy\": \"IPOnDemand\", \"rules\": [{\"ip\":"
                                + " [\"198.51.100.0/24\"], \"outboundTag\": \"direct\"}]"));

        assertThat(curl("origin.test")).isEqualTo(Origin.HELLO);
        assertThat(leaks()).anyMatch(line -> line.contains("192.168.77.2.53"));
    }
}
