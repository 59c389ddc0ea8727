package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever is wrong with a file: one line that says where and what would be right, and nothing
 * started.
 */
class BadInputTest {
    private static final String KEY = "oK56DE9Ue9zK76rAc8pBl6opph+1v36lm7cXXsQKrQM=";
    private static final String PEER_KEY = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=";
    private static final String GOOD =
            """
            {
              "log": {"loglevel": "warning"},
              "inbounds": [
                {"tag": "in", "protocol": "socks", "listen": "127.0.0.1", "port": 1080}
              ],
              "outbounds": [{
                "tag": "out", "protocol": "wireguard",
                "settings": {
                  "secretKey": "KEY", "address": ["10.0.0.2/32"], "mtu": 1420,
                  "peers": [{"publicKey": "PEER", "endpoint": "192.0.2.1:51820", "allowedIPs": ["0.0.0.0/0"]}]
                }
              }],
              "routing": {"rules": [{"inboundTag": ["in"], "outboundTag": "out"}]}
            }
            """
                    .replace("KEY", KEY)
                    .replace("PEER", PEER_KEY);
    private static final String FORM = "32 bytes as base64 (44 characters) or as 64 hex digits";

    @TempDir private Path directory;

    @Test
    void theFileThatAllOthersAreMadeOfIsRight() throws IOException {
        CommandRun check = CommandRun.of("check", "-c", write("good.json", GOOD));
        assertThat(check).isEqualTo(new CommandRun(0, "Configuration OK.\n", ""));
        assertThat(CommandRun.of("run", "--test", "-c", write("good.json", GOOD))).isEqualTo(check);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            textBlock =
                    """
                    "KEY"                | "secret"              | outbounds[0].settings.secretKey: is not a key: a key is FORM
                    "secretKey": "KEY",  |                       | outbounds[0].settings.secretKey: is missing: give this side's private key, FORM
                    "PEER"               | "PEER="               | outbounds[0].settings.peers[0].publicKey: is not a key: a key is FORM
                    "publicKey": "PEER", |                       | outbounds[0].settings.peers[0].publicKey: is missing: give the peer's public key, FORM
                    "192.0.2.1:51820"    | "192.0.2.1"           | outbounds[0].settings.peers[0].endpoint: "192.0.2.1" is not host:port, such as vpn.example.net:51820 or [2001:db8::1]:51820
                    "0.0.0.0/0"          | "10.0.0.0/33"         | outbounds[0].settings.peers[0].allowedIPs[0]: "10.0.0.0/33" is not a prefix, such as 0.0.0.0/0 or 10.0.0.2/32
                    "10.0.0.2/32"        | "10.0.0.2/32", "1.2"  | outbounds[0].settings.address[1]: "1.2" is not an IP address, such as 10.0.0.2 or fd00::2/128
                    1420                 | "1420"                | outbounds[0].settings.mtu: must be a whole number from 0 to 65472, not text
                    "wireguard"          | "wiregard"            | outbounds[0].protocol: "wiregard" is not a protocol: use wireguard, freedom, socks, http, loopback, dns or blackhole
                    "socks"              | "socks6"              | inbounds[0].protocol: "socks6" is not supported: use socks, http, mixed, dokodemo-door or wireguard
                    1080                 | 70000                 | inbounds[0].port: must be a whole number from 0 to 65535, not 70000
                    "127.0.0.1"          | "localhost"           | inbounds[0].listen: must be an IP address to listen on, such as 127.0.0.1 or ::1, not "localhost"
                    "outboundTag": "out" | "process": ["../x"], "outboundTag": "out" | routing.rules[0].process[0]: must be the name of a program, its path from the root, or a directory's with / at the end, not "../x"
                    "log":               | "fakeDns": {"ipPool": "198.18.0.1"}, "log": | fakeDns.ipPool: "198.18.0.1" is not a prefix, such as 198.18.0.0/15
                    "log":               | "fakeDns": {"ipPool": "10.0.0.0/30", "poolSize": 5}, "log": | fakeDns.poolSize: is more than the 4 addresses that ipPool has
                    "outboundTag": "out" | "outboundTag": "x"    | routing.rules[0].outboundTag: there is no outbound with the tag "x"
                    "warning"            | "loud"                | log.loglevel: must be debug, info, warning, error or none
                    """)
    void namesFileKeyAndWhatWouldBeRight(String good, String bad, String line) throws IOException {
        String text = GOOD.replace(keys(good), bad == null ? "" : keys(bad));
        assertThat(text).isNotEqualTo(GOOD);
        onlyLine(write("bad.json", text), "bad.json: " + line.replace("FORM", FORM));
    }

    @Test
    void saysWherePeersAreNeeded() throws IOException {
        String text = GOOD.replaceAll("\"peers\": \\[.*\\]\\}\\]", "\"peers\": []");
        assertThat(text).contains("\"peers\": []");
        onlyLine(
                write("bad.json", text),
                "bad.json: outbounds[0].settings.peers: needs at least one peer with publicKey and endpoint");
    }

    @Test
    void saysThatAFileIsMissing() {
        onlyLine(directory.resolve("gone.json"), "gone.json: no such file");
    }

    @Test
    void saysInWhichLineAndColumnJsonIsBroken() throws IOException {
        onlyLine(
                write("bad.json", GOOD.replace("\"port\": 1080", "\"port\" 1080")),
                "bad.json:4:70: broken JSON: unexpected character '1': was expecting a colon to separate"
                        + " property name and value");
    }

    @Test
    void saysWhichLineOfAWgQuickFileIsWrong() throws IOException {
        String conf =
                """
                [Interface]
                PrivateKey = KEY
                Address = 10.0.0.2/32
                [Peer]
                PublicKey = short
                Endpoint = 192.0.2.1:51820
                [Socks5]
                BindAddress = 127.0.0.1:1080
                """
                        .replace("KEY", KEY);
        onlyLine(
                write("bad.conf", conf),
                "bad.conf:5: [Peer] PublicKey: is not a key: a key is " + FORM);
        onlyLine(
                write("bad.conf", conf.replace("PublicKey = short\n", "")),
                "bad.conf:4: [Peer] PublicKey: is missing: give the peer's public key, " + FORM);
        onlyLine(
                write(
                        "bad.conf",
                        conf.replace("short", PEER_KEY).replaceAll("\\[Socks5\\]\nBind.*", "")),
                "bad.conf: nothing listens: add a section such as [Socks5] with BindAddress = 127.0.0.1:1080");
    }

    @Test
    void saysEverythingThatIsWrongAtOnce() throws IOException {
        String text = GOOD.replace(KEY, "a").replace(PEER_KEY, "b").replace("1080", "-1");
        CommandRun run = CommandRun.of("check", "-c", write("bad.json", text));
        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.errLines()).hasSize(3);
    }

    @Test
    void namesWhatIsNotKnownAndGoesOn() throws IOException {
        String text =
                GOOD.replace("\"mtu\"", "\"turbo\": {\"x\": 1}, \"mtu\"")
                        .replace("{\n  \"log\"", "{\n  \"colours\": {}, \"log\"");
        Path file = write("odd.json", text);
        CommandRun run = CommandRun.of("check", "-c", file);
        assertThat(run.exitCode()).isZero();
        assertThat(run.errLines())
                .containsExactlyInAnyOrder(
                        "warning: "
                                + file
                                + ": outbounds[0].settings.turbo: not known to Culvert yet: ignored",
                        "warning: " + file + ": colours: not known to Culvert yet: ignored");
    }

    @ParameterizedTest
    @ValueSource(strings = {"socks", "http", "wireguard"})
    void saysWhichPortIsTaken(String protocol) throws IOException {
        InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
        try (ServerSocket tcp = new ServerSocket(0, 1, loopback);
                var udp = new java.net.DatagramSocket(tcp.getLocalPort(), loopback)) {
            String settings = "{\"secretKey\": \"" + KEY + "\", \"peers\": []}";
            String text =
                    "{\"inbounds\": [{\"protocol\": \"%s\", \"listen\": \"127.0.0.1\", \"port\": %d%s}],"
                                    .formatted(
                                            protocol,
                                            udp.getLocalPort(),
                                            protocol.equals("wireguard")
                                                    ? ", \"settings\": " + settings
                                                    : "")
                            + " \"outbounds\": [{\"protocol\": \"freedom\"}]}";
            Path file = write("busy.json", text);
            CommandRun run = CommandRun.of("run", "-c", file);
            assertThat(run.exitCode()).isEqualTo(2);
            assertThat(run.out()).isEmpty();
            assertThat(run.errLines())
                    .containsExactly(
                            file
                                    + ": inbounds[0].port: cannot listen on "
                                    + (protocol.equals("wireguard") ? "udp" : "tcp")
                                    + ":127.0.0.1:"
                                    + tcp.getLocalPort()
                                    + ": the address is already in use");
        }
    }

    /** Every command that reads the file says the same, ends with 2 and prints nothing else. */
    private void onlyLine(Path file, String line) {
        for (String command : new String[] {"check", "run"}) {
            CommandRun run = CommandRun.of(command, "-c", file);
            assertThat(run.errLines()).containsExactly(file.resolveSibling(line).toString());
            assertThat(run.exitCode()).isEqualTo(2);
            assertThat(run.out()).isEmpty();
        }
    }

    private static String keys(String text) {
        return text.replace("\"KEY\"", '"' + KEY + '"').replace("\"PEER", '"' + PEER_KEY);
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }
}
