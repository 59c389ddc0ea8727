package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What only a process of its own shows: signals and exit codes. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "there is no SIGTERM")
@Timeout(60)
class ShutdownTest {
    @TempDir private Path directory;

    @Test
    void sigtermClosesInOrderLogsItAndEndsWithZero() throws Exception {
        Path file =
                Files.writeString(
                        directory.resolve("c.json"),
                        """
                        {"inbounds": [{"protocol": "socks", "listen": "127.0.0.1", "port": 0}],
                         "outbounds": [{"protocol": "freedom"}]}
                        """);
        Process process = culvert("run", "-c", file.toString());
        try (BufferedReader out = process.inputReader()) {
            while (!out.readLine().equals("Culvert is ready.")) {
                assertThat(process.isAlive()).isTrue();
            }
            process.destroy();
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(process.exitValue()).isZero();
        assertThat(Files.readAllLines(directory.resolve("err.txt")))
                .last()
                .asString()
                .endsWith(" INFO  cli: closed");
    }

    @Test
    void wrongUsageEndsWithTwo() throws Exception {
        Process process = culvert("run", "--nonsense");
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(2);
    }

    private Process culvert(String... args) throws Exception {
        List<String> command =
                new java.util.ArrayList<>(
                        List.of(
                                System.getProperty("java.home") + "/bin/java",
                                "-cp",
                                System.getProperty("java.class.path"),
                                "--enable-native-access=ALL-UNNAMED",
                                Culvert.class.getName()));
        command.addAll(List.of(args));
        return new ProcessBuilder(command)
                .redirectError(directory.resolve("err.txt").toFile())
                .start();
    }
}
