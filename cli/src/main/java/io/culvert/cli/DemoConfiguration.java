package io.culvert.cli;

import io.culvert.wireguard.PresharedKey;
import io.culvert.wireguard.PrivateKey;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** What both ends of the demo's tunnel are told, as Xray's JSON, with keys and ports of its own. */
final class DemoConfiguration {
    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

    private final InetSocketAddress site;
    private final PrivateKey serverKey = PrivateKey.generate(new SystemEntropy());
    private final PrivateKey clientKey = PrivateKey.generate(new SystemEntropy());
    private final String presharedKey = PresharedKey.generate(new SystemEntropy()).toBase64();
    private final int tunnelPort;

    /**
     * @param site where the server leads what its peer sends to {@link DemoNetwork#TARGET}
     */
    DemoConfiguration(InetSocketAddress site) throws IOException {
        this.site = site;
        tunnelPort = freeUdpPort();
    }

    int tunnelPort() {
        return tunnelPort;
    }

    String server() {
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
                        DemoNetwork.TARGET.getAddress().getHostAddress());
    }

    String client(DemoNetwork.Entrances entrances) {
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
                        DemoNetwork.TARGET.getAddress().getHostAddress(),
                        DemoNetwork.TARGET.getPort(),
                        clientKey.toBase64(),
                        serverKey.publicKey().toBase64(),
                        presharedKey,
                        tunnelPort);
    }

    static DemoNetwork.Entrances freeEntrances() throws IOException {
        return new DemoNetwork.Entrances(freeTcpPort(1080), freeTcpPort(8080), freeTcpPort(8088));
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
