package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The configurations that people have, as they have them, each with traffic of real programs. On
 * the cables is nothing but the tunnel's own datagrams and what a rule lets out.
 */
@Execution(ExecutionMode.CONCURRENT)
class ConfigurationsInteropTest {
    private static final String EXAMPLE = "93.184.215.14";
    private static final String OPENAI = "104.18.32.47";
    private static final String SHOP = "104.20.1.1";
    private static final String BAIDU = "110.242.68.66";
    private static final String SOCKS = "--socks5-hostname";

    @Test
    void warpOutboundOnAServer() {
        try (ConfiguredHost warp = ConfiguredHost.client()) {
            warp.nameServer("1.1.1.1");
            warp.world(
                    List.of("162.159.192.1", EXAMPLE, OPENAI, SHOP),
                    List.of("1.1.1.1"),
                    "engage.cloudflareclient.com=162.159.192.1",
                    "www.example.org=" + EXAMPLE,
                    "chat.openai.com=" + OPENAI,
                    "shop.example=" + SHOP);
            warp.answersFrom("162.159.192.1");
            warp.provider(2408, "172.16.0.1/24", "172.16.0.2/32");
            new GeoFile()
                    .sites("OPENAI", "openai.com")
                    .write(warp.lab.directory.resolve("geosite.dat"));
            new GeoFile()
                    .addresses("US", "104.20.0.0/16")
                    .write(warp.lab.directory.resolve("geoip.dat"));
            warp.run("warp-on-a-server.json");

            String proxy = "127.0.0.1:1080";
            warp.awaitLog("vless is not spoken by Culvert");
            assertThat(warp.curl(SOCKS, proxy, "http://chat.openai.com:8080/who"))
                    .isEqualTo("172.16.0.2");
            // The client resolved the name itself, and sniffing hears it.
            assertThat(
                            warp.curl(
                                    "--socks5",
                                    proxy,
                                    "--resolve",
                                    "chat.openai.com:8080:" + OPENAI,
                                    "http://chat.openai.com:8080/who"))
                    .isEqualTo("172.16.0.2");
            assertThat(warp.curl(SOCKS, proxy, "http://shop.example:8080/who"))
                    .isEqualTo("172.16.0.2");
            assertThat(warp.curl(SOCKS, proxy, "http://www.example.org:8080/who"))
                    .isEqualTo("192.168.77.1");
            assertThat(warp.curl(SOCKS, proxy, "http://192.168.77.2:8080/who")).isEqualTo("failed");
            warp.assertOnlyOnCables(
                    "udp 162.159.192.1.2408", "udp 1.1.1.1.53", "tcp " + EXAMPLE + ".8080");
        }
    }

    @Test
    void clientSideChain() {
        try (ConfiguredHost chain = ConfiguredHost.client()) {
            chain.world(List.of(), List.of(), "inside.example=10.90.0.1");
            chain.provider(51820, "10.77.0.1/24", "10.77.0.2/32");
            // Two tunnels go to this one, by another name each for the outbound in the file.
            chain.lab.wireguardGo(
                    chain.world,
                    chain.world.device() + "i",
                    51821,
                    ConfiguredHost.BOB,
                    List.of("10.90.0.1/24"),
                    "peer",
                    ConfiguredHost.ALICE.publicKey(),
                    "allowed-ips",
                    "10.90.0.2/32",
                    "peer",
                    "MmLJ5iHFVVBp7VsB0hxfpQ0wEzAbT2KQnpQpj0+RtBw=",
                    "allowed-ips",
                    "10.90.0.3/32");
            chain.run("chain-on-a-client.json");

            String who = "http://10.90.0.1:8080/who";
            assertThat(chain.curl(SOCKS, "127.0.0.1:10808", who)).isEqualTo("10.90.0.2");
            assertThat(chain.curl(SOCKS, "127.0.0.1:10818", who)).isEqualTo("10.90.0.3");
            assertThat(chain.dig("@127.0.0.1", "-p", "5300", "inside.example"))
                    .isEqualTo("10.90.0.1");
            // What carries them is one tunnel, and the inner ones are seen from within it.
            assertThat(chain.world.exec("wg", "show", chain.world.device() + "i", "endpoints"))
                    .containsPattern("\t10\\.77\\.0\\.2:\\d+\n.*\t10\\.77\\.0\\.2:");
            chain.assertOnlyOnCables("udp 192.168.77.2.51820");
        }
    }

    @Test
    void localClient() {
        try (ConfiguredHost local = ConfiguredHost.client()) {
            // Whoever asks the system would be seen.
            local.nameServer("192.168.77.2");
            local.world(
                    List.of(EXAMPLE, BAIDU),
                    List.of("8.8.8.8", "1.1.1.1", "223.5.5.5"),
                    "www.example.org=" + EXAMPLE,
                    "www.baidu.com=" + BAIDU,
                    "ads.example=" + EXAMPLE);
            local.provider(51820, "10.77.0.1/24", "10.77.0.2/32");
            new GeoFile()
                    .sites("CN", "baidu.com")
                    .sites("CATEGORY-ADS-ALL", "ads.example")
                    .write(local.lab.directory.resolve("geosite.dat"));
            new GeoFile()
                    .addresses("CN", "110.242.0.0/16")
                    .write(local.lab.directory.resolve("geoip.dat"));
            local.run("local-client.json");

            for (String[] proxy :
                    new String[][] {{SOCKS, "127.0.0.1:10808"}, {"-x", "http://127.0.0.1:10809"}}) {
                assertThat(local.curl(proxy[0], proxy[1], "http://www.example.org:8080/who"))
                        .isEqualTo("10.77.0.2");
                assertThat(local.curl(proxy[0], proxy[1], "http://www.baidu.com:8080/who"))
                        .isEqualTo("192.168.77.1");
                assertThat(local.curl(proxy[0], proxy[1], "http://router.home:8080/who"))
                        .isEqualTo("192.168.77.1");
                assertThat(local.curl(proxy[0], proxy[1], "http://ads.example:8080/who"))
                        .isEqualTo("failed");
            }
            local.assertOnlyOnCables(
                    "udp 192.168.77.2.51820",
                    "udp 223.5.5.5.53",
                    "tcp " + BAIDU + ".8080",
                    "tcp 192.168.77.2.8080");
        }
    }

    @Test
    void wireGuardServer() {
        String tracker = "93.184.215.15";
        try (ConfiguredHost server = ConfiguredHost.server()) {
            server.nameServer("8.8.8.8");
            server.world(
                    List.of(EXAMPLE, OPENAI, tracker),
                    List.of("8.8.8.8"),
                    "www.example.org=" + EXAMPLE,
                    "social.example=" + OPENAI);
            Iperf3Server iperf3 = new Iperf3Server(server.world);
            new GeoFile()
                    .sites("SOCIAL", "social.example")
                    .write(server.lab.directory.resolve("geosite.dat"));
            String psk = "5Fo0sz2uUjkXYMS7oBB1GzzOF2RMVgpOyXiXcn5zpWw=";
            server.userBehindTunnel(
                    "10.0.0.2/32", "preshared-key", server.lab.write("psk", psk).toString());
            bob(server);
            server.run("wireguard-server.json");

            assertThat(server.curl("http://www.example.org:8080/who")).isEqualTo("192.168.80.1");
            assertThat(server.dig("@8.8.8.8", "social.example")).isEqualTo(OPENAI);
            server.iperf3(iperf3, EXAMPLE);
            assertThat(server.curl("http://192.168.80.2:8080/who")).isEqualTo("failed");
            assertThat(echo(server, EXAMPLE, "BitTorrenT protocol")).hasSize(68);
            assertThat(echo(server, tracker, "BitTorrent protocol")).isEmpty();
            String social = "http://social.example:8080/who";
            assertThat(server.curl(social)).isEqualTo("192.168.80.1");
            assertThat(server.curl("--interface", "10.0.0.3", social)).isEqualTo("failed");
            assertThat(server.curl("--interface", "10.0.0.3", "http://www.example.org:8080/who"))
                    .isEqualTo("192.168.80.1");
            assertThat(server.curl("--interface", "10.0.0.3", "http://" + tracker + ":25/"))
                    .isEqualTo("failed");
            server.awaitLog("[wg-in >> direct] email: alice@example.org");
            server.awaitLog("[wg-in -> block] email: alice@example.org");
            server.awaitLog(tracker + ":25 [wg-in -> block] email: bob@example.org");
            server.assertOnlyOnCables(
                    "udp 192.168.77.2.51820",
                    "udp 8.8.8.8.53",
                    "tcp " + EXAMPLE + ".8080",
                    "tcp " + EXAMPLE + ".5201",
                    "tcp " + EXAMPLE + ".7",
                    "tcp " + OPENAI + ".8080");
        }
    }

    /** A second wireguard-go at the user's, for what is sent from its own address. */
    private static void bob(ConfiguredHost server) {
        String device = server.user.device() + "b";
        server.lab.wireguardGo(
                server.user,
                device,
                51822,
                ConfiguredHost.BOB,
                List.of("10.0.0.3/32"),
                "peer",
                ConfiguredHost.HOST.publicKey(),
                "endpoint",
                "192.168.77.2:51820",
                "allowed-ips",
                "0.0.0.0/0");
        server.user.ip("route", "add", "default", "dev", device, "table", "103");
        server.user.ip("rule", "add", "from", "10.0.0.3", "lookup", "103");
    }

    /** What comes back of a handshake of that protocol (BEP 3) from the echo service. */
    private static String echo(ConfiguredHost server, String address, String protocol) {
        String command =
                "exec 3<>/dev/tcp/%s/7 && printf '\\023%s%%048d' 0 >&3 && head -c 68 <&3 2>/dev/null"
                        .formatted(address, protocol);
        return server.user.attempt(Lab.SOON, "bash", "-c", command).text();
    }

    @Test
    void relay() {
        try (ConfiguredHost relay = ConfiguredHost.server()) {
            relay.world(List.of(EXAMPLE), List.of("8.8.8.8"), "www.example.org=" + EXAMPLE);
            relay.nameServer("8.8.8.8");
            Iperf3Server iperf3 = new Iperf3Server(relay.world);
            relay.lab.wireguardGo(
                    relay.world,
                    ConfiguredHost.PROVIDER,
                    List.of("10.77.0.1/24"),
                    "peer",
                    "MmLJ5iHFVVBp7VsB0hxfpQ0wEzAbT2KQnpQpj0+RtBw=",
                    "allowed-ips",
                    "10.77.0.2/32");
            relay.userBehindTunnel("10.0.0.2/32");
            relay.run("relay.json");

            assertThat(relay.curl("http://www.example.org:8080/who")).isEqualTo("10.77.0.2");
            assertThat(relay.dig("@8.8.8.8", "www.example.org")).isEqualTo(EXAMPLE);
            relay.iperf3(iperf3, EXAMPLE);
            relay.user.exec("ping", "-c", "1", "-W", "5", EXAMPLE);
            relay.assertOnlyOnCables("udp 192.168.77.2.51820", "udp 192.168.80.2.51820");
        }
    }

    @Test
    void portForward() {
        try (ConfiguredHost forward = ConfiguredHost.client()) {
            forward.nameServer("192.168.77.2");
            forward.world(List.of(), List.of(), "web.inside.example=10.77.0.1");
            Iperf3Server iperf3 = new Iperf3Server(forward.world);
            forward.provider(51820, "10.77.0.1/24", "10.77.0.2/32");
            forward.run("port-forward.json");

            assertThat(forward.curl("http://127.0.0.1:8080/who")).isEqualTo("10.77.0.2");
            assertThat(forward.dig("@127.0.0.1", "-p", "5300", "web.inside.example"))
                    .isEqualTo("10.77.0.1");
            forward.iperf3(iperf3, "127.0.0.1");
            forward.assertOnlyOnCables("udp 192.168.77.2.51820");
        }
    }
}
