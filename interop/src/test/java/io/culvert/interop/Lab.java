package io.culvert.interop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Two hosts joined by a cable: namespaces {@code client} (192.168.77.1, fd00:77::1) and {@code
 * server} (192.168.77.2, fd00:77::2), each with a WireGuard key pair. Inner addresses: client
 * 10.77.0.2 and fd77::2, server 10.77.0.1 and fd77::1.
 */
final class Lab implements AutoCloseable {
    static final Duration SOON = Duration.ofSeconds(20);

    /**
     * Long enough for a JVM among others that start as well, and for the launcher to record a run
     * first.
     */
    static final Duration STARTED = Duration.ofMinutes(1);

    static final int PORT = 51820;

    private static final AtomicInteger NUMBER = new AtomicInteger();

    final Namespace client;
    final Namespace server;
    final KeyPair clientKeys;
    final KeyPair serverKeys;
    final Path directory;

    /** What each Culvert's JVM is told; nothing keeps what the tests themselves were told. */
    String javaOptions = "";

    private final Path wireguardGo;

    /** A WireGuard key pair in base64, made by {@code wg}. */
    record KeyPair(String privateKey, String publicKey) {}

    Lab() {
        this(Requirements.wireguardGo().orElseThrow());
    }

    /** With this wireguard-go instead of the first that is found. */
    Lab(Path wireguardGo) {
        this.wireguardGo = wireguardGo;
        try {
            directory = Files.createTempDirectory("culvert-interop");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String id = Long.toString(ProcessHandle.current().pid()) + NUMBER.incrementAndGet();
        client = new Namespace("cvc" + id, directory);
        server = new Namespace("cvs" + id, directory);
        String a = "a" + id;
        String b = "b" + id;
        client.ip("link", "add", a, "type", "veth", "peer", "name", b, "netns", server.name());
        attach(client, a, "192.168.77.1/24", "fd00:77::1/64");
        attach(server, b, "192.168.77.2/24", "fd00:77::2/64");
        clientKeys = keys();
        serverKeys = keys();
    }

    /** The same, once it is sure that the machine has what a lab takes; else the test skips. */
    static Lab with(Path wireguardGo) {
        Requirements.check();
        return new Lab(wireguardGo);
    }

    static Lab withNewest() {
        return with(Requirements.newestWireguardGo());
    }

    private static void attach(Namespace host, String device, String v4, String v6) {
        host.ip("addr", "add", v4, "dev", device);
        host.ip("addr", "add", v6, "dev", device, "nodad");
        host.ip("link", "set", device, "up");
    }

    KeyPair keys() {
        String secret = Namespace.command(directory, "wg", "genkey").strip();
        Path file = write("key" + NUMBER.incrementAndGet(), secret);
        String open = Namespace.command(directory, "sh", "-c", "wg pubkey < " + file).strip();
        return new KeyPair(secret, open);
    }

    Path write(String name, String text) {
        try {
            return Files.writeString(directory.resolve(name), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** wireguard-go on a kernel TUN in {@code host}, ready to carry. */
    Spawned wireguardGo(Namespace host, KeyPair own, List<String> addresses, String... peer) {
        return wireguardGo(host, host.device(), PORT, own, addresses, peer);
    }

    /** The same with another name and port, for the second in one host. */
    Spawned wireguardGo(
            Namespace host,
            String device,
            int port,
            KeyPair own,
            List<String> addresses,
            String... peer) {
        Spawned program =
                host.spawn(
                        Map.of("WG_PROCESS_FOREGROUND", "1", "LOG_LEVEL", "error"),
                        wireguardGo.toString(),
                        "-f",
                        device);
        program.await(
                "answer on its control socket",
                SOON,
                () -> answers(Path.of("/var/run/wireguard", device + ".sock")));
        Path key = write(device + ".key", own.privateKey());
        List<String> set =
                new ArrayList<>(List.of("wg", "set", device, "private-key", key.toString()));
        set.addAll(List.of("listen-port", Integer.toString(port)));
        set.addAll(List.of(peer));
        host.exec(set.toArray(String[]::new));
        for (String address : addresses) {
            host.ip("addr", "add", address, "dev", device);
        }
        host.ip("link", "set", device, "mtu", "1420", "up");
        return program;
    }

    /**
     * Whether somebody listens at a control socket. Not asked by {@code wg}, which removes the file
     * of a socket that is bound but doesn't listen yet, as every one is for a moment.
     */
    private static boolean answers(Path socket) {
        try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            return probe.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    /** {@code culvert run -c FILE} in {@code host}; returns once it says that it is ready. */
    Spawned culvert(Namespace host, String fileName, String configuration) {
        Path file = write(fileName, configuration);
        Spawned program =
                host.spawn(
                        javaOptions.isEmpty() ? Map.of() : Map.of("CULVERT_JAVA_OPTS", javaOptions),
                        System.getProperty("culvert.root") + "/culvert",
                        "run",
                        "-c",
                        file.toString());
        program.awaitText("ready", STARTED);
        return program;
    }

    /** Our web, echo and name server in {@code host}; the arguments are {@link Origin}'s. */
    Spawned origin(Namespace host, String... arguments) {
        Spawned program = host.spawnJava(Origin.class, arguments);
        program.awaitText("origin ready", SOON);
        return program;
    }

    @Override
    public void close() {
        client.close();
        server.close();
        deleteTree(directory);
    }

    static void deleteTree(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(Lab::delete);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
