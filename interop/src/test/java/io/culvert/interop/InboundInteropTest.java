package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** wireguard-go on a kernel TUN as client of Culvert's WireGuard inbound. */
class InboundInteropTest {
    private static final String V4 = "192.168.77.2";
    private static final String V6 = "[fd00:77::2]";
    private static final long GIB = 1L << 30;
    private static final Duration LIMIT = Duration.ofSeconds(30);

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

    private void tunnel(String outer) {
        // The origin's addresses exist on the server only, behind freedom.
        lab.server.ip("addr", "add", "10.77.0.1/32", "dev", "lo");
        lab.server.ip("addr", "add", "fd77::1/128", "dev", "lo");
        lab.origin(lab.server);
        lab.culvert(lab.server, "server.json", Configurations.server(lab));
        connect(outer, lab.serverKeys);
    }

    private void connect(String outer, Lab.KeyPair server) {
        lab.wireguardGo(
                lab.client,
                lab.clientKeys,
                List.of("10.77.0.2/24", "fd77::2/64"),
                "peer",
                server.publicKey(),
                "endpoint",
                outer + ":" + Lab.PORT,
                "allowed-ips",
                "10.77.0.0/16,10.99.0.0/16,fd77::/64,fd99::/64");
        lab.client.ip("route", "add", "10.99.0.0/16", "dev", lab.client.device());
        lab.client.ip("route", "add", "fd99::/64", "dev", lab.client.device());
    }

    @ParameterizedTest
    @ValueSource(strings = {V4, V6})
    void tcpAndUdpReachTheOrigin(String outer) {
        tunnel(outer);

        assertThat(lab.client.exec("curl", "-sS", "http://10.77.0.1:8080/hello"))
                .isEqualTo(Origin.HELLO);
        assertThat(lab.client.exec("curl", "-sS", "http://[fd77::1]:8080/hello"))
                .isEqualTo(Origin.HELLO);
        for (String host : List.of("10.77.0.1", "fd77::1")) {
            assertThat(lab.client.attemptJava(LIMIT, UdpEcho.class, host, "7", "200", "4000"))
                    .isEqualTo(new Namespace.Result(0, "echoed 200\n"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {V4, V6})
    void aGibibyteArrivesWholeInBothDirections(String outer) throws IOException {
        tunnel(outer);
        String expected = Pattern.sha256(GIB);

        assertThat(
                        lab.client.exec(
                                "sh",
                                "-c",
                                "curl -sS --max-time 170 http://10.77.0.1:8080/bytes/"
                                        + GIB
                                        + " | sha256sum"))
                .startsWith(expected);
        assertThat(
                        lab.client.exec(
                                "sh",
                                "-c",
                                String.join(" ", Namespace.java(Pattern.class, Long.toString(GIB)))
                                        + " | curl -sS --max-time 170 -T -"
                                        + " 'http://[fd77::1]:8080/digest'"))
                .isEqualTo(expected);
    }

    @Test
    void iperf3RunsThroughTheServer() {
        tunnel(V4);
        Iperf3Server server = new Iperf3Server(lab.server);
        for (String streams : List.of("1", "8")) {
            for (String way : List.of("--get-server-output", "-R")) {
                server.awaitListening(LIMIT);
                Namespace.Result run =
                        lab.client.attempt(
                                LIMIT, "iperf3", "-c", "10.77.0.1", "-P", streams, "-t", "2", way);
                assertThat(run.exit()).as(run.text()).isZero();
            }
        }
    }

    @Test
    void aRefusedDestinationLooksRefused() {
        tunnel(V4);
        for (String url : List.of("http://10.77.0.1:81/", "http://[fd77::1]:81/")) {
            Namespace.Result curl = lab.client.attempt(LIMIT, "curl", "-sSv", url);
            assertThat(curl.text()).contains("Connection refused");
            assertThat(curl.exit()).isEqualTo(7);
        }
    }

    @Test
    void anUnreachableDestinationLooksUnreachable() {
        tunnel(V4);
        lab.server.ip("route", "add", "unreachable", "10.99.9.9");
        lab.server.ip("route", "add", "unreachable", "fd99::9");
        for (String url : List.of("http://10.99.9.9/", "http://[fd99::9]/")) {
            Namespace.Result curl = lab.client.attempt(LIMIT, "curl", "-sSv", url);
            assertThat(curl.text()).containsIgnoringCase("no route to host");
            assertThat(curl.exit()).isEqualTo(7);
        }
    }

    @Test
    void aBlackHoledDestinationIsSilent() {
        tunnel(V4);
        String cable = lab.server.exec("sh", "-c", "ls /sys/class/net | grep ^b").strip();
        // A neighbour that takes frames and never answers.
        lab.server.ip(
                "neigh",
                "add",
                "10.99.8.8",
                "lladdr",
                "02:00:00:00:00:01",
                "dev",
                cable,
                "nud",
                "permanent");
        lab.server.ip("route", "add", "10.99.8.8", "dev", cable);

        Namespace.Result curl =
                lab.client.attempt(
                        LIMIT, "curl", "-sS", "--connect-timeout", "6", "http://10.99.8.8/");

        assertThat(curl.exit()).as(curl.text()).isEqualTo(28);
    }

    @Test
    void aWrongKeyGetsSilence() {
        lab.culvert(lab.server, "server.json", Configurations.server(lab));
        connect(V4, lab.keys());

        Namespace.Result curl =
                lab.client.attempt(
                        LIMIT, "curl", "-sS", "--connect-timeout", "6", "http://10.77.0.1:8080/");

        assertThat(curl.exit()).as(curl.text()).isEqualTo(28);
        String transfer = lab.client.exec("wg", "show", lab.client.device(), "transfer");
        assertThat(transfer).as("nothing came back").containsPattern("\t0\t[1-9]");
    }
}
