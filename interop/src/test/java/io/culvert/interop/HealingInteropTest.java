package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Culvert as client of wireguard-go while addresses change around it. */
@Tag("HEAL")
class HealingInteropTest {
    private static final long BYTES = 256L << 20;
    private static final Duration LONG = Duration.ofMinutes(3);
    private static final Duration RECOVERY = Duration.ofSeconds(20);

    private Lab lab;
    private Path etc;

    @BeforeEach
    void cable() {
        Requirements.check();
        lab = new Lab();
        etc = Path.of("/etc/netns", lab.client.name());
    }

    @AfterEach
    void unplug() throws IOException {
        if (lab != null) {
            lab.close();
            Files.deleteIfExists(etc.resolve("hosts"));
            Files.deleteIfExists(etc);
        }
    }

    @Test
    void aDownloadGoesOnWhenTheClientsAddressIsReplaced() throws IOException {
        tunnel("192.168.77.2", "");
        Path file = lab.directory.resolve("download");
        Spawned download =
                lab.client.spawn(
                        Map.of(),
                        "sh",
                        "-c",
                        "curl -sS --max-time 170 --limit-rate 40M --socks5 127.0.0.1:1080"
                                + " http://10.77.0.1:8080/bytes/"
                                + BYTES
                                + " | tee "
                                + file
                                + " | sha256sum");
        download.await("first megabytes", LONG, () -> size(file) > 4 << 20);

        replace(lab.client, "a", "192.168.77.1", "192.168.77.3");

        long before = size(file);
        download.await("further megabytes", RECOVERY, () -> size(file) > before + (4 << 20));
        assertThat(download.awaitExit(LONG)).as(download.text()).isZero();
        assertThat(download.text()).startsWith(Pattern.sha256(BYTES));
    }

    @Test
    void aServerThatMovesBehindItsNameIsFound() throws IOException {
        hosts("192.168.77.2 vpn.test");
        Spawned culvert = tunnel("vpn.test", "");
        assertThat(hello(RECOVERY)).isLessThan(RECOVERY);
        replace(lab.server, "b", "192.168.77.2", "192.168.77.9");
        hosts("192.168.77.9 vpn.test");

        Duration took = hello(LONG);

        System.out.println("found the server at its other address after " + took);
        assertThat(took).isLessThan(RECOVERY);
        assertThat(culvert.text()).contains("vpn.test").contains("192.168.77.9");
    }

    @Test
    void aDeadIpv6AddressFirstDoesNotKeepIpv4FromWorking() throws IOException {
        hosts("fd00:77::dead vpn.test", "192.168.77.2 vpn.test");
        tunnel("vpn.test", "\"domainStrategy\": \"ForceIPv6v4\",");
        Duration took = hello(LONG);
        System.out.println("reached the server at its second address after " + took);
        assertThat(took).isLessThan(RECOVERY);
    }

    private Spawned tunnel(String outer, String setting) {
        lab.wireguardGo(
                lab.server,
                lab.serverKeys,
                List.of("10.77.0.1/24", "fd77::1/64"),
                "peer",
                lab.clientKeys.publicKey(),
                "allowed-ips",
                "10.77.0.2/32,fd77::2/128");
        lab.origin(lab.server);
        String file = Configurations.client(lab, outer, lab.serverKeys);
        return lab.culvert(
                lab.client,
                "client.json",
                file.replace("\"remoteDNS\"", setting + "\"remoteDNS\""));
    }

    /** Asks the origin until it answers; returns how long that took. */
    private Duration hello(Duration limit) {
        long begun = System.nanoTime();
        Duration took;
        Namespace.Result answer;
        do {
            answer =
                    lab.client.attempt(
                            LONG,
                            "curl",
                            "-sS",
                            "--max-time",
                            "2",
                            "--socks5",
                            "127.0.0.1:1080",
                            "http://10.77.0.1:8080/hello");
            took = Duration.ofNanos(System.nanoTime() - begun);
        } while (answer.exit() != 0 && took.compareTo(limit) < 0);
        assertThat(answer.text()).isEqualTo(Origin.HELLO);
        return took;
    }

    /** What names mean in the client's namespace: {@code ip netns} lays this over /etc/hosts. */
    private void hosts(String... lines) throws IOException {
        Files.createDirectories(etc);
        Files.writeString(etc.resolve("hosts"), String.join("\n", lines) + "\n");
    }

    private static void replace(Namespace host, String device, String before, String after) {
        host.exec(
                "sh",
                "-c",
                "D=$(ls /sys/class/net | grep ^"
                        + device
                        + "[0-9]) && ip addr del "
                        + before
                        + "/24 dev $D && ip addr add "
                        + after
                        + "/24 dev $D");
    }

    private static long size(Path file) {
        try {
            return Files.exists(file) ? Files.size(file) : 0;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
