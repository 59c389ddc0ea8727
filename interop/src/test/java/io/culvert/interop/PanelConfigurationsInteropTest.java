package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Files as panels write them, with sections that are null and keys of the panels' own: they carry
 * traffic, and the panel learns from the API whose it was. The cables are overheard as in {@link
 * ConfigurationsInteropTest}.
 */
@Execution(ExecutionMode.CONCURRENT)
class PanelConfigurationsInteropTest {
    private static final String EXAMPLE = "93.184.215.14";
    private static final String OPENAI = "104.18.32.47";
    private static final String API = "127.0.0.1:62789";

    @Test
    void of3xUi() {
        try (ConfiguredHost panel = ConfiguredHost.server()) {
            panel.world(List.of(EXAMPLE), List.of());
            panel.userBehindTunnel("10.0.0.2/32");
            panel.run("panel-3x-ui.json");

            String large = "http://" + EXAMPLE + ":8080/bytes/500000";
            assertThat(panel.curl("-o", "/dev/null", "-w", "%{size_download}", large))
                    .isEqualTo("500000");
            assertThat(panel.curlBriefly("http://192.168.80.2:8080/who")).isEqualTo("failed");
            assertThat(panel.api("statsquery", "-s", API))
                    .contains("user>>>alice>>>traffic>>>downlink")
                    .contains("inbound>>>inbound-51820>>>traffic>>>uplink")
                    .doesNotContain("outbound>>>direct");
            assertThat(counter(panel, "user>>>alice>>>traffic>>>downlink")).isGreaterThan(500_000);
            assertThat(panel.host.exec("curl", "-sS", "http://127.0.0.1:11111/debug/vars"))
                    .contains("\"inbound-51820\"", "\"alice\"");
            panel.assertOnlyOnCables("udp 192.168.77.2.51820", "tcp " + EXAMPLE + ".8080");
        }
    }

    @Test
    void ofMarzban() {
        try (ConfiguredHost panel = ConfiguredHost.client()) {
            panel.world(
                    List.of("162.159.192.1", EXAMPLE, OPENAI),
                    List.of("1.1.1.1"),
                    "chat.openai.com=" + OPENAI);
            panel.answersFrom("162.159.192.1");
            panel.provider(2408, "172.16.0.1/24", "172.16.0.2/32");
            new GeoFile()
                    .sites("OPENAI", "openai.com")
                    .write(panel.lab.directory.resolve("geosite.dat"));
            panel.run("panel-marzban.json");

            String proxy = "socks5h://1.alice:secret@127.0.0.1:10808";
            panel.awaitLog("shadowsocks is not spoken by Culvert");
            assertThat(panel.curl("-x", proxy, "http://chat.openai.com:8080/who"))
                    .isEqualTo("172.16.0.2");
            assertThat(panel.curl("-x", proxy, "http://" + EXAMPLE + ":8080/who"))
                    .isEqualTo("192.168.77.1");
            assertThat(panel.curl("-x", proxy, "http://192.168.77.2:8080/who")).isEqualTo("failed");
            assertThat(panel.api("statsquery", "-s", API))
                    .contains("user>>>1.alice>>>traffic>>>downlink")
                    .contains("outbound>>>WARP>>>traffic>>>uplink")
                    .doesNotContain("inbound>>>");
            panel.assertOnlyOnCables("udp 162.159.192.1.2408", "tcp " + EXAMPLE + ".8080");
        }
    }

    @Test
    void ofPasarGuard() {
        try (ConfiguredHost panel = ConfiguredHost.server()) {
            panel.world(List.of(EXAMPLE), List.of());
            panel.userBehindTunnel("10.0.0.2/32");
            panel.run("panel-pasarguard.json");

            assertThat(panel.curl("http://" + EXAMPLE + ":8080/who")).isEqualTo("192.168.80.1");
            assertThat(panel.curlBriefly("http://192.168.80.2:8080/who")).isEqualTo("failed");
            assertThat(panel.api("statsquery", "-s", API))
                    .contains("user>>>1.alice>>>traffic>>>uplink")
                    .contains("inbound>>>WIREGUARD>>>traffic>>>uplink")
                    .contains("outbound>>>DIRECT>>>traffic>>>uplink");
            assertThat(panel.host.exec("curl", "-sS", "http://127.0.0.1:11111/debug/vars"))
                    .contains("\"WIREGUARD\"", "\"1.alice\"");
            panel.assertOnlyOnCables("udp 192.168.77.2.51820", "tcp " + EXAMPLE + ".8080");
        }
    }

    private static long counter(ConfiguredHost panel, String name) {
        String shown = panel.api("stats", "-s", API, "-name", name);
        return Long.parseLong(shown.replaceAll("[^0-9]", ""));
    }
}
