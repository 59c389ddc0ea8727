package io.culvert.interop;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** Culvert and wireguard-go as the two ends of one tunnel, an origin behind the server. */
final class Pair {
    static final String V4 = "192.168.77.2";
    static final String V6 = "[fd00:77::2]";

    /** What Culvert is. */
    enum Role {
        OUTBOUND,
        INBOUND
    }

    /**
     * What differs from a plain tunnel: an empty preshared key is none, 0 no keepalive; settings of
     * Culvert's have a comma behind.
     */
    record Options(
            String endpoint,
            int keepalive,
            String goPreshared,
            String culvertPreshared,
            String settings) {
        static final Options PLAIN = at(V4 + ":" + Lab.PORT);
        static final Options KEPT_ALIVE = PLAIN.keptAlive(1);

        static Options at(String endpoint) {
            return new Options(endpoint, 0, "", "", "");
        }

        Options keptAlive(int seconds) {
            return new Options(endpoint, seconds, goPreshared, culvertPreshared, settings);
        }

        Options preshared(String ofGo, String ofCulvert) {
            return new Options(endpoint, keepalive, ofGo, ofCulvert, settings);
        }

        Options with(String more) {
            return new Options(endpoint, keepalive, goPreshared, culvertPreshared, more);
        }
    }

    final Lab lab;
    final Role role;
    final Spawned culvert;
    private final Options options;
    private Spawned go;

    Pair(Lab lab, Role role, Options options) {
        this.lab = lab;
        this.role = role;
        this.options = options;
        // On the loopback, where the origin's connections survive a server that is restarted.
        lab.server.ip("addr", "add", "10.77.0.1/32", "dev", "lo");
        lab.server.ip("addr", "add", "fd77::1/128", "dev", "lo");
        lab.origin(lab.server);
        if (role == Role.OUTBOUND) {
            go = startGo();
            culvert = lab.culvert(lab.client, "client.json", clientFile());
        } else {
            String peer = Configurations.peer(lab.clientKeys, preshared());
            culvert =
                    lab.culvert(
                            lab.server,
                            "server.json",
                            Configurations.server(lab, options.settings, peer));
            go = startGo();
        }
    }

    /** Every role with every wireguard-go that is here. */
    static Stream<Arguments> everyRoleAndProgram() {
        return Requirements.everyWireguardGo()
                .flatMap(program ->
                        Stream.of(Role.values()).map(role -> Arguments.of(role, program)));
    }

    private String clientFile() {
        String more = preshared();
        if (options.keepalive > 0) {
            more += ", \"keepAlive\": " + options.keepalive;
        }
        String peer = Configurations.peer(lab.serverKeys, options.endpoint, more);
        return Configurations.client(lab, options.settings, peer);
    }

    private String preshared() {
        return options.culvertPreshared.isEmpty()
                ? ""
                : ", \"preSharedKey\": \"" + options.culvertPreshared + '"';
    }

    private Spawned startGo() {
        boolean server = role == Role.OUTBOUND;
        Lab.KeyPair own = server ? lab.serverKeys : lab.clientKeys;
        return lab.wireguardGo(
                goHost(),
                own,
                server
                        ? List.of("10.77.0.1/24", "fd77::1/64")
                        : List.of("10.77.0.2/24", "fd77::2/64"),
                goPeer());
    }

    /** Every role with the newest wireguard-go that is here. */
    static Stream<Arguments> everyRole() {
        Path newest = Requirements.newestWireguardGo();
        return Stream.of(Role.values()).map(role -> Arguments.of(role, newest));
    }

    /** What {@code wg set} is told of Culvert. */
    private String[] goPeer() {
        List<String> peer = new ArrayList<>(List.of("peer", culvertKey()));
        if (!options.goPreshared.isEmpty()) {
            peer.add("preshared-key");
            peer.add(lab.write("go.psk", options.goPreshared).toString());
        }
        if (role == Role.OUTBOUND) {
            peer.addAll(List.of("allowed-ips", "10.77.0.2/32,fd77::2/128"));
        } else {
            peer.addAll(List.of("allowed-ips", "10.77.0.0/16,fd77::/64"));
            peer.addAll(List.of("endpoint", options.endpoint));
            peer.addAll(List.of("persistent-keepalive", Integer.toString(options.keepalive)));
        }
        return peer.toArray(String[]::new);
    }

    Namespace goHost() {
        return role == Role.OUTBOUND ? lab.server : lab.client;
    }

    Namespace culvertHost() {
        return role == Role.OUTBOUND ? lab.client : lab.server;
    }

    String culvertKey() {
        return (role == Role.OUTBOUND ? lab.clientKeys : lab.serverKeys).publicKey();
    }

    /** The origin as a program at the client sees it. */
    String web() {
        return role == Role.OUTBOUND ? "http://127.0.0.1:8080" : "http://10.77.0.1:8080";
    }

    Namespace.Result hello(int seconds) {
        return lab.client.attempt(
                Lab.SOON, "curl", "-sS", "-m", Integer.toString(seconds), web() + "/hello");
    }

    Download download(long length, String... curl) {
        return new Download(lab, lab.client, web(), length, curl);
    }

    /** How many sessions Culvert has said that it has made. */
    long handshakes() {
        return culvert.text().lines().filter(line -> line.contains("completed")).count();
    }

    /** Takes away wireguard-go with its interface and starts it anew with the same settings. */
    void restartGo() {
        go.close();
        go = startGo();
    }

    /** Has wireguard-go forget Culvert and know it again, where it was, without any session. */
    void forgetAndAdd() {
        String endpoint = goHost().wgShow("endpoints");
        goHost().wg("peer", culvertKey(), "remove");
        goHost().wg(goPeer());
        goHost().wg("peer", culvertKey(), "endpoint", endpoint);
    }

    /** Has wireguard-go take another key and its own again, after which no old session sends. */
    void changeKeysAndBack() {
        Lab.KeyPair own = role == Role.OUTBOUND ? lab.serverKeys : lab.clientKeys;
        String other = lab.write("other.key", lab.keys().privateKey()).toString();
        goHost().wg("private-key", other);
        goHost().wg("private-key", lab.write("own.key", own.privateKey()).toString());
    }
}
