package io.culvert.interop;

/** The configuration files of the tests: Xray JSON as a user would write it. */
final class Configurations {
    private Configurations() {}

    /**
     * SOCKS5 on 1080, HTTP on 8118, port forwards 8080, 5201 (TCP) and 7007 (UDP) into a tunnel.
     */
    static String client(Lab lab, String outer, Lab.KeyPair server) {
        return client(lab, "", peer(server, outer + ":" + Lab.PORT, ""));
    }

    /** One peer of a client; {@code more} is further members, each with a comma in front. */
    static String peer(Lab.KeyPair server, String endpoint, String more) {
        return "{\"publicKey\": \"%s\", \"endpoint\": \"%s\"%s}"
                .formatted(server.publicKey(), endpoint, more);
    }

    /** The same client with further settings, each with a comma behind, and these peers. */
    static String client(Lab lab, String settings, String peers) {
        return """
        {
          "log": {"loglevel": "info"},
          "inbounds": [
            {"tag": "socks", "listen": "127.0.0.1", "port": 1080, "protocol": "socks",
             "settings": {"auth": "noauth", "udp": true}},
            {"tag": "http", "listen": "127.0.0.1", "port": 8118, "protocol": "http"},
            {"tag": "web", "listen": "127.0.0.1", "port": 8080, "protocol": "dokodemo-door",
             "settings": {"address": "10.77.0.1", "port": 8080, "network": "tcp"}},
            {"tag": "iperf", "listen": "127.0.0.1", "port": 5201, "protocol": "dokodemo-door",
             "settings": {"address": "10.77.0.1", "port": 5201, "network": "tcp"}},
            {"tag": "echo", "listen": "127.0.0.1", "port": 7007, "protocol": "dokodemo-door",
             "settings": {"address": "10.77.0.1", "port": 7, "network": "tcp,udp"}},
          ],
          "outbounds": [
            {"tag": "wg", "protocol": "wireguard", "settings": {
              "secretKey": "%s",
              "address": ["10.77.0.2/32", "fd77::2/128"],
              "remoteDNS": ["10.77.0.1"],
              %s
              "peers": [%s]}}
          ]
        }
        """
                .formatted(lab.clientKeys.privateKey(), settings, peers);
    }

    /** A WireGuard server on 51820 that sends every flow to the network of its host. */
    static String server(Lab lab) {
        return server(lab, "", peer(lab.clientKeys, ""));
    }

    /** The client as peer of a server; {@code more} is further members, with a comma in front. */
    static String peer(Lab.KeyPair client, String more) {
        return """
        {"publicKey": "%s", "allowedIPs": ["10.77.0.2/32", "fd77::2/128"]%s}\
        """
                .formatted(client.publicKey(), more);
    }

    /** The same server with further settings, each with a comma behind, and these peers. */
    static String server(Lab lab, String settings, String peers) {
        return """
        {
          "log": {"loglevel": "info"},
          "inbounds": [
            {"tag": "wg", "port": 51820, "protocol": "wireguard", "settings": {
              "secretKey": "%s",
              "address": ["10.77.0.254", "fd77::fe"],
              %s
              "peers": [%s]}}
          ],
          "outbounds": [
            // The destinations of the tests are private addresses.
            {"protocol": "freedom", "settings": {"finalRules": [{"action": "allow"}]}}
          ]
        }
        """
                .formatted(lab.serverKeys.privateKey(), settings, peers);
    }
}
