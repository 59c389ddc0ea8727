package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UapiOptionsTest {
    private static final String KEY = "oK56DE9Ue9zK76rAc8pBl6opph+1v36lm7cXXsQKrQM=";
    private static final String PEER_KEY = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=";
    private static final String TUNNEL =
            """
            {"tag": "TAG", "protocol": "wireguard", "port": 0, "settings": {"secretKey": "%s",
             "peers": [{"publicKey": "%s", "endpoint": "192.0.2.1:51820"}]}}
            """
                    .formatted(KEY, PEER_KEY);
    private static final String OUTBOUND =
            TUNNEL.replace("TAG", "out").replace("\"port\": 0, ", "");
    private static final String ONE =
            "{\"inbounds\": [TUNNEL], \"outbounds\": [{\"protocol\": \"freedom\"}]}";
    private static final String TWO = "{\"inbounds\": [TUNNEL], \"outbounds\": [TUNNEL]}";
    private static final String NONE =
            "{\"inbounds\": [{\"protocol\": \"socks\", \"port\": 1}], \"outbounds\": [{\"protocol\": \"freedom\"}]}";

    @TempDir private Path directory;

    private Path file(String text) throws IOException {
        return Files.writeString(
                directory.resolve("c.json"),
                text.replaceFirst("TUNNEL", TUNNEL.replace("TAG", "in"))
                        .replaceFirst("TUNNEL", OUTBOUND));
    }

    private Path named(String name) throws IOException {
        return switch (name) {
            case "one" -> file(ONE);
            case "two" -> file(TWO);
            default -> file(NONE);
        };
    }

    @ParameterizedTest
    @CsvSource({"one, wg0", "one, in=wg0", "two, in=wg0", "two, out=a.b-c_d+e", "one, in=a=b"})
    void aTunnelIsGivenASocket(String file, String option) throws IOException {
        CommandRun check = CommandRun.of("check", "-c", named(file), "--uapi", option);
        assertThat(check).isEqualTo(new CommandRun(0, "Configuration OK.\n", ""));
    }

    @Test
    void severalTunnelsAreGivenOneEach() throws IOException {
        assertThat(CommandRun.of("check", "-c", named("two"), "--uapi", "in=a", "--uapi", "out=b"))
                .isEqualTo(new CommandRun(0, "Configuration OK.\n", ""));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "two  | wg0      | --uapi wg0: the configuration has 2 WireGuard tunnels: say which with --uapi TAG=NAME",
                "none | wg0      | --uapi wg0: nothing in the configuration is a WireGuard tunnel",
                "one  | x=wg0    | --uapi x=wg0: no WireGuard tunnel has the tag \"x\"",
                "one  | in=      | --uapi in=: must be a name of 1 to 15 letters",
                "one  | a/b      | --uapi a/b: must be a name of 1 to 15 letters",
                "one  | 0123456789abcdef | must be a name of 1 to 15 letters",
            })
    void whatCannotBeIsOneLineAndStartsNothing(String file, String option, String complaint)
            throws IOException {
        CommandRun run = CommandRun.of("run", "-c", named(file), "--uapi", option);
        assertThat(run.exitCode()).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(run.errLines()).hasSize(1);
        assertThat(run.err()).contains(complaint);
    }

    @Test
    void oneNameIsForOneTunnel() throws IOException {
        CommandRun run =
                CommandRun.of("check", "-c", named("two"), "--uapi", "in=a", "--uapi", "out=a");
        assertThat(run.exitCode()).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(run.err()).contains("--uapi out=a: another tunnel has the name \"a\" already");
    }

    @Test
    void aDirectoryIsOfNoUseWithoutASocket() throws IOException {
        CommandRun run = CommandRun.of("check", "-c", named("one"), "--uapi-dir", "/tmp");
        assertThat(run.exitCode()).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(run.err()).contains("--uapi-dir /tmp: needs --uapi");
    }

    @Test
    void aSocketThatCannotBeMadeStopsTheStart() throws IOException {
        Path file = named("one");
        Path busy = Files.createFile(directory.resolve("wg0.sock"));
        CommandRun run = CommandRun.of("run", "-c", file, "--uapi", "wg0", "--uapi-dir", directory);
        assertThat(run.exitCode()).isEqualTo(ExitCode.BAD_INPUT);
        assertThat(run.err())
                .contains("--uapi wg0: cannot make the socket " + busy, "not a socket");
        assertThat(run.out()).isEmpty();
    }
}
