package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * A tunnel in a tunnel: wireguard-go at 192.168.77.2 carries the way to two more, behind it at
 * 192.168.81.2 and 192.168.82.2, which are peers of one inner tunnel.
 */
@Execution(ExecutionMode.CONCURRENT)
class ChainInteropTest {
    private static final int MIB = 1 << 20;
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /** As in {@link RestartInteropTest}, and the handshake of the inner tunnel. */
    private static final Duration RECOVERED = Duration.ofSeconds(15 + 13 + 3 + 10 + 10);

    private Lab lab;
    private Namespace one;
    private Namespace two;
    private Lab.KeyPair inner;
    private Spawned outerGo;

    @BeforeEach
    void cable() {
        Requirements.check();
        lab = new Lab();
        lab.server.exec("sysctl", "-qw", "net.ipv4.ip_forward=1");
        inner = lab.keys();
        outerGo = outerServer();
        Lab.KeyPair oneKeys = lab.keys();
        Lab.KeyPair twoKeys = lab.keys();
        one = innerServer(1, oneKeys);
        two = innerServer(2, twoKeys);
        lab.culvert(lab.client, "client.json", client(oneKeys, twoKeys));
    }

    @AfterEach
    void unplug() {
        if (one != null) {
            one.close();
        }
        if (two != null) {
            two.close();
        }
        if (lab != null) {
            lab.close();
        }
    }

    private Spawned outerServer() {
        return lab.wireguardGo(
                lab.server,
                lab.serverKeys,
                List.of("10.77.0.1/24"),
                "peer",
                lab.clientKeys.publicKey(),
                "allowed-ips",
                "10.77.0.2/32");
    }

    /** A host behind the server, with an origin at 10.91.0.1 or 10.92.0.1 inside its tunnel. */
    private Namespace innerServer(int number, Lab.KeyPair keys) {
        String id = number + lab.server.name().substring(3);
        Namespace host = new Namespace("cvi" + id, lab.directory);
        String here = "h" + id;
        String there = "i" + id;
        lab.server.ip(
                "link", "add", here, "type", "veth", "peer", "name", there, "netns", host.name());
        String net = "192.168.8" + number + ".";
        lab.server.ip("addr", "add", net + "1/24", "dev", here);
        lab.server.ip("link", "set", here, "up");
        host.ip("addr", "add", net + "2/24", "dev", there);
        host.ip("link", "set", there, "up");
        host.ip("route", "add", "10.77.0.0/24", "via", net + "1");
        lab.wireguardGo(
                host,
                keys,
                List.of("10.9" + number + ".0.1/32"),
                "peer",
                inner.publicKey(),
                "allowed-ips",
                "10.90.0.2/32");
        host.ip("route", "add", "10.90.0.2/32", "dev", host.device());
        lab.origin(host);
        return host;
    }

    private String client(Lab.KeyPair oneKeys, Lab.KeyPair twoKeys) {
        return """
        {
          "log": {"loglevel": "info"},
          "inbounds": [
            {"listen": "127.0.0.1", "port": 1080, "protocol": "socks", "settings": {"udp": true}},
            {"listen": "127.0.0.1", "port": 8118, "protocol": "http"}
          ],
          "outbounds": [
            {"tag": "inner", "protocol": "wireguard",
             "streamSettings": {"sockopt": {"dialerProxy": "outer"}},
             "settings": {"secretKey": "%s", "address": ["10.90.0.2/32"], "mtu": 1340, "peers": [
               {"publicKey": "%s", "endpoint": "192.168.81.2:51820", "allowedIPs": ["10.91.0.0/16"]},
               {"publicKey": "%s", "endpoint": "192.168.82.2:51820", "allowedIPs": ["10.92.0.0/16"]}
             ]}},
            {"tag": "outer", "protocol": "wireguard",
             "settings": {"secretKey": "%s", "address": ["10.77.0.2/32"], "peers": [
               {"publicKey": "%s", "endpoint": "192.168.77.2:51820"}
             ]}}
          ]
        }
        """
                .formatted(
                        inner.privateKey(),
                        oneKeys.publicKey(),
                        twoKeys.publicKey(),
                        lab.clientKeys.privateKey(),
                        lab.serverKeys.publicKey());
    }

    private Download download(String origin, long length, String... more) {
        String[] options = new String[more.length + 2];
        options[0] = "--socks5";
        options[1] = "127.0.0.1:1080";
        System.arraycopy(more, 0, options, 2, more.length);
        return new Download(lab, lab.client, "http://" + origin + ":8080", length, options);
    }

    @Test
    void twoPeersOfOneTunnelAreReachedThroughAnother() throws IOException {
        for (String origin : List.of("10.91.0.1", "10.92.0.1")) {
            download(origin, 32 * MIB).awaitWhole(LIMIT);
            String up =
                    lab.client.exec(
                            "sh",
                            "-c",
                            String.join(
                                            " ",
                                            Namespace.java(
                                                    Pattern.class, Integer.toString(32 * MIB)))
                                    + " | curl -sS --max-time 30 -x http://127.0.0.1:8118 -T -"
                                    + " http://"
                                    + origin
                                    + ":8080/digest");
            assertThat(up).isEqualTo(Pattern.sha256(32 * MIB));
            assertThat(
                            lab.client.attemptJava(
                                    LIMIT, UdpThroughSocks.class, "1080", origin, "7", "200"))
                    .isEqualTo(new Namespace.Result(0, "echoed 200\n"));
        }
        // What the inner servers see comes out of the outer one.
        assertThat(one.wgShow("endpoints")).startsWith("10.77.0.2:");
        assertThat(two.wgShow("endpoints")).startsWith("10.77.0.2:");
    }

    @Test
    void aDownloadSurvivesTheRestartOfTheServerThatCarriesIt() throws IOException {
        Download download = download("10.91.0.1", 80 * MIB, "--limit-rate", "24M");
        download.awaitArrived(16 * MIB);

        outerGo.close();
        outerGo = outerServer();

        download.awaitWhole(RECOVERED);
    }
}
