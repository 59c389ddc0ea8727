package io.culvert.cli;

import io.culvert.proxy.ConfigNode;
import io.culvert.proxy.Place;
import io.culvert.proxy.Problems;
import io.culvert.proxy.Proxy;
import io.culvert.proxy.StartException;
import io.culvert.wireguard.PresharedKey;
import io.culvert.wireguard.PrivateKey;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Map;

/**
 * Two Culverts in this process, configured as a user would, with a WireGuard tunnel over loopback
 * UDP between them: a server that connects its peer to the network, and a client with a SOCKS5, an
 * HTTP and a forwarded port.
 */
final class DemoNetwork implements AutoCloseable {
    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

    /**
     * What the demo's clients ask for. The server leads it to the site on this machine's loopback,
     * which no tunnel carries as a destination.
     */
    static final InetSocketAddress TARGET =
            new InetSocketAddress(InetAddress.ofLiteral("10.77.0.1"), 80);

    /** Where programs reach the tunnel. */
    record Entrances(InetSocketAddress socks, InetSocketAddress http, InetSocketAddress forward) {}

    private final InetSocketAddress site;
    private final PrivateKey serverKey = PrivateKey.generate(new SystemEntropy());
    private final PrivateKey clientKey = PrivateKey.generate(new SystemEntropy());
    private final String presharedKey = PresharedKey.generate(new SystemEntropy()).toBase64();
    private final int tunnelPort;
    private final Proxy server;
    private Proxy client;
    private Entrances entrances;

    /**
     * Starts both.
     *
     * @param site where the server leads what its peer sends to {@link #TARGET}
     */
    DemoNetwork(InetSocketAddress site) throws IOException, StartException {
        this.site = site;
        tunnelPort = freeUdpPort();
        server = started(serverConfiguration());
        entrances = freeEntrances();
        client = startedClient();
    }

    Entrances entrances() {
        return entrances;
    }

    int tunnelPort() {
        return tunnelPort;
    }

    /** Starts the client anew, so that the next connection has to make a handshake. */
    void restartClient() throws IOException, StartException {
        client.close();
        entrances = freeEntrances();
        client = startedClient();
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }

    private Proxy startedClient() throws StartException {
        try {
            return started(clientConfiguration());
        } catch (StartException e) {
            server.close();
            throw e;
        }
    }

    private String serverConfiguration() {
        return """
        {
          "inbounds": [{
            "tag": "tunnel", "protocol": "wireguard", "listen": "127.0.0.1", "port": %d,
            "settings": {
              "secretKey": "%s", "address": ["10.77.0.1", "fd77::1"],
              "peers": [{
                "publicKey": "%s", "preSharedKey": "%s", "allowedIPs": ["10.77.0.2/32", "fd77::2/128"]
              }]
            }
          }],
          "outbounds": [
            {"tag": "network", "protocol": "freedom"},
            {"tag": "site", "protocol": "freedom", "settings": {
              "redirect": "%s",
              "finalRules": [{"action": "allow", "ip": ["%s"], "port": "%d"}]
            }}
          ],
          "routing": {"rules": [{"ip": ["%s"], "outboundTag": "site"}]}
        }
        """
                .formatted(
                        tunnelPort,
                        serverKey.toBase64(),
                        clientKey.publicKey().toBase64(),
                        presharedKey,
                        DemoPath.authority(site),
                        site.getAddress().getHostAddress(),
                        site.getPort(),
                        TARGET.getAddress().getHostAddress());
    }

    private String clientConfiguration() {
        return """
        {
          "inbounds": [
            {"tag": "socks", "protocol": "socks", "listen": "127.0.0.1", "port": %d,
             "settings": {"udp": true}},
            {"tag": "http", "protocol": "http", "listen": "127.0.0.1", "port": %d},
            {"tag": "forward", "protocol": "dokodemo-door", "listen": "127.0.0.1", "port": %d,
             "settings": {"address": "%s", "port": %d, "network": "tcp,udp"}}
          ],
          "outbounds": [{
            "tag": "tunnel", "protocol": "wireguard",
            "settings": {
              "secretKey": "%s", "address": ["10.77.0.2/32", "fd77::2/128"],
              "peers": [{"publicKey": "%s", "preSharedKey": "%s", "endpoint": "127.0.0.1:%d"}]
            }
          }]
        }
        """
                .formatted(
                        entrances.socks().getPort(),
                        entrances.http().getPort(),
                        entrances.forward().getPort(),
                        TARGET.getAddress().getHostAddress(),
                        TARGET.getPort(),
                        clientKey.toBase64(),
                        serverKey.publicKey().toBase64(),
                        presharedKey,
                        tunnelPort);
    }

    private static Proxy started(String json) throws StartException {
        Problems problems = new Problems();
        Map<String, ConfigNode> members = XrayJsonReader.read("demo", json, problems);
        ConfigNode root = ConfigNode.object(new Place("demo", 0, 0, ""));
        if (members != null) {
            members.forEach(root::put);
        }
        Proxy proxy = Proxy.create(root, problems);
        if (proxy == null) {
            throw new IllegalStateException("the demo's own configuration: " + problems.errors());
        }
        proxy.start();
        return proxy;
    }

    private static Entrances freeEntrances() throws IOException {
        return new Entrances(freeTcpPort(1080), freeTcpPort(8080), freeTcpPort(8088));
    }

    /**
     * The preferred port where it is free, since people know it; else one that the system gives.
     */
    private static InetSocketAddress freeTcpPort(int preferred) throws IOException {
        try (ServerSocket probe = new ServerSocket(preferred, 1, LOOPBACK)) {
            return new InetSocketAddress(LOOPBACK, probe.getLocalPort());
        } catch (IOException taken) {
            try (ServerSocket probe = new ServerSocket(0, 1, LOOPBACK)) {
                return new InetSocketAddress(LOOPBACK, probe.getLocalPort());
            }
        }
    }

    private static int freeUdpPort() throws IOException {
        InetSocketAddress any = new InetSocketAddress(LOOPBACK, 0);
        try (DatagramSocket probe = new DatagramSocket(any)) {
            return probe.getLocalPort();
        }
    }
}
