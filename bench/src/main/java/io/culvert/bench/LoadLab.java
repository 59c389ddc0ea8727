package io.culvert.bench;

import io.culvert.wireguard.PrivateKey;
import io.culvert.wireguard.PublicKey;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The programs of a load run. The two servers, Culvert and wireguard-go, have the same private key
 * and peers and listen on two ports of one address in the server's namespace; beside them run an
 * iperf3 server and an echo. In our own namespace a wireguard-go is the client of either.
 *
 * <p>{@code bench/load} has made both namespaces and removes them.
 */
final class LoadLab implements AutoCloseable {
    static final String INNER = "10.77.0.1";

    private static final int PATIENCE_SECONDS = 20;
    private static final int CULVERT_PORT = 51820;
    private static final int WIREGUARD_GO_PORT = 51821;
    private static final Pattern RATE =
            Pattern.compile("\"sum_received\":\\s*\\{[^}]*\"bits_per_second\":\\s*([0-9.e+]+)");

    private final String namespace;
    private final String address;
    private final Path directory;
    private final String wireguardGo;
    private final Programs programs;
    private @Nullable Process iperf3Server;
    private final PrivateKey serverKey = PrivateKey.generate(new SecureRandomEntropy());

    /**
     * The client has a key for each server: as both have the same, one that it left would call it
     * back.
     */
    private final PrivateKey culvertClient = PrivateKey.generate(new SecureRandomEntropy());

    private final PrivateKey wireguardGoClient = PrivateKey.generate(new SecureRandomEntropy());

    LoadLab(String namespace, String address, Path directory, String wireguardGo) {
        this.namespace = namespace;
        this.address = address;
        this.directory = directory;
        this.wireguardGo = wireguardGo;
        programs = new Programs(directory);
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
        peers.append("{\"publicKey\":\"").append(culvertClient.publicKey().toBase64());
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
        Programs.await("Culvert", process, log, () -> Programs.contains(log, "ready"));
        return new ServerProcess("Culvert", process, new InetSocketAddress(address, CULVERT_PORT));
    }

    ServerProcess wireguardGo(Initiations initiations) throws IOException {
        String device = "s" + ProcessHandle.current().pid();
        Path log = directory.resolve("wireguard-go.log");
        Process process = inServer(log, wireguardGo, "-f", device);
        Programs.awaitUapi(device, process, log);
        StringBuilder file = new StringBuilder("[Interface]\nPrivateKey = ");
        file.append(serverKey.toBase64()).append("\nListenPort = ").append(WIREGUARD_GO_PORT);
        for (int i = 0; i < initiations.peers(); i++) {
            peer(file, initiations.publicKey(i), Initiations.address(i).toString());
        }
        peer(file, wireguardGoClient.publicKey(), "10.77.0.2/32");
        Path conf = Files.writeString(directory.resolve("server.conf"), file.append('\n'));
        programs.run(prefixed("wg", "setconf", device, conf.toString()));
        programs.run(prefixed("ip", "addr", "add", "10.77.0.254/16", "dev", device));
        programs.run(prefixed("ip", "link", "set", device, "mtu", "1420", "up"));
        return new ServerProcess(
                "wireguard-go", process, new InetSocketAddress(address, WIREGUARD_GO_PORT));
    }

    private static void peer(StringBuilder file, PublicKey key, String allowed) {
        file.append("\n[Peer]\nPublicKey = ").append(key.toBase64());
        file.append("\nAllowedIPs = ").append(allowed);
    }

    /** What the tunnel's client talks to, and the client, which has no peer yet. */
    void startTunnelClient() throws IOException {
        startIperf3Server();
        Path echo = directory.resolve("echo.log");
        Process echoServer = inServer(echo, Programs.java(RoundTrips.class, INNER));
        Programs.await("echo", echoServer, echo, () -> Programs.contains(echo, "ready"));
        Path log = directory.resolve("client.log");
        Process client = programs.start(log, wireguardGo, "-f", client());
        Programs.awaitUapi(client(), client, log);
        programs.run("ip", "addr", "add", "10.77.0.2/16", "dev", client());
        programs.run("ip", "link", "set", client(), "mtu", "1420", "up");
    }

    private void startIperf3Server() throws IOException {
        Path log = directory.resolve("iperf3.log");
        Process server = inServer(log, "iperf3", "-s", "--forceflush", "-B", INNER);
        Programs.await("iperf3", server, log, () -> Programs.contains(log, "listening"));
        iperf3Server = server;
    }

    private static String client() {
        return "c" + ProcessHandle.current().pid();
    }

    /** The client forgets the other server and has a session with this one. */
    void connect(ServerProcess server) throws IOException {
        String peer = serverKey().toBase64();
        programs.run("wg", "set", client(), "peer", peer, "remove");
        PrivateKey ours =
                server.address().getPort() == CULVERT_PORT ? culvertClient : wireguardGoClient;
        Path key = Files.writeString(directory.resolve("client.key"), ours.toBase64());
        programs.run("wg", "set", client(), "private-key", key.toString());
        String endpoint = address + ":" + server.address().getPort();
        programs.run(
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
        Process run =
                programs.start(out, "iperf3", "-c", INNER, "-J", "-t", Integer.toString(seconds));
        int exit = Programs.exit(run, seconds + PATIENCE_SECONDS);
        Matcher rate = RATE.matcher(Files.readString(out));
        if (exit == 0 && rate.find()) {
            return Double.parseDouble(rate.group(1)) / 1e6;
        }
        // The server would wait for the rest, and for nobody else.
        Programs.end(run);
        Programs.end(Objects.requireNonNull(iperf3Server));
        startIperf3Server();
        return Double.NaN;
    }

    /** Datagrams that programs in the server's namespace have taken from their sockets. */
    long datagramsReceived() throws IOException {
        String snmp = programs.run(prefixed("cat", "/proc/net/snmp"));
        List<String> udp = snmp.lines().filter(line -> line.startsWith("Udp: ")).toList();
        // RFC 4113: udpInDatagrams comes first.
        return Long.parseLong(udp.get(1).split(" ", -1)[1]);
    }

    private Process inServer(Path log, String... command) throws IOException {
        return programs.start(log, prefixed(command));
    }

    private String[] prefixed(String... command) {
        return Programs.inNamespace(namespace, command);
    }

    @Override
    public void close() {
        programs.close();
        serverKey.destroy();
        culvertClient.destroy();
        wireguardGoClient.destroy();
    }
}
