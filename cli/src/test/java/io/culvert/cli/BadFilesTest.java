package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is wrong with files in TOML and YAML, and with several files together: a line each. */
class BadFilesTest {
    private static final String TOML =
            """
            [log]
            loglevel = "warning"
            access = "none"

            [[inbounds]]
            protocol = "socks"
            listen = "127.0.0.1"
            port = 1080

            [[outbounds]]
            tag = "out"
            protocol = "freedom"

            [[routing.rules]]
            port = 25
            outboundTag = "out"
            """;

    private static final String YAML =
            """
            log: {loglevel: warning, access: none}
            inbounds:
            - protocol: socks
              listen: 127.0.0.1
              port: 1080
            outbounds:
            - &out
              tag: out
              protocol: freedom
            routing:
              rules:
              - port: 25
                outboundTag: out
            """;

    @TempDir private Path directory;

    @Test
    void theFilesThatAllOthersAreMadeOfAreRight() throws IOException {
        CommandRun ok = new CommandRun(0, "Configuration OK.\n", "");
        assertThat(CommandRun.of("check", "-c", write("good.toml", TOML))).isEqualTo(ok);
        assertThat(CommandRun.of("check", "-c", write("good.yaml", YAML))).isEqualTo(ok);
        assertThat(CommandRun.of("check", "-c", write("good.yml", YAML))).isEqualTo(ok);
        assertThat(CommandRun.of("check", "-format", "toml", "-c", write("good", TOML)))
                .isEqualTo(ok);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            textBlock =
                    """
                    port = 1080       | port = "x"         | bad.toml: inbounds[0].port: must be a port from 0 to 65535, or ports such as "80,443,8000-8100", not "x"
                    port = 1080       | port = 1080.5      | bad.toml: inbounds[0].port: must be a port from 0 to 65535, or ports such as "80,443,8000-8100"
                    port = 1080       | port =             | bad.toml:8:7: broken TOML: unexpected end of line, expected a value
                    port = 1080       | port = 1080 1      | bad.toml:8:13: broken TOML: unexpected '1', expected a newline or end-of-input
                    port = 1080       | port = 99999       | bad.toml: inbounds[0].port: must be a whole number from 0 to 65535, not 99999
                    listen = "127.0.0.1" | listen = "lan"  | bad.toml: inbounds[0].listen: must be an IP address to listen on, such as 127.0.0.1 or ::1, not "lan"
                    "warning"         | "loud"             | bad.toml: log.loglevel: must be debug, info, warning, error or none
                    outboundTag = "out" | outboundTag = "no" | bad.toml: routing.rules[0].outboundTag: there is no outbound with the tag "no"
                    [[inbounds]]      | [inbounds]         | bad.toml: inbounds: must be a list, not an object
                    """)
    void saysWhatIsWrongInToml(String good, String bad, String line) throws IOException {
        onlyLine(write("bad.toml", replaced(TOML, good, bad)), line);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            textBlock =
                    """
                    port: 1080        | port: ten          | bad.yaml: inbounds[0].port: must be a port from 0 to 65535, or ports such as "80,443,8000-8100", not "ten"
                    port: 1080        | port: yes          | bad.yaml: inbounds[0].port: must be a port from 0 to 65535, or ports such as "80,443,8000-8100"
                    port: 1080        | port: 0x1FFFF      | bad.yaml: inbounds[0].port: must be a whole number from 0 to 65535, not 131071
                    port: 1080        | port: [1080        | bad.yaml:6:10: broken YAML: expected ',' or ']', but got :
                    listen: 127.0.0.1 | listen: on         | bad.yaml: inbounds[0].listen: must be text, not true or false
                    listen: 127.0.0.1 | listen: *other     | bad.yaml:4:11: broken YAML: this alias stands before the end of what it names
                    listen: 127.0.0.1 | listen: !host x    | bad.yaml:4:11: broken YAML: tags other than those of plain types are not read
                    protocol: socks   | <<: [*out]         | bad.yaml:3:8: broken YAML: this alias stands before the end of what it names
                    {loglevel: warning, access: none} | {loglevel: loud} | bad.yaml: log.loglevel: must be debug, info, warning, error or none
                    {loglevel: warning, access: none} | warning     | bad.yaml: log: must be an object, not text
                    outboundTag: out  | outboundTag: no    | bad.yaml: routing.rules[0].outboundTag: must be text, not true or false
                    """)
    void saysWhatIsWrongInYaml(String good, String bad, String line) throws IOException {
        onlyLine(write("bad.yaml", replaced(YAML, good, bad)), line);
    }

    @Test
    void namesTheFileThatHoldsTheValue() throws IOException {
        Path json =
                write(
                        "1.json",
                        "{\"outbounds\": [{\"tag\": \"out\", \"protocol\": 7},"
                                + " {\"tag\": \"b\", \"protocol\": \"freedom\"}]}");
        Path yaml = write("2.yaml", "outbounds: [{tag: c, protocol: freedom}]");
        Path toml = write("3.toml", "[[inbounds]]\nprotocol = \"socks\"\nport = \"x\"\n");
        assertThat(CommandRun.of("check", "-c", json, yaml, toml).errLines())
                .containsExactly(
                        json + ": outbounds[0].protocol: must be text, not a number",
                        toml
                                + ": inbounds[0].port: must be a port from 0 to 65535, or ports"
                                + " such as \"80,443,8000-8100\", not \"x\"");
    }

    @Test
    void whatALaterFileReplacesMayBeWrong() throws IOException {
        Path wrong =
                write(
                        "1.json",
                        "{\"log\": {\"loglevel\": 7}, \"outbounds\": [{\"tag\": \"out\","
                                + " \"protocol\": \"wiregard\"}]}");
        assertThat(CommandRun.of("check", "-c", wrong, write("2.yaml", YAML)))
                .isEqualTo(new CommandRun(0, "Configuration OK.\n", ""));
    }

    @Test
    void saysOfEveryFileThatItIsBroken() throws IOException {
        List<Path> files =
                List.of(
                        write("1.json", "{"),
                        write("2.toml", "a"),
                        write("3.yaml", "a: ]"),
                        write("4.json", "[]"));
        assertThat(CommandRun.of("check", "-confdir", directory).errLines())
                .hasSize(4)
                .zipSatisfy(files, (line, file) -> assertThat(line).startsWith(file + ":"));
    }

    @Test
    void twoOutboundsOfALaterFileMayNotShareATag() throws IOException {
        Path first = write("1.yaml", YAML);
        Path second =
                write(
                        "2.yaml",
                        "outbounds: [{tag: b, protocol: freedom}, {tag: b, protocol: blackhole}]");
        assertThat(CommandRun.of("check", "-c", first, second).errLines())
                .containsExactly(
                        second + ": outbounds[1].tag: another outbound has the tag \"b\" already");
    }

    @Test
    void aDirectoryWithoutFilesIsNoConfiguration() throws IOException {
        Path empty = Files.createDirectory(directory.resolve("empty"));
        assertThat(CommandRun.of("run", "-confdir", empty).errLines())
                .containsExactly(
                        empty
                                + ": holds no configuration: no file there ends in .json, .jsonc,"
                                + " .toml, .yaml or .yml");
    }

    @Test
    void aLogFileThatCannotBeMadeStopsTheStart() throws IOException {
        Path gone = directory.resolve("gone");
        Path file =
                write("log.yaml", YAML.replace("access: none", "access: " + gone + "/access.log"));
        onlyLine(
                file, "log.yaml: log.access: there is no directory \"" + gone + "\" for this file");
        assertThat(gone).doesNotExist();
    }

    /** Both commands say the same, end with 2 and print nothing else. */
    private void onlyLine(Path file, String line) {
        for (String command : new String[] {"check", "run"}) {
            CommandRun run = CommandRun.of(command, "-c", file);
            assertThat(run.errLines()).containsExactly(file.resolveSibling(line).toString());
            assertThat(run.exitCode()).isEqualTo(2);
            assertThat(run.out()).isEmpty();
        }
    }

    private static String replaced(String text, String good, String bad) {
        assertThat(text).contains(good);
        return text.replace(good, bad);
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }
}
