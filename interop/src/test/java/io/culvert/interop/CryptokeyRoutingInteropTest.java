package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Which key may use which inner address, and what a change of key takes. */
@Execution(ExecutionMode.CONCURRENT)
class CryptokeyRoutingInteropTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String ORIGIN = "http://10.77.0.1:8080/hello";

    private static String peer(Lab.KeyPair keys, String prefix, String more) {
        return "{\"publicKey\": \"%s\", \"allowedIPs\": [\"%s\"]%s}"
                .formatted(keys.publicKey(), prefix, more);
    }

    /** Culvert as server, and wireguard-go with two inner addresses as its client. */
    private static Spawned server(Lab lab, String endpoint, String peers) {
        lab.server.ip("addr", "add", "10.77.0.1/32", "dev", "lo");
        lab.origin(lab.server);
        Spawned culvert =
                lab.culvert(lab.server, "server.json", Configurations.server(lab, "", peers));
        lab.wireguardGo(
                lab.client,
                lab.clientKeys,
                List.of("10.77.0.2/24", "10.77.0.3/24"),
                "peer",
                lab.serverKeys.publicKey(),
                "endpoint",
                endpoint,
                "allowed-ips",
                "10.77.0.0/16");
        return culvert;
    }

    private static Namespace.Result helloFrom(Lab lab, String address, int seconds) {
        return lab.client.attempt(
                LIMIT,
                "curl",
                "-sS",
                "-m",
                Integer.toString(seconds),
                "--interface",
                address,
                ORIGIN);
    }

    /** Another peer owns the address by a longer prefix; yet the sender did roam (D4.6). */
    @Test
    void aSourceWithinALongerPrefixOfAnotherPeerIsRefused() {
        try (Lab lab = Lab.withNewest()) {
            Wire path = Wire.in(lab.client, "192.168.77.2", Integer.toString(Lab.PORT));
            Spawned culvert =
                    server(
                            lab,
                            "127.0.0.1:" + Wire.PORT,
                            peer(lab.clientKeys, "10.77.0.0/24", "")
                                    + ","
                                    + peer(lab.keys(), "10.77.0.2/32", ""));
            assertThat(helloFrom(lab, "10.77.0.3", 10).text()).isEqualTo(Origin.HELLO);
            assertThat(culvert.text()).doesNotContain(" moved from ");

            path.command("rebind");

            assertThat(helloFrom(lab, "10.77.0.2", 3).exit()).isEqualTo(28);
            culvert.awaitText(" moved from ", Lab.SOON);
            assertThat(helloFrom(lab, "10.77.0.3", 10).text()).isEqualTo(Origin.HELLO);
        }
    }

    /** Traffic for the owner of a longer prefix goes to nobody else, even if that one is away. */
    @Test
    void aDestinationWithinALongerPrefixOfAnotherPeerGoesNowhereElse() {
        try (Lab lab = Lab.withNewest()) {
            lab.wireguardGo(
                    lab.server,
                    lab.serverKeys,
                    List.of("10.77.0.1/24", "10.77.0.9/24"),
                    "peer",
                    lab.clientKeys.publicKey(),
                    "allowed-ips",
                    "10.77.0.2/32");
            lab.origin(lab.server);
            String here = ", \"endpoint\": \"192.168.77.2:51820\"";
            String away = ", \"endpoint\": \"192.168.77.2:51821\"";
            lab.culvert(
                    lab.client,
                    "client.json",
                    Configurations.client(
                            lab,
                            "",
                            peer(lab.serverKeys, "10.77.0.0/24", here)
                                    + ","
                                    + peer(lab.keys(), "10.77.0.1/32", away)));

            Namespace.Result refused =
                    lab.client.attempt(
                            LIMIT, "curl", "-sS", "-m", "3", "http://127.0.0.1:8080/hello");
            assertThat(refused.exit()).as(refused.text()).isEqualTo(28);
            assertThat(lab.server.wgShow("transfer")).isEqualTo("0\t0");

            String socks = "socks5://127.0.0.1:1080";
            assertThat(lab.client.exec("curl", "-sS", "-x", socks, "http://10.77.0.9:8080/hello"))
                    .isEqualTo(Origin.HELLO);
        }
    }

    /** The client is another peer from now on, and nobody waits for a timer (D4.7). */
    @Test
    void aChangeOfKeyWorksAtOnce() {
        try (Lab lab = Lab.withNewest()) {
            Lab.KeyPair next = lab.keys();
            Spawned culvert =
                    server(
                            lab,
                            "192.168.77.2:51820",
                            peer(lab.clientKeys, "10.77.0.2/32", "")
                                    + ","
                                    + peer(next, "10.77.0.3/32", ""));
            assertThat(helloFrom(lab, "10.77.0.2", 10).text()).isEqualTo(Origin.HELLO);

            lab.client.wg("private-key", lab.write("next.key", next.privateKey()).toString());

            assertThat(helloFrom(lab, "10.77.0.3", 4).text()).isEqualTo(Origin.HELLO);
            culvert.awaitText(lab.clientKeys.publicKey(), Lab.SOON);
            culvert.awaitText(next.publicKey(), Lab.SOON);
        }
    }
}
