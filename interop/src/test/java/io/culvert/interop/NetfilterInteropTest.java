package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Culvert as a gateway that its clients don't know of: the kernel brings to it what is for
 * 198.51.100.9 and 2001:db8:9::9, addresses that nobody has, and its rules send what is for their
 * port 80, and datagrams for port 9, to our origin.
 */
class NetfilterInteropTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final String V4 = "198.51.100.9";
    private static final String V6 = "2001:db8:9::9";
    private static final int REDIRECT = 7893;
    private static final int TPROXY = 7894;

    private static final String REDIRECTED =
            """
            table inet culvert {
              chain pre {
                type nat hook prerouting priority dstnat;
                ip daddr 198.51.100.9 meta l4proto tcp redirect to :7893
                ip6 daddr 2001:db8:9::9 meta l4proto tcp redirect to :7893
              }
            }
            """;

    private static final String TRANSPARENT =
            """
            table inet culvert {
              chain pre {
                type filter hook prerouting priority mangle;
                ip daddr 198.51.100.9 meta l4proto { tcp, udp } tproxy ip to :7894 meta mark set 1 accept
                ip6 daddr 2001:db8:9::9 meta l4proto { tcp, udp } tproxy ip6 to :7894 meta mark set 1 accept
              }
            }
            """;

    private Lab lab;

    @BeforeEach
    void cable() {
        Requirements.check();
        Requirements.checkNetfilter();
        lab = new Lab();
        lab.client.ip("route", "add", V4 + "/32", "via", "192.168.77.2");
        lab.client.ip("-6", "route", "add", V6 + "/128", "via", "fd00:77::2");
        lab.origin(lab.server);
    }

    @AfterEach
    void unplug() {
        if (lab != null) {
            lab.close();
        }
    }

    private Spawned gateway(String rules) {
        lab.server.exec("nft", "-f", lab.write("rules.nft", rules).toString());
        for (String family : List.of("-4", "-6")) {
            lab.server.ip(family, "rule", "add", "fwmark", "1", "lookup", "100");
            lab.server.ip(family, "route", "add", "local", "default", "dev", "lo", "table", "100");
        }
        return lab.culvert(
                lab.server,
                "gateway.json",
                """
                {"inbounds": [
                   {"tag": "redirect", "protocol": "dokodemo-door", "port": %d,
                    "settings": {"network": "tcp", "followRedirect": true}},
                   {"tag": "tproxy", "protocol": "tunnel", "port": %d,
                    "settings": {"network": "tcp,udp", "followRedirect": true},
                    "streamSettings": {"sockopt": {"tproxy": "tproxy"}}}],
                 "outbounds": [
                   {"tag": "nowhere", "protocol": "blackhole"},
                   {"tag": "web", "protocol": "freedom", "settings": {"redirect": "192.168.77.2:%d"}},
                   {"tag": "echo", "protocol": "freedom", "settings": {"redirect": "192.168.77.2:%d"}}],
                 "routing": {"rules": [
                   {"ip": ["%s", "%s"], "port": 80, "network": "tcp", "outboundTag": "web"},
                   {"ip": ["%s", "%s"], "port": 9, "network": "udp", "outboundTag": "echo"}]}}
                """
                        .formatted(REDIRECT, TPROXY, Origin.HTTP, Origin.ECHO, V4, V6, V4, V6));
    }

    private void expectHello(String host) {
        assertThat(lab.client.exec("curl", "-sS", "--max-time", "20", "http://" + host + "/hello"))
                .isEqualTo(Origin.HELLO);
    }

    @Test
    void redirectedConnectionsGoWhereTheirClientsMeant() {
        gateway(REDIRECTED);

        expectHello(V4);
        expectHello("[" + V6 + "]");
    }

    @Test
    void transparentConnectionsGoWhereTheirClientsMeant() {
        gateway(TRANSPARENT);

        expectHello(V4);
        expectHello("[" + V6 + "]");
    }

    @Test
    void transparentDatagramsComeBackFromWhereTheirClientsMeant() {
        gateway(TRANSPARENT);

        assertThat(lab.client.attemptJava(LIMIT, UdpEcho.class, V4, "9", "200", "4000"))
                .isEqualTo(new Namespace.Result(0, "echoed 200\n"));
        assertThat(lab.client.attemptJava(LIMIT, UdpEcho.class, V6, "9", "200", "4000"))
                .isEqualTo(new Namespace.Result(0, "echoed 200\n"));
    }

    @Test
    void whoMeansTheGatewaysOwnPortGoesNowhere() {
        Spawned gateway = gateway(TRANSPARENT);

        for (int port : new int[] {REDIRECT, TPROXY}) {
            Namespace.Result curl =
                    lab.client.attempt(
                            LIMIT,
                            "curl",
                            "-sS",
                            "--max-time",
                            "20",
                            "http://192.168.77.2:" + port + "/hello");
            // 56: the connection was reset; 7: so soon that curl takes it for none.
            assertThat(curl.exit()).as(curl.text()).isIn(56, 7);
        }
        gateway.awaitText("which no rule brought here", LIMIT);
    }
}
