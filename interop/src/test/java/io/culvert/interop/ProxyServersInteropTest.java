package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Our outbounds through proxies that we did not write: microsocks and tinyproxy, both of which want
 * a password. The destination is called localhost, which is the origin's host only where the proxy
 * resolves it.
 */
class ProxyServersInteropTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private Lab lab;

    @BeforeEach
    void cable() {
        Requirements.check();
        Requirements.checkProxies();
        lab = new Lab();
        lab.origin(lab.server);
        lab.server.spawn(
                Map.of(),
                "microsocks",
                "-i",
                "192.168.77.2",
                "-p",
                "1080",
                "-u",
                "ann",
                "-P",
                "s3");
        String tinyproxy =
                """
                Port 8888
                Listen 192.168.77.2
                BasicAuth ann s3
                ConnectPort 8080
                """;
        lab.server.spawn(
                Map.of(),
                "tinyproxy",
                "-d",
                "-c",
                lab.write("tinyproxy.conf", tinyproxy).toString());
        lab.culvert(
                lab.client,
                "proxies.json",
                """
                {"inbounds": [
                   {"tag": "socks", "protocol": "http", "listen": "127.0.0.1", "port": 8001},
                   {"tag": "http", "protocol": "http", "listen": "127.0.0.1", "port": 8002},
                   {"tag": "badSocks", "protocol": "http", "listen": "127.0.0.1", "port": 8003},
                   {"tag": "badHttp", "protocol": "http", "listen": "127.0.0.1", "port": 8004}],
                 "outbounds": [
                   {"protocol": "blackhole"},
                   {"tag": "socks", "protocol": "socks", "settings":
                     {"address": "192.168.77.2", "port": 1080, "user": "ann", "pass": "s3"}},
                   {"tag": "http", "protocol": "http", "settings": {"servers": [
                     {"address": "192.168.77.2", "port": 8888, "users": [{"user": "ann", "pass": "s3"}]}]}},
                   {"tag": "badSocks", "protocol": "socks", "settings":
                     {"address": "192.168.77.2", "port": 1080, "user": "ann", "pass": "s4"}},
                   {"tag": "badHttp", "protocol": "http", "settings":
                     {"address": "192.168.77.2", "port": 8888, "user": "ann", "pass": "s4"}}],
                 "routing": {"rules": [
                   {"inboundTag": ["socks"], "outboundTag": "socks"},
                   {"inboundTag": ["http"], "outboundTag": "http"},
                   {"inboundTag": ["badSocks"], "outboundTag": "badSocks"},
                   {"inboundTag": ["badHttp"], "outboundTag": "badHttp"}]}}
                """);
    }

    @AfterEach
    void unplug() {
        if (lab != null) {
            lab.close();
        }
    }

    private Namespace.Result curl(int port, String path, String... more) {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                "curl",
                                "-sS",
                                "--retry",
                                "5",
                                "--retry-connrefused",
                                "--max-time"));
        command.addAll(List.of("25", "--proxytunnel", "-x", "http://127.0.0.1:" + port));
        command.add("http://localhost:8080" + path);
        command.addAll(List.of(more));
        return lab.client.attempt(LIMIT, command.toArray(String[]::new));
    }

    @Test
    void theOriginIsReachedThroughEither() {
        for (int port : new int[] {8001, 8002}) {
            assertThat(curl(port, "/hello")).isEqualTo(new Namespace.Result(0, Origin.HELLO));
            assertThat(curl(port, "/bytes/3000000", "-o", "/dev/null", "-w", "%{size_download}"))
                    .isEqualTo(new Namespace.Result(0, "3000000"));
        }
    }

    @Test
    void aWrongPasswordIsTheEnd() {
        for (int port : new int[] {8003, 8004}) {
            Namespace.Result refused = curl(port, "/hello");
            // 56: CONNECT failed.
            assertThat(refused.exit()).as(refused.text()).isEqualTo(56);
            assertThat(refused.text()).contains("response 502");
        }
    }
}
