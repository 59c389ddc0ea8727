package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.proxy.Problems;
import io.culvert.proxy.Proxy;
import io.culvert.proxy.ProxySnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands of {@code culvert api}, asked of a proxy in this process. */
@Timeout(60)
class ApiCommandTest {
    private static final String FILE =
            """
            {
              "inbounds": [{"tag": "in", "protocol": "http", "listen": "127.0.0.1", "port": 0,
                "settings": {"accounts": [{"user": "ann", "pass": "one"}]}}],
              "outbounds": [{"tag": "out", "protocol": "freedom"}, {"tag": "hole", "protocol": "blackhole"}],
              "routing": {
                "balancers": [{"tag": "bal", "selector": ["out"]}],
                "rules": [{"ruleTag": "r", "port": 9, "outboundTag": "hole"}, {"port": 7, "balancerTag": "bal"}]},
              "stats": {}, "policy": {"levels": {"0": {"statsUserOnline": true}}},
              "api": {"listen": "127.0.0.1:0", "services":
                ["StatsService", "HandlerService", "RoutingService", "LoggerService"]}
            }
            """;

    @TempDir private Path directory;
    private Proxy proxy;
    private String server;

    @BeforeEach
    void start() throws Exception {
        Problems problems = new Problems();
        proxy =
                Objects.requireNonNull(
                        Proxy.create(
                                ConfigFiles.read(
                                        List.of(write("run.json", FILE)),
                                        ConfigFormat.AUTO,
                                        name -> null,
                                        problems),
                                problems));
        proxy.start();
        server =
                "127.0.0.1:"
                        + proxy.snapshot().inbounds().stream()
                                .filter(inbound -> inbound.protocol().equals("api"))
                                .findFirst()
                                .orElseThrow()
                                .addresses()
                                .getFirst()
                                .getPort();
    }

    @AfterEach
    void stop() {
        proxy.close();
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    private String says(Object... words) {
        CommandRun run = run("", words);
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        return run.out();
    }

    private CommandRun run(String input, Object... words) {
        Object[] all = new Object[words.length + 3];
        all[0] = "api";
        all[1] = words[0];
        all[2] = "-s";
        all[3] = server;
        System.arraycopy(words, 1, all, 4, words.length - 1);
        return CommandRun.withInput(input, all);
    }

    @Test
    void inboundsOfFilesComeAndGo() throws IOException {
        Path one =
                write(
                        "one.json",
                        """
                        {"inbounds": [{"tag": "a", "protocol": "socks", "listen": "127.0.0.1", "port": 0}]}
                        """);
        Path two =
                write(
                        "two.yaml",
                        """
                        inbounds:
                          - {tag: b, protocol: http, listen: 127.0.0.1, port: 0}
                        """);
        assertThat(says("adi", one, two)).isEqualTo("added: a\nadded: b\n");
        assertThat(says("lsi").lines()).contains("in", "a", "b");
        assertThat(proxy.snapshot().inbounds())
                .extracting(ProxySnapshot.Inbound::tag)
                .contains("b");

        says("rmi", "a", "b");
        assertThat(says("lsi").lines()).doesNotContain("a", "b");
    }

    @Test
    void outboundsComeFromStandardInputToo() {
        CommandRun run =
                run("{\"outbounds\": [{\"tag\": \"out-2\", \"protocol\": \"freedom\"}]}", "ado");
        assertThat(run).isEqualTo(new CommandRun(0, "added: out-2\n", ""));
        assertThat(says("lso")).isEqualTo("out\nhole\nout-2\n");
        assertThat(says("bi", "bal")).isEqualTo("bal out\nbal out-2\n");
        says("bo", "-b", "bal", "out-2");
        assertThat(says("bi", "bal")).isEqualTo("bal out-2\n");
        says("bo", "-b", "bal", "-r");
        assertThat(says("bi", "bal")).isEqualTo("bal out\nbal out-2\n");
    }

    @Test
    void usersComeAndGo() throws IOException {
        Path more = write("more.json", FILE.replace("ann", "bob"));
        assertThat(says("adu", more)).isEqualTo("added: in bob\n");
        assertThat(says("inbounduser", "-tag", "in")).isEqualTo("ann\nbob\n");
        assertThat(says("inbounduser", "-tag", "in", "-email", "bob")).isEqualTo("bob\n");
        assertThat(says("inboundusercount", "-tag", "in")).isEqualTo("2\n");
        says("rmu", "-tag", "in", "bob");
        assertThat(says("inboundusercount", "-tag", "in")).isEqualTo("1\n");
        assertThat(says("statsgetallonlineusers")).isEmpty();
    }

    @Test
    void rulesAreListedAndGo() {
        assertThat(says("lsrules")).isEqualTo("hole r\nbal\n");
        says("rmrules", "r");
        assertThat(says("lsrules")).isEqualTo("bal\n");
        says("restartlogger");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            textBlock =
                    """
                    adi | {"inbounds": [{"tag": "a", "protocol": "socks", "port": 0}, {"tag": "b", "protocol": "socks"}]} | inbounds[1].port: is missing: give the port to listen on
                    adi | {"inbounds": [{"tag": "a", "protocol": "http", "port": 0, "streamSettings": {"sockopt": {"mark": 7}}}]} | inbounds[0].streamSettings.sockopt: cannot be given by the API
                    adi | {"outbounds": []} | inbounds: holds nothing that could be added
                    ado | {"outbounds": [{"tag": "a", "protocol": "freedom", "sendThrough": "127.0.0.1"}]} | outbounds[0].sendThrough: cannot be given by the API
                    adu | {"inbounds": [{"tag": "a", "protocol": "dokodemo-door", "port": 1, "settings": {"address": "a.test"}}]} | inbounds[0]: is an inbound that has no users
                    """)
    void aFileThatIsWrongChangesNothing(String command, String text, String line)
            throws IOException {
        Path file = write("bad.json", text);
        CommandRun run = run("", command, file);

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.errLines()).containsExactly(file + ": " + line);
        assertThat(says("lsi").lines()).doesNotContain("a");
    }

    @Test
    void whatTheProxyRefusesIsSaid() throws IOException {
        CommandRun run = run("", "adi", write("again.json", FILE.replace("\"stats\": {},", "")));
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.errLines()).containsExactly("api: an inbound has the tag \"in\" already");
    }
}
