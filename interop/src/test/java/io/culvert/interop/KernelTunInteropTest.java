package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An outbound whose connections are the kernel's, by a TUN device of Culvert's. */
class KernelTunInteropTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final long MUCH = 64 << 20;
    private static final String KERNEL = "its connections are the kernel's, by wg";

    private Lab lab;

    @BeforeEach
    void cable() {
        lab = Lab.withNewest();
        lab.wireguardGo(
                lab.server,
                lab.serverKeys,
                List.of("10.77.0.1/24", "fd77::1/64"),
                "peer",
                lab.clientKeys.publicKey(),
                "allowed-ips",
                "10.77.0.2/32,fd77::2/128");
        lab.origin(lab.server);
        lab.client.exec("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1");
    }

    @AfterEach
    void unplug() {
        if (lab != null) {
            lab.close();
        }
    }

    private String configuration() {
        String peer = Configurations.peer(lab.serverKeys, "192.168.77.2:51820", "");
        return Configurations.client(lab, "\"noKernelTun\": false,", peer);
    }

    private Spawned start() {
        return lab.culvert(lab.client, "kernel.json", configuration());
    }

    private String rules() {
        return lab.client.ip("rule") + lab.client.ip("-6", "rule");
    }

    private String hello() {
        return lab.client.exec("curl", "-sS", "-m", "20", "http://127.0.0.1:8080/hello");
    }

    @Test
    void connectionsDatagramsAndNamesGoThroughIt() throws IOException {
        String before = rules();
        Spawned culvert = start();
        new Download(lab, lab.client, "http://127.0.0.1:8080", MUCH).awaitWhole(LIMIT);
        String six = "http://[fd77::1]:8080";
        String socks = "127.0.0.1:1080";
        new Download(lab, lab.client, six, MUCH, "--socks5", socks).awaitWhole(LIMIT);
        String upload =
                String.join(" ", Namespace.java(Pattern.class, Long.toString(MUCH)))
                        + " | curl -sS -m 100 -T - http://127.0.0.1:8080/digest";
        assertThat(lab.client.exec("sh", "-c", upload)).isEqualTo(Pattern.sha256(MUCH));
        for (String host : List.of("10.77.0.1", "fd77::1", "origin.test")) {
            String[] echo = Namespace.java(UdpThroughSocks.class, "1080", host, "7", "200");
            assertThat(lab.client.exec(echo)).contains("echoed 200");
        }
        assertThat(culvert.text()).contains(KERNEL).doesNotContain("no kernel TUN");
        assertThat(lab.client.ip("-br", "link")).contains("wg0");
        culvert.close();
        assertThat(rules()).isEqualTo(before);
        assertThat(lab.client.ip("-br", "link")).doesNotContain("wg0");
    }

    @Test
    void whatAKilledOneLeftIsUndoneByTheNext() {
        String before = rules();
        Spawned first = start();
        assertThat(hello()).isEqualTo(Origin.HELLO);
        first.process().descendants().forEach(ProcessHandle::destroyForcibly);
        first.process().destroyForcibly();
        first.awaitExit(LIMIT);
        assertThat(rules()).contains("[detached]");
        Spawned second = start();
        assertThat(hello()).isEqualTo(Origin.HELLO);
        assertThat(rules()).doesNotContain("[detached]");
        second.close();
        assertThat(rules()).isEqualTo(before);
    }

    @Test
    void twoAtOnceDoNotCollide() {
        String before = rules();
        Spawned first = start();
        assertThat(hello()).isEqualTo(Origin.HELLO);
        String file =
                configuration()
                        .replace("\"port\": 1080", "\"port\": 1081")
                        .replace("\"port\": 8118", "\"port\": 8119")
                        .replace("\"port\": 8080, \"protocol\"", "\"port\": 8081, \"protocol\"")
                        .replace("\"port\": 5201, \"protocol\"", "\"port\": 5202, \"protocol\"")
                        .replace("\"port\": 7007", "\"port\": 7008")
                        .replace("10.77.0.2/32", "10.77.0.3/32")
                        .replace("fd77::2/128", "fd77::3/128")
                        .replace(lab.clientKeys.privateKey(), SECOND_KEY.privateKey());
        lab.server.wg("peer", SECOND_KEY.publicKey(), "allowed-ips", "10.77.0.3/32,fd77::3/128");
        Spawned second = lab.culvert(lab.client, "second.json", file);
        assertThat(lab.client.exec("curl", "-sS", "-m", "20", "http://127.0.0.1:8081/hello"))
                .isEqualTo(Origin.HELLO);
        assertThat(lab.client.ip("-br", "link")).contains("wg0", "wg1");
        second.close();
        assertThat(hello()).isEqualTo(Origin.HELLO);
        first.close();
        assertThat(rules()).isEqualTo(before);
    }

    private static final Lab.KeyPair SECOND_KEY =
            new Lab.KeyPair(
                    "EGs4lTSJPmgELx6YiJAmPR2meWi6bY+e9rTdCipSj10=",
                    "MmLJ5iHFVVBp7VsB0hxfpQ0wEzAbT2KQnpQpj0+RtBw=");

    /** Each runs the command line behind it where one thing is missing. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "exec setpriv --bounding-set -net_admin --inh-caps -net_admin \"$@\"",
                "mount -t tmpfs none /dev/net && exec \"$@\"",
                "sysctl -qw net.ipv6.conf.default.disable_ipv6=1 && mount -o bind /proc/sys"
                        + " /proc/sys && mount -o remount,bind,ro /proc/sys && exec \"$@\""
            })
    void whereTheSystemRefusesItSaysSoOnceAndCarriesAllTheSame(String circumstance) {
        String before = rules();
        Spawned culvert =
                lab.client.spawn(
                        Map.of(),
                        "unshare",
                        "-m",
                        "sh",
                        "-c",
                        circumstance,
                        "sh",
                        System.getProperty("culvert.root") + "/culvert",
                        "run",
                        "-c",
                        lab.write("kernel.json", configuration()).toString());
        culvert.awaitText("ready", Lab.STARTED);
        assertThat(hello()).isEqualTo(Origin.HELLO);
        assertThat(culvert.text()).doesNotContain(KERNEL);
        assertThat(culvert.text().split("no kernel TUN", -1)).as(culvert.text()).hasSize(2);
        assertThat(rules()).isEqualTo(before);
    }
}
