package io.culvert.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The whole program reads its file again. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "needs SIGHUP and Unix sockets")
@Timeout(60)
class ReloadTest {
    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

    @TempDir private Path directory;

    private Path file() {
        return directory.resolve("c.json");
    }

    private void write(int... ports) throws IOException {
        List<String> inbounds = new ArrayList<>();
        for (int port : ports) {
            inbounds.add(
                    "{\"tag\": \"in%d\", \"protocol\": \"http\", \"listen\": \"127.0.0.1\", \"port\": %d}"
                            .formatted(port, port));
        }
        Files.writeString(
                file(),
                "{\"inbounds\": %s, \"outbounds\": [{\"protocol\": \"freedom\"}]}"
                        .formatted(inbounds));
    }

    private Process culvert(String log, String... args) throws IOException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                System.getProperty("java.home") + "/bin/java",
                                "-cp",
                                System.getProperty("java.class.path"),
                                "--enable-native-access=ALL-UNNAMED",
                                Culvert.class.getName()));
        command.addAll(List.of(args));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectError(directory.resolve(log).toFile());
        builder.environment().put("XDG_RUNTIME_DIR", directory.toString());
        return builder.start();
    }

    private static void untilReady(BufferedReader out) throws IOException {
        String line = out.readLine();
        while (line != null && !line.equals("Culvert is ready.")) {
            line = out.readLine();
        }
        assertThat(line).isNotNull();
    }

    private static boolean listens(int port) {
        try (Socket client = new Socket(LOOPBACK, port)) {
            return client.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, LOOPBACK)) {
            return probe.getLocalPort();
        }
    }

    private void reload(Process running, int exitCode) throws Exception {
        Process reload = culvert("reload.txt", "reload", "--pid", Long.toString(running.pid()));
        assertThat(reload.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(reload.exitValue()).isEqualTo(exitCode);
    }

    @Test
    void reloadAndSighupReadTheFileAgainAndABadOneIsRefused() throws Exception {
        int one = freePort();
        int two = freePort();
        write(one);
        Process running = culvert("run.txt", "run", "-c", file().toString());
        try (BufferedReader out = running.inputReader()) {
            untilReady(out);
            write(one, two);
            reload(running, ExitCode.OK);
            assertThat(listens(one)).isTrue();
            assertThat(listens(two)).isTrue();

            Files.writeString(
                    file(), "{\"inbounds\": [{\"protocol\": \"socks\", \"port\": true}]}");
            reload(running, ExitCode.BAD_INPUT);
            assertThat(Files.readString(directory.resolve("reload.txt")))
                    .contains("c.json: inbounds[0].port: ");
            assertThat(listens(two)).isTrue();

            write(one);
            new ProcessBuilder("kill", "-HUP", Long.toString(running.pid())).start().waitFor();
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (listens(two)) {
                assertThat(running.isAlive()).isTrue();
                assertThat(System.nanoTime() - end)
                        .as("SIGHUP, unless nohup ignores it")
                        .isNegative();
                Thread.onSpinWait();
            }
            assertThat(listens(one)).isTrue();
        } finally {
            running.destroy();
            assertThat(running.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(running.exitValue()).isZero();
    }

    @Test
    void saysSoWhereNoneRuns() throws Exception {
        Process reload = culvert("reload.txt", "reload", "--pid", "999999999");
        assertThat(reload.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(reload.exitValue()).isEqualTo(ExitCode.FAILURE);
        assertThat(Files.readString(directory.resolve("reload.txt")))
                .contains("The running Culvert cannot be reached");
    }
}
