package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The system's ping through wireguard-go to Culvert's WireGuard inbound, which asks the real hosts:
 * with sockets for its group (first of the range) and with raw ones.
 */
class PingInteropTest {
    private static final String RAW_SOCKETS = "1 0";
    private static final String PING_SOCKETS = "0 0";
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

    private void tunnel(String groups) {
        lab.server.exec("sysctl", "-q", "-w", "net.ipv4.ping_group_range=" + groups);
        lab.server.ip("addr", "add", "10.77.0.1/32", "dev", "lo");
        lab.server.ip("addr", "add", "fd77::1/128", "dev", "lo");
        lab.culvert(lab.server, "server.json", Configurations.server(lab));
        lab.wireguardGo(
                lab.client,
                lab.clientKeys,
                List.of("10.77.0.2/24", "fd77::2/64"),
                "peer",
                lab.serverKeys.publicKey(),
                "endpoint",
                Pair.V4 + ":" + Lab.PORT,
                "allowed-ips",
                "10.77.0.0/16,10.99.0.0/16,fd77::/64");
        lab.client.ip("route", "add", "10.99.0.0/16", "dev", lab.client.device());
    }

    private Namespace.Result ping(String... arguments) {
        String[] command = new String[arguments.length + 1];
        command[0] = "ping";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        return lab.client.attempt(LIMIT, command);
    }

    /**
     * With {@code -w} a late answer counts, and there may be a sixth ping; without, ping waits two
     * round trips for the last.
     */
    @ParameterizedTest
    @ValueSource(strings = {RAW_SOCKETS, PING_SOCKETS})
    void hostsBehindTheServerAnswer(String groups) {
        tunnel(groups);
        for (String host : List.of("10.77.0.1", "fd77::1")) {
            for (String size : List.of("0", "56", "8000")) {
                Namespace.Result ping =
                        ping("-n", "-c", "5", "-i", "0.05", "-w", "10", "-s", size, host);
                assertThat(ping.text()).doesNotContain("DUP!");
                for (int sequence = 1; sequence <= 5; sequence++) {
                    assertThat(ping.text()).contains("icmp_seq=" + sequence + " ttl");
                }
                assertThat(ping.exit()).as(ping.text()).isZero();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {RAW_SOCKETS, PING_SOCKETS})
    void whoCannotBeReachedIsToldOf(String groups) {
        tunnel(groups);
        lab.server.ip("route", "add", "unreachable", "10.99.9.9");
        Namespace.Result ping = ping("-n", "-c", "1", "-W", "5", "10.99.9.9");
        assertThat(ping.exit()).as(ping.text()).isOne();
        assertThat(ping.text()).contains("Destination Host Unreachable");
    }
}
