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

    private static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, LOOPBACK)) {
            return probe.getLocalPort();
        }
    }
}
