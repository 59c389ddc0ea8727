package io.culvert.interop;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * {@code culvert run --uapi NAME}, and {@code wg} on it. The sockets of all are in one directory,
 * so that each has a name of its own.
 */
record ManagedCulvert(Lab lab, Spawned program, String name) {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final AtomicInteger NUMBER = new AtomicInteger();

    static ManagedCulvert run(Lab lab, Namespace host, String configuration) {
        String name = freshName();
        Path file = lab.write(name + ".json", configuration);
        Spawned program = spawn(host, file, "--uapi", name);
        program.awaitText("ready", Lab.STARTED);
        return new ManagedCulvert(lab, program, name);
    }

    static String freshName() {
        return "cu" + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet();
    }

    static Spawned spawn(Namespace host, Path file, String... options) {
        List<String> command =
                new ArrayList<>(
                        List.of(System.getProperty("culvert.root") + "/culvert", "run", "-c"));
        command.add(file.toString());
        command.addAll(List.of(options));
        return host.spawn(Map.of(), command.toArray(String[]::new));
    }

    static Path socket(String name) {
        return Path.of("/var/run/wireguard", name + ".sock");
    }

    /** {@code wg VERB NAME ARGUMENTS}; anything but success fails the test. */
    String wg(String verb, String... arguments) {
        Namespace.Result result = attempt(verb, arguments);
        if (result.exit() != 0) {
            throw new AssertionError(
                    "wg "
                            + verb
                            + " "
                            + String.join(" ", arguments)
                            + "\n"
                            + result.text()
                            + program.text());
        }
        return result.text();
    }

    /** The same, whatever the outcome. */
    Namespace.Result attempt(String verb, String... arguments) {
        List<String> command = new ArrayList<>(List.of("wg", verb, name));
        command.addAll(List.of(arguments));
        return lab.server.attempt(LIMIT, command.toArray(String[]::new));
    }

    /** {@code wg VERB NAME FILE} with this text in the file. */
    String configure(String verb, String text) {
        return wg(verb, lab.write(name + ".conf", text).toString());
    }

    /** What it answers to these lines of the protocol. */
    String raw(String request) {
        try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket(name)))) {
            ByteBuffer bytes = ByteBuffer.wrap(request.getBytes(US_ASCII));
            while (bytes.hasRemaining()) {
                client.write(bytes);
            }
            client.shutdownOutput();
            return new String(Channels.newInputStream(client).readAllBytes(), US_ASCII);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
