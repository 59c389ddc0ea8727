package io.culvert.bench;

import io.culvert.wireguard.PrivateKey;
import io.culvert.wireguard.PublicKey;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The programs of a load run. The two servers, Culvert and wireguard-go, have the same private key
 * and peers and listen on two ports of one address in the server's namespace; beside them run an
 * iperf3 server and an echo. In our own namespace a wireguard-go is the client of either.
 *
 * <p>{@code bench/load} has made both namespaces and removes them.
 */
final class LoadLab implements AutoCloseable {
    static final String INNER = "10.77.0.1";

    private static final int CULVERT_PORT = 51820;
    private static final int WIREGUARD_GO_PORT = 51821;
    private static final long PATIENCE_SECONDS = 300;
    private static final Pattern RATE =
            Pattern.compile("\"sum_received\":\\s*\\{[^}]*\"bits_per_second\":\\s*([0-9.e+]+)");

    private final String namespace;
    private final String address;
    private final Path directory;
    private final String wireguardGo;
    private final List<Process> processes = new ArrayList<>();
    private final PrivateKey serverKey = PrivateKey.generate(new SecureRandomEntropy());
    private final PrivateKey clientKey = PrivateKey.generate(new SecureRandomEntropy());

    private static final class SecureRandomEntropy implements io.culvert.wireguard.Entropy {
        private final SecureRandom random = new SecureRandom();

        @Override
        public void fill(byte[] out, int offset, int length) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            System.arraycopy(bytes, 0, out, offset, length);
        }
    }

    LoadLab(String namespace, String address, Path directory, String wireguardGo) {
        this.namespace = namespace;
        this.address = address;
        this.directory = directory;
        this.wireguardGo = wireguardGo;
    }

    PublicKey serverKey() {
        return serverKey.publicKey();
    }

    /** {@code culvert run} with all peers as inbound; what leaves the tunnel goes to the host. */
    ServerProcess culvert(Initiations initiations) throws IOException {
        StringBuilder peers = new StringBuilder();
        for (int i = 0; i < initiations.peers(); i++) {
            peers.append("{\"publicKey\":\"").append(initiations.publicKey(i).toBase64());
            peers.append("\",\"allowedIPs\":[\"").append(Initiations.address(i)).append("\"]},\n");
        }
        peers.append("{\"publicKey\":\"").append(clientKey.publicKey().toBase64());
        peers.append("\",\"allowedIPs\":[\"10.77.0.2/32\"]}");
        Path file =
                Files.writeString(
                        directory.resolve("server.json"),
                        """
                        {"inbounds":[{"protocol":"wireguard","port":%d,"settings":{
                          "secretKey":"%s","address":["10.77.0.254"],"peers":[%s]}}],
                         "outbounds":[{"protocol":"freedom","settings":{"finalRules":[{"action":"allow"}]}}]}
                        """
                                .formatted(CULVERT_PORT, serverKey.toBase64(), peers));
        Path log = directory.resolve("culvert.log");
        Process process = inServer(log, "./culvert", "run", "-c", file.toString());
        await("Culvert", process, log, () -> contains(log, "ready"));
        return new ServerProcess("Culvert", process, new InetSocketAddress(address, CULVERT_PORT));
    }

    ServerProcess wireguardGo(Initiations initiations) throws IOException {
        String device = "s" + ProcessHandle.current().pid();
        Path log = directory.resolve("wireguard-go.log");
        Process process = inServer(log, wireguardGo, "-f", device);
        await("wireguard-go", process, log, () -> succeeds(prefixed("wg", "show", device)));
        StringBuilder file = new StringBuilder("[Interface]\nPrivateKey = ");
        file.append(serverKey.toBase64()).append("\nListenPort = ").append(WIREGUARD_GO_PORT);
        for (int i = 0; i < initiations.peers(); i++) {
            peer(file, initiations.publicKey(i), Initiations.address(i).toString());
        }
        peer(file, clientKey.publicKey(), "10.77.0.2/32");
        Path conf = Files.writeString(directory.resolve("server.conf"), file.append('\n'));
        run(prefixed("wg", "setconf", device, conf.toString()));
        run(prefixed("ip", "addr", "add", "10.77.0.254/16", "dev", device));
        run(prefixed("ip", "link", "set", device, "mtu", "1420", "up"));
        return new ServerProcess(
                "wireguard-go", process, new InetSocketAddress(address, WIREGUARD_GO_PORT));
    }

    private static void peer(StringBuilder file, PublicKey key, String allowed) {
        file.append("\n[Peer]\nPublicKey = ").append(key.toBase64());
        file.append("\nAllowedIPs = ").append(allowed);
    }

    /** What the tunnel's client talks to, and the client, which has no peer yet. */
    void startTunnelClient() throws IOException {
        Path iperf = directory.resolve("iperf3.log");
        Process server = inServer(iperf, "iperf3", "-s", "--forceflush", "-B", INNER);
        await("iperf3", server, iperf, () -> contains(iperf, "listening"));
        Path echo = directory.resolve("echo.log");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String classes = System.getProperty("java.class.path");
        Process echoServer =
                inServer(
                        echo,
                        java,
                        "-XX:+UseSerialGC",
                        "-Xmx64m",
                        "-cp",
                        classes,
                        RoundTrips.class.getName(),
                        INNER);
        await("echo", echoServer, echo, () -> contains(echo, "ready"));
        Path log = directory.resolve("client.log");
        Process client = start(log, wireguardGo, "-f", client());
        await("wireguard-go", client, log, () -> succeeds("wg", "show", client()));
        Path key = Files.writeString(directory.resolve("client.key"), clientKey.toBase64());
        run("wg", "set", client(), "private-key", key.toString());
        run("ip", "addr", "add", "10.77.0.2/16", "dev", client());
        run("ip", "link", "set", client(), "mtu", "1420", "up");
    }

    private static String client() {
        return "c" + ProcessHandle.current().pid();
    }

    /** The client forgets the other server and has a session with this one. */
    void connect(ServerProcess server) throws IOException {
        String peer = serverKey().toBase64();
        run("wg", "set", client(), "peer", peer, "remove");
        String endpoint = address + ":" + server.address().getPort();
        run(
                "wg",
                "set",
                client(),
                "peer",
                peer,
                "endpoint",
                endpoint,
                "allowed-ips",
                "10.77.0.0/16");
    }

    /** One TCP stream towards the server, in Mb/s; NaN if the tunnel did not carry it. */
    double iperf3(int seconds) throws IOException {
        Path out = directory.resolve("iperf3.json");
        Process run = start(out, "iperf3", "-c", INNER, "-J", "-t", Integer.toString(seconds));
        int exit = exit(run, seconds + 30);
        Matcher rate = RATE.matcher(Files.readString(out));
        return exit == 0 && rate.find() ? Double.parseDouble(rate.group(1)) / 1e6 : Double.NaN;
    }

    /** Datagrams that programs in the server's namespace have taken from their sockets. */
    long datagramsReceived() throws IOException {
        String snmp = run(prefixed("cat", "/proc/net/snmp"));
        List<String> udp = snmp.lines().filter(line -> line.startsWith("Udp: ")).toList();
        // RFC 4113: udpInDatagrams comes first.
        return Long.parseLong(udp.get(1).split(" ", -1)[1]);
    }

    private Process inServer(Path log, String... command) throws IOException {
        return start(log, prefixed(command));
    }

    private String[] prefixed(String... command) {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
        all.addAll(List.of(command));
        return all.toArray(String[]::new);
    }

    private Process start(Path log, String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("WG_PROCESS_FOREGROUND", "1");
        builder.redirectErrorStream(true).redirectOutput(log.toFile());
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    private String run(String... command) throws IOException {
        Path out = directory.resolve("command.out");
        Process process = start(out, command);
        if (exit(process, PATIENCE_SECONDS) != 0) {
            throw new IOException(String.join(" ", command) + " failed: " + Files.readString(out));
        }
        return Files.readString(out);
    }

    private boolean succeeds(String... command) {
        try {
            return exit(start(directory.resolve("command.out"), command), PATIENCE_SECONDS) == 0;
        } catch (IOException _) {
            return false;
        }
    }

    private static boolean contains(Path file, String text) {
        try {
            return Files.readString(file).contains(text);
        } catch (IOException _) {
            return false;
        }
    }

    private static void await(String name, Process process, Path log, BooleanSupplier condition)
            throws IOException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            if (exit(process, 0) >= 0 || System.nanoTime() > end) {
                throw new IOException(name + " did not start: " + Files.readString(log));
            }
        }
    }

    /** The exit code, or -1 if it still runs after that time, or 50 ms. */
    private static int exit(Process process, long seconds) {
        try {
            long millis = Math.max(50, seconds * 1000);
            return process.waitFor(millis, TimeUnit.MILLISECONDS) ? process.exitValue() : -1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        for (Process process : processes.reversed()) {
            process.destroy();
            if (exit(process, 5) < 0) {
                process.destroyForcibly();
            }
        }
        serverKey.destroy();
        clientKey.destroy();
    }
}
