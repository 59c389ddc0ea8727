package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PipedReader;
import java.io.PipedWriter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RunCommandTest {
    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

    @TempDir private Path directory;

    @Test
    void saysWhereItListensThenRunsUntilStoppedAndLeavesNothing() throws Exception {
        int port = freePort();
        Path file =
                Files.writeString(
                        directory.resolve("c.json"),
                        """
                        {"inbounds": [{"tag": "in", "protocol": "http", "listen": "127.0.0.1", "port": %d}],
                         "outbounds": [{"protocol": "freedom"}]}
                        """
                                .formatted(port));
        PipedReader output = new PipedReader();
        StringWriter err = new StringWriter();
        CompletableFuture<Integer> exitCode = new CompletableFuture<>();
        PrintWriter out = new PrintWriter(new PipedWriter(output), true);
        Thread running =
                Thread.ofPlatform()
                        .start(() ->
                                exitCode.complete(
                                        Culvert.commandLine(out, new PrintWriter(err, true))
                                                .execute("run", "-c", file.toString())));
        try (BufferedReader lines = new BufferedReader(output)) {
            assertThat(lines.readLine())
                    .isEqualTo("Listening on 127.0.0.1:" + port + ", http (in)");
            assertThat(lines.readLine()).isEqualTo("Culvert is ready.");
            try (Socket client = new Socket(LOOPBACK, port)) {
                assertThat(client.isConnected()).isTrue();
            }
            running.interrupt();
            assertThat(exitCode.get(30, TimeUnit.SECONDS)).isZero();
            assertThat(running.join(Duration.ofSeconds(10))).isTrue();
        }
        try (ServerSocket again = new ServerSocket(port, 1, LOOPBACK)) {
            assertThat(again.isBound()).isTrue();
        }
        assertThat(err.toString())
                .contains(" INFO  ")
                .doesNotContain("WARN")
                .doesNotContain("ERROR");
    }

    @Test
    void takesTheOptionsThatXrayTakes() throws IOException {
        Path json =
                Files.writeString(
                        directory.resolve("a.json"),
                        "{\"inbounds\": [{\"protocol\": \"socks\", \"port\": 1080}]}");
        Files.writeString(directory.resolve("b.yaml"), "outbounds: [{protocol: freedom}]");
        CommandRun ok = new CommandRun(0, "Configuration OK.\n", "");
        assertThat(CommandRun.of("run", "-test", "-confdir", directory)).isEqualTo(ok);
        assertThat(CommandRun.of("run", "-test", "-confdir=" + directory)).isEqualTo(ok);
        Path yaml = directory.resolve("b.yaml");
        assertThat(CommandRun.of("run", "-test", "-c=" + json, "-config=" + yaml)).isEqualTo(ok);
        assertThat(CommandRun.of("check", "-c", json, yaml)).isEqualTo(ok);
    }

    @Test
    void readsStandardInput() throws IOException {
        String json =
                "{\"inbounds\": [{\"protocol\": \"socks\", \"port\": 1080}], \"outbounds\":"
                        + " [{\"protocol\": \"freedom\"}]}";
        assertThat(CommandRun.withInput(json, "run", "-test", "-c", "stdin:"))
                .isEqualTo(new CommandRun(0, "Configuration OK.\n", ""));
        assertThat(
                        CommandRun.withInput(
                                        "inbounds: 1", "check", "-c", "stdin:", "-format", "yaml")
                                .errLines())
                .contains("standard input: inbounds: must be a list, not a number");
    }

    @Test
    void dumpsAllFilesAsOneInJson() throws IOException {
        Path toml =
                Files.writeString(
                        directory.resolve("a.toml"),
                        "[log]\nlogLevel = \"none\"\n[[outbounds]]\ntag = \"x\"\nd = 1.5\n");
        Path yaml =
                Files.writeString(
                        directory.resolve("b.yaml"),
                        "outbounds: [{tag: z, n: null, b: yes, i: 7}]");
        CommandRun dump = CommandRun.of("run", "-dump", "-c", toml, "-c", yaml);
        assertThat(dump.exitCode()).isZero();
        assertThat(dump.out().replaceAll("\\s+", ""))
                .isEqualTo(
                        "{\"log\":{\"logLevel\":\"none\"},\"outbounds\":[{\"tag\":\"z\",\"n\":null,"
                                + "\"b\":true,\"i\":7},{\"tag\":\"x\",\"d\":1.5}]}");
    }

    private static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, LOOPBACK)) {
            return probe.getLocalPort();
        }
    }
}
