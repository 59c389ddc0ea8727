package io.culvert.bench;

import io.culvert.wireguard.PrivateKey;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * The programs at both ends of an emulated path, and the path. In the server's namespace a
 * wireguard-go, two iperf3 servers and an echo; in the path's a {@link PathEmulator}; in our own,
 * which is the clients', whichever clients are asked for. {@code bench/paths} has made the
 * namespaces and removes them.
 */
final class PathLab implements AutoCloseable {
    static final int FIRST_PORT = 5201;
    static final int SECOND_PORT = 5202;

    private static final String INNER = "10.77.0.1";
    private static final String SERVER = "192.168.78.1";
    private static final String PATH = "192.168.77.2";
    private static final String PATH_TO_SERVER_PORT = "51820";
    private static final int LINUX_PEER = 0;
    private static final int PEERS = 3;
    private static final int WARM_SECONDS = 4;
    private static final Duration SETTLE = Duration.ofMillis(1500);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Map<String, String> options;
    private final Path directory;
    private final Programs programs;
    private final SecureRandomEntropy entropy = new SecureRandomEntropy();
    private final PrivateKey serverKey = PrivateKey.generate(entropy);
    private final List<PrivateKey> clientKeys = new ArrayList<>();
    private final Map<String, PathClient> clients = new HashMap<>();
    private final Process server;
    private final Process path;
    private final BufferedWriter commands;
    private final BufferedReader answers;

    /**
     * @param options as {@code bench/paths} gives them: {@code server} and {@code path} name the
     *     namespaces, {@code directory}, {@code wireguard-go}, and what clients take
     */
    PathLab(Map<String, String> options) throws IOException {
        this.options = options;
        directory = Path.of(options.get("directory"));
        programs = new Programs(directory);
        for (int i = 0; i < PEERS; i++) {
            clientKeys.add(PrivateKey.generate(entropy));
        }
        path = startPath();
        commands = path.outputWriter();
        answers = path.inputReader();
        answers.readLine(); // it is ready
        server = startServer();
        startIperf3(FIRST_PORT);
        startIperf3(SECOND_PORT);
        Path echo = directory.resolve("echo.log");
        Process process = inServer(echo, Programs.java(TcpRoundTrips.class, INNER));
        Programs.await("echo", process, echo, () -> Programs.contains(echo, "ready"));
    }

    private Process startPath() throws IOException {
        String port = PATH_TO_SERVER_PORT;
        String[] command = Programs.java(PathEmulator.class, PATH, port, SERVER, port);
        return programs.startPiped(
                directory.resolve("path.log"), Programs.inNamespace(options.get("path"), command));
    }

    private Process startServer() throws IOException {
        String device = "s" + ProcessHandle.current().pid();
        Path log = directory.resolve("server.log");
        Process process = inServer(log, options.get("wireguard-go"), "-f", device);
        Programs.awaitUapi(device, process, log);
        StringBuilder file = new StringBuilder("[Interface]\nPrivateKey = ");
        file.append(serverKey.toBase64()).append("\nListenPort = ").append(PATH_TO_SERVER_PORT);
        for (int i = 0; i < PEERS; i++) {
            file.append("\n[Peer]\nPublicKey = ");
            file.append(clientKeys.get(i).publicKey().toBase64());
            file.append("\nAllowedIPs = ").append(innerAddress(i)).append("/32");
        }
        Path conf = Files.writeString(directory.resolve("server.conf"), file.append('\n'));
        programs.run(prefixed("wg", "setconf", device, conf.toString()));
        programs.run(prefixed("ip", "addr", "add", "10.77.0.254/16", "dev", device));
        programs.run(prefixed("ip", "link", "set", device, "mtu", "1420", "up"));
        return process;
    }

    private static String innerAddress(int peer) {
        return "10.77.0." + (2 + peer);
    }

    /** With -J its output can go to the client as JSON; then it doesn't say that it listens. */
    private void startIperf3(int port) throws IOException {
        Path log = directory.resolve("iperf3-" + port + ".log");
        String number = Integer.toString(port);
        Process process = inServer(log, "iperf3", "-s", "-J", "-B", INNER, "-p", number);
        String listening = ":%04X 00000000:0000 0A".formatted(port);
        Programs.await(
                "iperf3", process, log, () -> inServerText("/proc/net/tcp").contains(listening));
    }

    private String inServerText(String file) {
        try {
            return programs.run(prefixed("cat", file));
        } catch (IOException _) {
            return "";
        }
    }

    /** Starts on first use: {@code culvert}, {@code culvert2}, or Linux with that TCP. */
    PathClient client(String kind) throws IOException {
        PathClient known = clients.get(kind);
        if (known != null) {
            return known;
        }
        PathClient client =
                kind.startsWith("culvert")
                        ? startCulvert(kind.equals("culvert") ? 1 : 2)
                        : linux(kind);
        clients.put(kind, client);
        shape(PathShape.parse("1/0/-/0"), 0);
        awaitEcho(client);
        for (boolean up : new boolean[] {true, false}) { // just-in-time compilers are at work
            finish(begin(client, FIRST_PORT, up, WARM_SECONDS), FIRST_PORT, up, WARM_SECONDS);
            settle();
        }
        return client;
    }

    /** Until the last run's packets are gone, and iperf3's server listens again. */
    static void settle() {
        LockSupport.parkNanos(SETTLE.toNanos());
    }

    private PathClient linux(String congestion) throws IOException {
        Process process = null;
        for (PathClient client : clients.values()) {
            process = client.portOffset() == 0 ? client.process() : process;
        }
        String name = "Linux " + congestion.toUpperCase(Locale.ROOT);
        return new PathClient(name, process == null ? startLinux() : process, INNER, 0, congestion);
    }

    private Process startLinux() throws IOException {
        String device = "c" + ProcessHandle.current().pid();
        Path log = directory.resolve("linux.log");
        Process process = programs.start(log, options.get("wireguard-go"), "-f", device);
        Programs.awaitUapi(device, process, log);
        String file =
                """
                [Interface]
                PrivateKey = %s
                [Peer]
                PublicKey = %s
                Endpoint = %s:%s
                AllowedIPs = 10.77.0.0/16
                """
                        .formatted(
                                clientKeys.get(LINUX_PEER).toBase64(),
                                serverKey.publicKey().toBase64(),
                                PATH,
                                PATH_TO_SERVER_PORT);
        Path conf = Files.writeString(directory.resolve("linux.conf"), file);
        programs.run("wg", "setconf", device, conf.toString());
        programs.run("ip", "addr", "add", innerAddress(LINUX_PEER) + "/16", "dev", device);
        programs.run("ip", "link", "set", device, "mtu", "1420", "up");
        return process;
    }

    private PathClient startCulvert(int number) throws IOException {
        int offset = 10_000 * number;
        StringBuilder forwards = new StringBuilder();
        for (int port : new int[] {FIRST_PORT, SECOND_PORT, TcpRoundTrips.PORT}) {
            forwards.append(
                    """
                      {"listen": "127.0.0.1", "port": %d, "protocol": "dokodemo-door",
                       "settings": {"address": "%s", "port": %d, "network": "tcp"}},
                    """
                            .formatted(offset + port, INNER, port));
        }
        String file =
                """
                {"inbounds": [
                %s ],
                 "outbounds": [{"protocol": "wireguard", "settings": {
                  "secretKey": "%s", "address": ["%s/32"], %s
                  "peers": [{"publicKey": "%s", "endpoint": "%s:%s", "allowedIPs": ["10.77.0.0/16"]}]}}]}
                """
                        .formatted(
                                forwards,
                                clientKeys.get(number).toBase64(),
                                innerAddress(number),
                                culvertSettings(options),
                                serverKey.publicKey().toBase64(),
                                PATH,
                                PATH_TO_SERVER_PORT);
        Path conf = Files.writeString(directory.resolve("culvert" + number + ".json"), file);
        Path log = directory.resolve("culvert" + number + ".log");
        Process process = programs.start(log, "./culvert", "run", "-c", conf.toString());
        Programs.await("Culvert", process, log, () -> Programs.contains(log, "ready"));
        return new PathClient("Culvert", process, "127.0.0.1", offset, "");
    }

    /** Members of the outbound's settings, each with a comma behind. */
    static String culvertSettings(Map<String, String> options) {
        String congestion = options.get("congestion");
        String more = options.getOrDefault("settings", "");
        return (congestion == null ? "" : "\"congestion\": \"" + congestion + "\", ")
                + (more.isEmpty() ? "" : more + ",");
    }

    private static void awaitEcho(PathClient client) throws IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (roundTrips(client, Duration.ofMillis(10)).isEmpty()) {
            if (System.nanoTime() > end) {
                throw new IOException("the tunnel of " + client.name() + " carries nothing");
            }
            LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
        }
    }

    static List<Double> roundTrips(PathClient client, Duration time) {
        return TcpRoundTrips.measure(client.host(), client.port(TcpRoundTrips.PORT), time);
    }

    /** The path becomes this, empty; the same seed has the same losses. */
    void shape(PathShape shape, long seed) throws IOException {
        ask("shape " + shape + " " + seed);
    }

    /** What the emulator counted since {@link #shape}, see {@link PathEmulator}. */
    Map<String, Double> report() throws IOException {
        Map<String, Double> report = new HashMap<>();
        for (String pair : ask("report").split(" ", -1)) {
            int equals = pair.indexOf('=');
            report.put(pair.substring(0, equals), Double.valueOf(pair.substring(equals + 1)));
        }
        return report;
    }

    private String ask(String command) throws IOException {
        commands.write(command + "\n");
        commands.flush();
        String answer = answers.readLine();
        if (answer == null) {
            throw new IOException(Files.readString(directory.resolve("path.log")));
        }
        return answer;
    }

    Process serverProcess() {
        return server;
    }

    Process pathProcess() {
        return path;
    }

    /** Datagrams that found a full socket in any of the namespaces: lost, but not by the path. */
    long socketDrops() throws IOException {
        String[] path = Programs.inNamespace(options.get("path"), "cat", "/proc/net/snmp");
        return socketDrops(programs.run(path))
                + socketDrops(inServerText("/proc/net/snmp"))
                + socketDrops(Files.readString(Path.of("/proc/net/snmp")));
    }

    private static long socketDrops(String snmp) {
        List<String> udp = snmp.lines().filter(line -> line.startsWith("Udp: ")).toList();
        int column = Arrays.asList(udp.get(0).split(" ", -1)).indexOf("RcvbufErrors");
        return Long.parseLong(udp.get(1).split(" ", -1)[column]);
    }

    /** Begins one stream through the client's tunnel; {@link #finish} takes its result. */
    Process begin(PathClient client, int serverPort, boolean up, int seconds) throws IOException {
        List<String> command = new ArrayList<>(List.of("iperf3", "-J", "-i", "1"));
        command.addAll(List.of("-c", client.host(), "-p", "" + client.port(serverPort)));
        command.addAll(List.of("-t", Integer.toString(seconds)));
        command.add(up ? "--get-server-output" : "-R");
        if (!client.sender().isEmpty()) {
            command.addAll(List.of("-C", client.sender()));
        }
        return programs.start(output(serverPort), command.toArray(String[]::new));
    }

    Transfer finish(Process iperf3, int serverPort, boolean up, int seconds) throws IOException {
        if (Programs.exit(iperf3, seconds + PATIENCE.toSeconds()) < 0) {
            Programs.end(iperf3);
        }
        return Transfer.parse(Files.readString(output(serverPort)), up);
    }

    private Path output(int serverPort) {
        return directory.resolve("transfer-" + serverPort + ".json");
    }

    private Process inServer(Path log, String... command) throws IOException {
        return programs.start(log, prefixed(command));
    }

    private String[] prefixed(String... command) {
        return Programs.inNamespace(options.get("server"), command);
    }

    @Override
    public void close() {
        programs.close();
        serverKey.destroy();
        clientKeys.forEach(PrivateKey::destroy);
    }
}
