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

/** Culvert as client of wireguard-go on a kernel TUN. */
class OutboundInteropTest {
    private static final String V4 = "192.168.77.2";
    private static final String V6 = "[fd00:77::2]";
    private static final long GIB = 1L << 30;
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Duration LONG = Duration.ofMinutes(3);

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
        lab.wireguardGo(
                lab.server,
                lab.serverKeys,
                List.of("10.77.0.1/24", "fd77::1/64"),
                "peer",
                lab.clientKeys.publicKey(),
                "allowed-ips",
                "10.77.0.2/32,fd77::2/128");
        lab.origin(lab.server);
        lab.culvert(lab.client, "client.json", Configurations.client(lab, outer, lab.serverKeys));
    }

    private String curl(String... arguments) {
        String[] command = new String[arguments.length + 4];
        System.arraycopy(new String[] {"curl", "-sS", "--max-time", "170"}, 0, command, 0, 4);
        System.arraycopy(arguments, 0, command, 4, arguments.length);
        return lab.client.exec(command);
    }

    @ParameterizedTest
    @ValueSource(strings = {V4, V6})
    void everyInboundReachesTheOrigin(String outer) {
        tunnel(outer);

        assertThat(curl("--socks5", "127.0.0.1:1080", "http://10.77.0.1:8080/hello"))
                .isEqualTo(Origin.HELLO);
        assertThat(curl("--socks5", "127.0.0.1:1080", "http://[fd77::1]:8080/hello"))
                .isEqualTo(Origin.HELLO);
        assertThat(curl("--socks5-hostname", "127.0.0.1:1080", "http://origin.test:8080/hello"))
                .isEqualTo(Origin.HELLO);
        assertThat(
                        curl(
                                "--proxytunnel",
                                "-x",
                                "http://127.0.0.1:8118",
                                "http://10.77.0.1:8080/hello"))
                .isEqualTo(Origin.HELLO);
        assertThat(
                        curl(
                                "-x",
                                "http://127.0.0.1:8118",
                                "--data-binary",
                                "some text",
                                "http://[fd77::1]:8080/digest"))
                .isEqualTo("b94f6f125c79e3a5ffaa826f584c10d52ada669e6762051b826b55776d05aed2");
        assertThat(curl("http://127.0.0.1:8080/hello")).isEqualTo(Origin.HELLO);
        assertThat(lab.client.exec(udpThroughSocks("10.77.0.1"))).contains("echoed 200");
        assertThat(lab.client.exec(udpThroughSocks("fd77::1"))).contains("echoed 200");
        assertThat(lab.client.exec(udpThroughSocks("origin.test"))).contains("echoed 200");
        assertThat(lab.client.attemptJava(LIMIT, UdpEcho.class, "127.0.0.1", "7007", "200", "4000"))
                .isEqualTo(new Namespace.Result(0, "echoed 200\n"));
    }

    private String[] udpThroughSocks(String host) {
        return Namespace.java(UdpThroughSocks.class, "1080", host, "7", "200");
    }

    @ParameterizedTest
    @ValueSource(strings = {V4, V6})
    void aGibibyteArrivesWholeInBothDirections(String outer) throws IOException {
        tunnel(outer);
        String expected = Pattern.sha256(GIB);

        String down =
                lab.client.exec(
                        "sh",
                        "-c",
                        "curl -sS --max-time 170 --socks5 127.0.0.1:1080"
                                + " http://10.77.0.1:8080/bytes/"
                                + GIB
                                + " | sha256sum");
        assertThat(down).startsWith(expected);

        String up =
                lab.client.exec(
                        "sh",
                        "-c",
                        String.join(" ", Namespace.java(Pattern.class, Long.toString(GIB)))
                                + " | curl -sS --max-time 170 -x http://127.0.0.1:8118 -T -"
                                + " http://10.77.0.1:8080/digest");
        assertThat(up).isEqualTo(expected);
    }

    @Test
    void iperf3RunsThroughThePortForward() {
        tunnel(V4);
        Iperf3Server server = new Iperf3Server(lab.server);
        for (String streams : List.of("1", "8")) {
            for (String way : List.of("--get-server-output", "-R")) {
                server.awaitListening(LIMIT);
                Namespace.Result run =
                        lab.client.attempt(
                                LIMIT, "iperf3", "-c", "127.0.0.1", "-P", streams, "-t", "3", way);
                assertThat(run.exit()).as(run.text()).isZero();
                System.out.println(way + " x " + streams + ": " + lastRate(run.text()));
            }
        }
    }

    private static String lastRate(String text) {
        return text.lines()
                .filter(line -> line.contains("receiver"))
                .reduce((_, last) -> last)
                .orElse("?");
    }

    @Test
    void aWrongKeyGetsSilence() {
        lab.wireguardGo(
                lab.server,
                lab.serverKeys,
                List.of("10.77.0.1/24"),
                "peer",
                lab.clientKeys.publicKey(),
                "allowed-ips",
                "10.77.0.2/32");
        lab.origin(lab.server);
        lab.culvert(lab.client, "client.json", Configurations.client(lab, V4, lab.keys()));

        Namespace.Result curl =
                lab.client.attempt(
                        LIMIT,
                        "curl",
                        "-sS",
                        "--max-time",
                        "8",
                        "--socks5",
                        "127.0.0.1:1080",
                        "http://10.77.0.1:8080/hello");

        // 28: curl's own limit ran out; nobody answered, and nothing pretended to.
        assertThat(curl.exit()).as(curl.text()).isEqualTo(28);
        assertThat(lab.server.exec("wg", "show", lab.server.device(), "latest-handshakes"))
                .contains("\t0");
    }

    @Test
    void failuresKeepTheirMeaningInSocksReplies() {
        tunnel(V4);
        lab.server.exec("sysctl", "-qw", "net.ipv4.ip_forward=1");
        lab.server.ip("route", "add", "unreachable", "10.99.9.9");

        // 5: connection refused.
        assertThat(socksReply("10.77.0.1", "81")).isEqualTo(5);
        // 4: host unreachable, told by the ICMP error that came back through the tunnel.
        assertThat(socksReply("10.99.9.9", "80")).isEqualTo(4);
    }

    private int socksReply(String host, String port) {
        Namespace.Result result =
                lab.client.attemptJava(LIMIT, SocksReply.class, "1080", host, port);
        assertThat(result.exit()).as(result.text()).isZero();
        return Integer.parseInt(result.text().strip());
    }

    @Test
    void aBlackHoleTimesOut() {
        tunnel(V4);
        lab.server.exec("sysctl", "-qw", "net.ipv4.ip_forward=1");
        lab.server.ip("route", "add", "blackhole", "10.99.8.0/24");

        Namespace.Result result =
                lab.client.attemptJava(LONG, SocksReply.class, "1080", "10.99.8.8", "80");

        // 6: TTL expired, the reply code nearest to a time-out.
        assertThat(result.text().strip()).isEqualTo("6");
    }
}
