package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What {@code wg} changes on a running Culvert changes what it carries, with wireguard-go as peer.
 */
class WgTrafficInteropTest {
    private static final Duration LIMIT = Duration.ofSeconds(40);
    private static final String PAGE = "http://10.77.0.1:8080/hello";

    private Lab lab;

    @BeforeEach
    void cable() {
        Requirements.check();
        lab = new Lab();
    }

    @AfterEach
    void unplug() {
        if (lab != null) {
            lab.close();
        }
    }

    /** Culvert as server on 51820, wireguard-go as client, which knows it. */
    private ManagedCulvert server() {
        lab.server.ip("addr", "add", "10.77.0.1/32", "dev", "lo");
        lab.origin(lab.server);
        ManagedCulvert culvert = ManagedCulvert.run(lab, lab.server, Configurations.server(lab));
        lab.wireguardGo(
                lab.client,
                lab.clientKeys,
                List.of("10.77.0.2/24"),
                "peer",
                lab.serverKeys.publicKey(),
                "endpoint",
                "192.168.77.2:" + Lab.PORT,
                "allowed-ips",
                "10.77.0.0/16");
        return culvert;
    }

    private String clientDevice() {
        return lab.client.exec("sh", "-c", "ls /sys/class/net | grep ^wg").strip();
    }

    private int page(int seconds) {
        return lab.client
                .attempt(LIMIT, "curl", "-sS", "--max-time", Integer.toString(seconds), PAGE)
                .exit();
    }

    private static String after(String tab) {
        return tab.substring(tab.indexOf('\t') + 1).strip();
    }

    @Test
    @Tag("B3")
    void countersAndHandshakeAreThoseOfThePeer() {
        ManagedCulvert culvert = server();
        assertThat(after(culvert.wg("show", "latest-handshakes"))).isEqualTo("0");

        lab.client.exec("ping", "-c", "10", "-i", "0.1", "-W", "10", "10.77.0.254");

        assertThat(after(culvert.wg("show", "transfer"))).isIn("1428\t1372", "1460\t1372");
        long handshake = Long.parseLong(after(culvert.wg("show", "latest-handshakes")));
        assertThat(Instant.ofEpochSecond(handshake))
                .isBetween(Instant.now().minusSeconds(60), Instant.now());
        assertThat(after(culvert.wg("show", "endpoints"))).isEqualTo("192.168.77.1:51820");
        assertThat(culvert.wg("show")).contains("latest handshake: ", " received, ", " sent");
    }

    @Test
    @Tag("A12.7")
    void aPeerAddedWhileItRunsIsServedUntilItIsRemoved() {
        ManagedCulvert culvert = server();
        String client = lab.clientKeys.publicKey();
        culvert.wg("set", "peer", client, "remove");
        assertThat(page(4)).as("nobody knows the client").isEqualTo(28);

        culvert.wg("set", "peer", client, "allowed-ips", "10.77.0.2/32");
        assertThat(page(30)).isZero();

        culvert.wg("set", "peer", client, "remove");
        assertThat(page(4)).as("removed").isEqualTo(28);
    }

    @Test
    @Tag("A12.10")
    void addressesThatAPeerNoLongerHasAreNotServed() {
        ManagedCulvert culvert = server();
        String client = lab.clientKeys.publicKey();
        assertThat(page(30)).isZero();

        culvert.wg("set", "peer", client, "allowed-ips", "10.78.0.0/16");
        assertThat(page(4)).isEqualTo(28);

        culvert.wg("set", "peer", client, "allowed-ips", "10.77.0.2/32");
        assertThat(page(10)).isZero();
    }

    @Test
    @Tag("A12.5")
    void anotherPrivateKeyWorksAtOnceWithAPeerThatKnowsIt() {
        ManagedCulvert culvert = server();
        assertThat(page(30)).isZero();
        Lab.KeyPair fresh = lab.keys();
        Path secret = lab.write("fresh.key", fresh.privateKey());

        culvert.wg("set", "private-key", secret.toString());
        lab.client.exec(
                "wg",
                "set",
                clientDevice(),
                "peer",
                lab.serverKeys.publicKey(),
                "remove",
                "peer",
                fresh.publicKey(),
                "endpoint",
                "192.168.77.2:51820",
                "allowed-ips",
                "10.77.0.0/16");

        assertThat(page(4)).isZero();
    }

    @Test
    @Tag("A12.2")
    void theListenPortMovesUnderASession() {
        ManagedCulvert culvert = server();
        assertThat(page(30)).isZero();

        culvert.wg(
                "set",
                "listen-port",
                "51999",
                "peer",
                lab.clientKeys.publicKey(),
                "persistent-keepalive",
                "1");

        assertThat(page(10)).isZero();
        assertThat(lab.client.exec("wg", "show", clientDevice(), "endpoints"))
                .contains("192.168.77.2:51999");
    }

    @Test
    @Tag("A12.3")
    void marksAreOnWhatItSends() {
        ManagedCulvert culvert = server();
        assertThat(page(30)).isZero();

        culvert.wg("set", "fwmark", "0x4d");
        assertThat(lab.server.exec("ss", "-lune").lines())
                .filteredOn(socket -> socket.contains(":51820"))
                .as("the sockets of both families, or the one for both")
                .isNotEmpty()
                .allSatisfy(socket -> assertThat(socket).contains("fwmark:0x4d"));
        assertThat(page(10)).isZero();

        culvert.wg("set", "fwmark", "0");
        assertThat(lab.server.exec("ss", "-lune")).contains(":51820").doesNotContain("fwmark");
    }

    @Test
    @Tag("A11.4")
    void aClientIsManagedFromItsStartAndFollowsItsEndpoint() {
        lab.origin(lab.server);
        lab.wireguardGo(
                lab.server,
                lab.serverKeys,
                List.of("10.77.0.1/24"),
                "peer",
                lab.clientKeys.publicKey(),
                "allowed-ips",
                "10.77.0.2/32");
        ManagedCulvert culvert =
                ManagedCulvert.run(
                        lab,
                        lab.client,
                        Configurations.client(lab, "192.168.77.99", lab.serverKeys));
        assertThat(after(culvert.wg("show", "endpoints"))).isEqualTo("192.168.77.99:51820");
        assertThat(after(culvert.wg("show", "transfer"))).isEqualTo("0\t0");

        culvert.wg(
                "set",
                "peer",
                lab.serverKeys.publicKey(),
                "endpoint",
                "192.168.77.2:51820",
                "persistent-keepalive",
                "1");

        Namespace.Result curl =
                lab.client.attempt(
                        LIMIT,
                        "curl",
                        "-sS",
                        "--max-time",
                        "20",
                        "-x",
                        "socks5h://127.0.0.1:1080",
                        PAGE);
        assertThat(curl).isEqualTo(new Namespace.Result(0, Origin.HELLO));
        assertThat(after(culvert.wg("show", "latest-handshakes"))).isNotEqualTo("0");
    }
}
