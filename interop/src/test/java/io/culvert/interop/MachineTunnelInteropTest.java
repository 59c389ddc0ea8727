package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code culvert up} and {@code down} against wireguard-go: the whole host uses the tunnel. */
class MachineTunnelInteropTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final long MUCH = 64 << 20;
    private static final String BEFORE = "nameserver 192.0.2.53\n";

    private Lab lab;
    private String name;
    private Path netns;

    @BeforeEach
    void cable() throws IOException {
        lab = Lab.withNewest();
        name = ManagedCulvert.freshName();
        // ip netns exec puts this file in the place of the machine's own.
        netns = Files.createDirectories(Path.of("/etc/netns", lab.client.name()));
        Files.writeString(netns.resolve("resolv.conf"), BEFORE);
        lab.client.ip("route", "add", "default", "via", "192.168.77.2");
        lab.client.exec("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1");
        lab.wireguardGo(
                lab.server,
                lab.serverKeys,
                List.of("10.77.0.1/24", "fd77::1/64"),
                "peer",
                lab.clientKeys.publicKey(),
                "allowed-ips",
                "10.77.0.2/32,fd77::2/128");
        lab.server.ip("addr", "add", "203.0.113.5/32", "dev", "lo");
        lab.server.ip("addr", "add", "2001:db8::5/128", "dev", "lo");
        lab.origin(lab.server);
    }

    @AfterEach
    void unplug() {
        if (lab != null) {
            culvert("down", name);
            Lab.deleteTree(netns);
            lab.close();
        }
    }

    private Namespace.Result culvert(String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(System.getProperty("culvert.root") + "/culvert");
        command.addAll(List.of(arguments));
        return lab.client.attempt(LIMIT, command.toArray(String[]::new));
    }

    private String file(String more) {
        return lab.write(
                        name + ".conf",
                        """
                        [Interface]
                        PrivateKey = %s
                        Address = 10.77.0.2/24, fd77::2/64
                        DNS = 10.77.0.1, test
                        %s
                        [Peer]
                        PublicKey = %s
                        AllowedIPs = 0.0.0.0/0, ::/0
                        Endpoint = 192.168.77.2:51820
                        """
                                .formatted(
                                        lab.clientKeys.privateKey(),
                                        more,
                                        lab.serverKeys.publicKey()))
                .toString();
    }

    private void up(String more) {
        Namespace.Result result = culvert("up", file(more));
        assertThat(result.exit()).as(result.text()).isZero();
        assertThat(result.text()).contains(name + " is up.");
    }

    /** Everything of the network that could have been changed, and the name servers. */
    private String machine() {
        StringBuilder all = new StringBuilder();
        for (String family : List.of("-4", "-6")) {
            all.append(lab.client.ip(family, "rule"));
            all.append(lab.client.ip(family, "route", "show", "table", "all"));
            all.append(lab.client.ip(family, "addr", "show"));
        }
        return all.append(lab.client.exec("cat", "/etc/resolv.conf"))
                .append(lab.client.exec("sysctl", "net.ipv4.conf.all"))
                .toString()
                .replaceAll("(?m)^.*(fe80|valid_lft|^multicast|^anycast|Peer netns).*\\n", "");
    }

    private void assertCarries() throws IOException {
        lab.client.exec("ping", "-c", "2", "-W", "5", "203.0.113.5");
        lab.client.exec("ping", "-c", "2", "-W", "5", "2001:db8::5");
        String web = "http://origin.test:8080";
        assertThat(lab.client.exec("curl", "-sS", "-m", "20", web + "/hello"))
                .isEqualTo(Origin.HELLO);
        new Download(lab, lab.client, "http://203.0.113.5:8080", MUCH).awaitWhole(LIMIT);
        new Download(lab, lab.client, "http://[2001:db8::5]:8080", MUCH).awaitWhole(LIMIT);
        String upload =
                String.join(" ", Namespace.java(Pattern.class, Long.toString(MUCH)))
                        + " | curl -sS -m 100 -T - http://203.0.113.5:8080/digest";
        assertThat(lab.client.exec("sh", "-c", upload)).isEqualTo(Pattern.sha256(MUCH));
        for (String host : List.of("203.0.113.5", "2001:db8::5")) {
            assertThat(lab.client.attemptJava(LIMIT, UdpEcho.class, host, "7", "200", "4000"))
                    .isEqualTo(new Namespace.Result(0, "echoed 200\n"));
        }
    }

    private String state() {
        return lab.client.exec("sh", "-c", "cat /run/culvert/" + name + "-*.state");
    }

    private void kill() {
        String pid = state().replaceAll("(?s).*pid=(\\d+).*", "$1");
        lab.client.exec("sh", "-c", "kill -9 " + pid + "; tail --pid=" + pid + " -f /dev/null");
    }

    @Test
    void everythingGoesThroughItAndDownLeavesTheMachineAsItWas() throws IOException {
        String before = machine();
        up("");
        assertThat(lab.client.exec("wg", "show", name, "allowed-ips"))
                .contains("0.0.0.0/0", "::/0");
        assertCarries();
        assertThat(lab.client.exec("cat", "/etc/resolv.conf")).contains("nameserver 10.77.0.1");
        assertThat(lab.client.exec("cat", "/sys/class/net/" + name + "/mtu").strip())
                .isEqualTo("1420");
        Namespace.Result down = culvert("down", name);
        assertThat(down.exit()).as(down.text()).isZero();
        assertThat(machine()).isEqualTo(before);
        assertThat(ManagedCulvert.socket(name)).doesNotExist();
        assertThat(culvert("down", name).text()).contains("is not up");
    }

    @Test
    void nothingGoesPastOneThatWasKilledUntilItIsUndone() {
        String before = machine();
        up("");
        kill();
        assertThat(lab.client.attempt(LIMIT, "ping", "-c", "1", "-W", "2", "203.0.113.5").text())
                .contains("No route to host");
        Namespace.Result down = culvert("down", file(""));
        assertThat(down.text()).contains("what a killed process left");
        assertThat(machine()).isEqualTo(before);
        up("");
        kill();
        up("");
        lab.client.exec("ping", "-c", "2", "-W", "5", "203.0.113.5");
        assertThat(culvert("up", file("")).text()).contains("is up already");
        culvert("down", name);
        assertThat(machine()).isEqualTo(before);
    }

    @Test
    void commandsRunInOrderAndOneThatFailsLeavesNothing() {
        String before = machine();
        Path log = lab.directory.resolve("hooks");
        up(
                """
                PreUp = echo preup %%i >> %1$s; ip link show %%i
                PostUp = echo postup >> %1$s; ip rule >> %1$s
                PreDown = echo predown >> %1$s; ip link show %%i
                PostDown = echo postdown >> %1$s; ! ip link show %%i
                """
                        .formatted(log));
        culvert("down", name);
        assertThat(log)
                .content()
                .containsSubsequence(
                        "preup " + name, "postup", "lookup 51820", "predown", "postdown");
        Namespace.Result failing = culvert("up", file("PostUp = echo so; false"));
        assertThat(failing.exit()).isNotZero();
        assertThat(failing.text()).contains("\"echo so; false\" failed with exit code 1");
        assertThat(machine()).isEqualTo(before);
    }

    /** With a routing table of its own. */
    private Spawned inTheForeground() {
        Spawned program =
                lab.client.spawn(
                        Map.of(),
                        System.getProperty("culvert.root") + "/culvert",
                        "up",
                        "--foreground",
                        file("Table = 1234"));
        program.awaitText("is up.", Lab.STARTED);
        return program;
    }

    @Test
    void inTheForegroundASignalTakesEverythingAway() {
        String before = machine();
        Spawned program = inTheForeground();
        assertThat(lab.client.ip("route", "show", "table", "1234")).contains("default dev " + name);
        assertThat(lab.client.ip("rule")).doesNotContain("1234");
        program.process().destroy();
        assertThat(program.awaitExit(LIMIT)).isZero();
        assertThat(machine()).isEqualTo(before);
    }

    @Test
    void whereSomebodyTakesTheInterfaceAwayItEndsAndSaysWhy() {
        String before = machine();
        Spawned program = inTheForeground();
        lab.client.ip("link", "del", name);
        assertThat(program.awaitExit(LIMIT)).isEqualTo(1);
        assertThat(program.text()).contains("culvert: the interface " + name + " is gone");
        assertThat(machine()).isEqualTo(before);
    }

    @Test
    void withoutTheRightToItSaysSoAndDoesNothing() {
        String before = machine();
        Namespace.Result result =
                lab.client.attempt(
                        LIMIT,
                        "setpriv",
                        "--bounding-set",
                        "-net_admin",
                        "--inh-caps",
                        "-net_admin",
                        System.getProperty("culvert.root") + "/culvert",
                        "up",
                        file(""));
        assertThat(result.exit()).isEqualTo(2);
        assertThat(result.text()).contains("CAP_NET_ADMIN");
        assertThat(machine()).isEqualTo(before);
    }
}
