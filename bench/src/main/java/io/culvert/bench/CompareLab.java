package io.culvert.bench;

import io.culvert.wireguard.PrivateKey;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Starts the programs of a comparison: clients in our own network namespace, servers and the
 * services behind them in the server's. {@code bench/compare} has made the namespaces and removes
 * them.
 */
final class CompareLab implements AutoCloseable {
    static final int IPERF3 = 5201;

    private static final String SERVER = "192.168.77.2";
    private static final int FIRST_PORT = 51820;
    private static final int FIRST_FORWARD = 10_000;
    private static final int FORWARDS = 100;
    private static final List<Integer> TCP_SERVICES =
            List.of(IPERF3, ServiceHost.ECHO, ServiceHost.SOURCE);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long POLL_NANOS = 1_000_000;

    private final String namespace;
    private final Path directory;
    private final String wireguardGo;
    private final Programs programs;
    private Process iperf3;

    /**
     * @param options as {@code bench/compare} gives them: {@code server} names the namespace,
     *     {@code directory}, {@code wireguard-go}
     */
    CompareLab(Map<String, String> options) throws IOException {
        namespace = options.get("server");
        directory = Path.of(options.get("directory"));
        wireguardGo = options.get("wireguard-go");
        programs = new Programs(directory);
        Path log = directory.resolve("services.log");
        Process services = programs.start(log, inServer(Programs.java(ServiceHost.class)));
        await("services", services, log, () -> Programs.contains(log, "ready"));
        iperf3 = startIperf3();
    }

    static String innerServer(int pair) {
        return "10.77." + pair + ".1";
    }

    private static String innerClient(int pair) {
        return "10.77." + pair + ".2";
    }

    private static String network(int pair) {
        return "10.77." + pair + ".0/24";
    }

    /** The local port that Culvert's client forwards to that port of the server. */
    static int forwardedPort(int pair, int port) {
        int place =
                port == ServiceHost.DATAGRAMS ? TCP_SERVICES.size() : TCP_SERVICES.indexOf(port);
        return FIRST_FORWARD + FORWARDS * pair + place;
    }

    /** The services, past all tunnels. */
    static InetSocketAddress direct(int port) {
        return new InetSocketAddress(SERVER, port);
    }

    Path log(ComparedPair pair, String end) {
        return directory.resolve(end + pair.number() + ".log");
    }

    /** Looks every millisecond, as what is awaited may be measured. */
    static void await(String name, Process process, Path log, BooleanSupplier condition)
            throws IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (!process.isAlive() || System.nanoTime() > end) {
                throw new IOException(name + " did not start: " + Files.readString(log));
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    Process wireguardGoClient(ComparedPair pair) throws IOException {
        String device = "c" + ProcessHandle.current().pid() + "-" + pair.number();
        String peer =
                "Endpoint = %s:%d\nAllowedIPs = %s\n"
                        .formatted(SERVER, FIRST_PORT + pair.number(), network(pair.number()));
        Path log = log(pair, "client");
        Process process = programs.start(log, wireguardGo, "-f", device);
        Path conf = keys(device, pair.clientKey(), "", pair.serverKey(), peer);
        Programs.awaitUapi(device, process, log);
        programs.run(configure(device, conf, innerClient(pair.number())));
        return process;
    }

    Process wireguardGoServer(ComparedPair pair) throws IOException {
        String device = "s" + ProcessHandle.current().pid() + "-" + pair.number();
        String port = "ListenPort = %d\n".formatted(FIRST_PORT + pair.number());
        String peer = "AllowedIPs = %s/32\n".formatted(innerClient(pair.number()));
        Path log = log(pair, "server");
        Process process = programs.start(log, inServer(wireguardGo, "-f", device));
        Path conf = keys(device, pair.serverKey(), port, pair.clientKey(), peer);
        Programs.awaitUapi(device, process, log);
        programs.run(inServer(configure(device, conf, "10.77." + pair.number() + ".254")));
        return process;
    }

    /** One shell, as each program started costs a start of ours too. */
    private static String[] configure(String device, Path conf, String address) {
        return new String[] {
            "sh",
            "-ec",
            "wg setconf \"$1\" \"$2\"; ip addr add \"$3\" dev \"$1\"; ip link set \"$1\" mtu 1420 up",
            "sh",
            device,
            conf.toString(),
            address + "/24"
        };
    }

    private Path keys(String name, PrivateKey own, String more, PrivateKey peer, String peerMore)
            throws IOException {
        return Files.writeString(
                directory.resolve(name + ".conf"),
                "[Interface]\nPrivateKey = %s\n%s[Peer]\nPublicKey = %s\n%s"
                        .formatted(own.toBase64(), more, peer.publicKey().toBase64(), peerMore));
    }

    /** {@code culvert run} with a port forward for each service. */
    Process culvertClient(ComparedPair pair) throws IOException {
        StringBuilder forwards = new StringBuilder();
        for (int port : TCP_SERVICES) {
            forwards.append(forward(pair.number(), port, "tcp")).append(",\n");
        }
        forwards.append(forward(pair.number(), ServiceHost.DATAGRAMS, "udp"));
        String file =
                """
                {"inbounds": [%s],
                 "outbounds": [{"protocol": "wireguard", "settings": {
                  "secretKey": "%s", "address": ["%s/32"],
                  "peers": [{"publicKey": "%s", "endpoint": "%s:%d", "allowedIPs": ["%s"]}]}}]}
                """
                        .formatted(
                                forwards,
                                pair.clientKey().toBase64(),
                                innerClient(pair.number()),
                                pair.serverKey().publicKey().toBase64(),
                                SERVER,
                                FIRST_PORT + pair.number(),
                                network(pair.number()));
        String conf = write(pair, "client", file);
        return programs.start(log(pair, "client"), "./culvert", "run", "-c", conf);
    }

    private static String forward(int pair, int port, String network) {
        return """
        {"listen": "127.0.0.1", "port": %d, "protocol": "dokodemo-door",
         "settings": {"address": "%s", "port": %d, "network": "%s"}}\
        """
                .formatted(forwardedPort(pair, port), innerServer(pair), port, network);
    }

    /** {@code culvert run}; what leaves the tunnel goes to the host. */
    Process culvertServer(ComparedPair pair) throws IOException {
        String file =
                """
                {"inbounds": [{"protocol": "wireguard", "port": %d, "settings": {
                  "secretKey": "%s", "address": ["10.77.%d.254"],
                  "peers": [{"publicKey": "%s", "allowedIPs": ["%s/32"]}]}}],
                 "outbounds": [{"protocol": "freedom", "settings": {"finalRules": [{"action": "allow"}]}}]}
                """
                        .formatted(
                                FIRST_PORT + pair.number(),
                                pair.serverKey().toBase64(),
                                pair.number(),
                                pair.clientKey().publicKey().toBase64(),
                                innerClient(pair.number()));
        String conf = write(pair, "server", file);
        Path log = log(pair, "server");
        Process process = programs.start(log, inServer("./culvert", "run", "-c", conf));
        await("Culvert", process, log, () -> Programs.contains(log, "is ready"));
        return process;
    }

    private String write(ComparedPair pair, String end, String text) throws IOException {
        Path file = directory.resolve(end + pair.number() + ".json");
        return Files.writeString(file, text).toString();
    }

    private Process startIperf3() throws IOException {
        Path log = directory.resolve("iperf3.log");
        Process process = programs.start(log, inServer("iperf3", "-s", "--forceflush"));
        await("iperf3", process, log, () -> Programs.contains(log, "listening"));
        return process;
    }

    StreamRate streams(ComparedPair pair, int streams, boolean up, int seconds) throws IOException {
        InetSocketAddress to = pair.service(IPERF3);
        Path out = directory.resolve("iperf3.json");
        List<String> command = new ArrayList<>(List.of("iperf3", "-J", "-c", to.getHostString()));
        command.addAll(List.of("-p", "" + to.getPort(), "-t", "" + seconds, "-P", "" + streams));
        if (!up) {
            command.add("-R");
        }
        Process run = programs.start(out, command.toArray(String[]::new));
        if (Programs.exit(run, seconds + PATIENCE.toSeconds()) != 0) {
            // The server would wait for the rest, and for nobody else.
            Programs.end(run);
            Programs.end(iperf3);
            iperf3 = startIperf3();
        }
        return StreamRate.parse(Files.readString(out));
    }

    private String[] inServer(String... command) {
        return Programs.inNamespace(namespace, command);
    }

    @Override
    public void close() {
        programs.close();
    }
}
