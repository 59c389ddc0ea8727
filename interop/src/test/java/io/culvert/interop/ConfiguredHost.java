package io.culvert.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A host that runs Culvert by a file of the directory {@code configurations}, overheard on every
 * cable. Its users are programs of its own, or another host's behind wireguard-go; the world, which
 * it has its default route to, is a host as well, with whatever addresses a test gives it.
 */
final class ConfiguredHost implements AutoCloseable {
    static final Lab.KeyPair HOST =
            new Lab.KeyPair(
                    "sBChe6p0XMug3us8PhJVUwl6Bs/dlFuYsm4596CHinI=",
                    "zIHrWYn3Ubhx+d8LK3UswawpEwrpNW8e4ayOmh45DFk=");
    static final Lab.KeyPair PROVIDER =
            new Lab.KeyPair(
                    "AC/jaKYt8NgW6k+PF7YABPn4ulytxOn2EOClMbcjw0o=",
                    "pNuMrOZOjOto5ojEEgnowUJBJIxvvLtn3+otJ9hlAUc=");
    static final Lab.KeyPair ALICE =
            new Lab.KeyPair(
                    "cL29vKzUP1LMGXzxJYfCme6LmRBykZUm87vP/ziQlE0=",
                    "oWZxUFj8U994x2Ue9hmyc92rfDcXn7PsysFuE99EW2k=");
    static final Lab.KeyPair BOB =
            new Lab.KeyPair(
                    "QPxhIn2W2TbNOswcSBfqIgE5Vm7+9zIo4NdgdFwfG1Q=",
                    "+gg7TqHrHAb3Ytoz1Ceih8BwIgQeraorjBo1LHzZY1s=");

    private static final Duration LIMIT = Duration.ofSeconds(30);

    final Lab lab;
    final Namespace user;
    final Namespace host;
    final Namespace world;
    private final String neighbour;
    private final Path resolvers;
    private @Nullable Sniffer sniffer;
    private @Nullable Spawned culvert;

    /** Programs on the host itself are its users. */
    static ConfiguredHost client() {
        Lab lab = lab();
        lab.client.ip("route", "add", "default", "via", "192.168.77.2");
        lab.client.ip("-6", "route", "add", "default", "via", "fd00:77::2");
        return new ConfiguredHost(lab, lab.client, lab.server, "192.168.77.2");
    }

    /** A user at 192.168.77.1 comes to the host at 192.168.77.2; the world is at 192.168.80.2. */
    static ConfiguredHost server() {
        Lab lab = lab();
        String id = lab.server.name().substring(3);
        Namespace world = new Namespace("cvw" + id, lab.directory);
        String here = "h" + id;
        String there = "i" + id;
        lab.server.ip(
                "link", "add", here, "type", "veth", "peer", "name", there, "netns", world.name());
        lab.server.ip("addr", "add", "192.168.80.1/24", "dev", here);
        lab.server.ip("link", "set", here, "up");
        world.ip("addr", "add", "192.168.80.2/24", "dev", there);
        world.ip("link", "set", there, "up");
        lab.server.ip("route", "add", "default", "via", "192.168.80.2");
        return new ConfiguredHost(lab, lab.server, world, "192.168.80.2");
    }

    private static Lab lab() {
        Requirements.checkSniffer();
        return new Lab(Requirements.newestWireguardGo());
    }

    private ConfiguredHost(Lab lab, Namespace host, Namespace world, String neighbour) {
        this.lab = lab;
        user = lab.client;
        this.host = host;
        this.world = world;
        this.neighbour = neighbour;
        // What ip-netns(8) shows to programs in the namespace as the system's own.
        resolvers = Path.of("/etc/netns", user.name());
    }

    /** The user's, and those of the host where it is the same. */
    void nameServer(String address) {
        try {
            Files.createDirectories(resolvers);
            Files.writeString(
                    resolvers.resolve("resolv.conf"),
                    "nameserver " + address + "\noptions timeout:2 attempts:1\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Gives the world addresses, and servers on all of them; {@code names} are NAME=ADDRESS. */
    void world(List<String> addresses, List<String> nameServers, String... names) {
        List<String> all = new ArrayList<>(addresses);
        all.addAll(nameServers);
        for (String address : all) {
            world.ip("addr", "add", address + "/32", "dev", "lo");
        }
        List<String> arguments = new ArrayList<>(nameServers);
        arguments.addAll(List.of(names));
        lab.origin(world, arguments.toArray(String[]::new));
    }

    /** The world answers from this address where it is free to, and so its wireguard-go. */
    void answersFrom(String address) {
        String cable = "b" + world.name().substring(3);
        world.ip("route", "replace", "192.168.77.0/24", "dev", cable, "src", address);
    }

    /** A provider's wireguard-go in the world, at the port that files name. */
    void provider(int port, String address, String clients) {
        lab.wireguardGo(
                world,
                world.device(),
                port,
                PROVIDER,
                List.of(address),
                "peer",
                HOST.publicKey(),
                "allowed-ips",
                clients);
    }

    /** All that the user sends goes through wireguard-go to the host. */
    void userBehindTunnel(String address, String... more) {
        List<String> peer = new ArrayList<>(List.of("peer", HOST.publicKey()));
        peer.addAll(List.of("endpoint", "192.168.77.2:51820", "allowed-ips", "0.0.0.0/0"));
        peer.addAll(List.of(more));
        lab.wireguardGo(user, ALICE, List.of(address), peer.toArray(String[]::new));
        user.ip("route", "add", "default", "dev", user.device());
    }

    void run(String file) {
        sniffer = new Sniffer(host);
        culvert = lab.culvert(host, file, text(file));
    }

    private static String text(String file) {
        try (InputStream in = ConfiguredHost.class.getResourceAsStream("/configurations/" + file)) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until the program has printed that; its access log is written a little later. */
    void awaitLog(String expected) {
        Objects.requireNonNull(culvert).awaitText(expected, Lab.SOON);
    }

    /** What curl at the user's gets, or {@code failed}. */
    String curl(String... arguments) {
        List<String> command = new ArrayList<>(List.of("curl", "-sS", "-f", "--max-time", "15"));
        command.addAll(List.of(arguments));
        Namespace.Result got = user.attempt(LIMIT, command.toArray(String[]::new));
        return got.exit() == 0 ? got.text() : "failed";
    }

    /** The same where nothing is to come; whether silence is the answer is not waited for. */
    String curlBriefly(String url) {
        return curl("--max-time", "2", url);
    }

    /** What dig at the user's gets, without the comments on errors. */
    String dig(String... arguments) {
        List<String> command = new ArrayList<>(List.of("dig", "+time=5", "+tries=1", "+short"));
        command.addAll(List.of(arguments));
        return user.attempt(LIMIT, command.toArray(String[]::new)).text().strip();
    }

    /** A transfer of some megabytes each way. */
    void iperf3(Iperf3Server server, String address) {
        for (String way : List.of("--get-server-output", "-R")) {
            server.awaitListening(LIMIT);
            Namespace.Result run = user.attempt(LIMIT, "iperf3", "-c", address, "-n", "16M", way);
            assertThat(run.exit()).as(run.text()).isZero();
        }
    }

    /** {@code culvert api} beside the running program. */
    String api(String... arguments) {
        List<String> command =
                new ArrayList<>(List.of(System.getProperty("culvert.root") + "/culvert", "api"));
        command.addAll(List.of(arguments));
        return host.exec(command.toArray(String[]::new));
    }

    /**
     * Holds that these flows were on the cables, {@code PROTOCOL ADDRESS.PORT}, and nothing else.
     */
    void assertOnlyOnCables(String... flows) {
        assertThat(Objects.requireNonNull(sniffer).seen(neighbour, List.of(flows)))
                .containsExactlyInAnyOrder(flows);
    }

    @Override
    public void close() {
        if (world != lab.server) {
            world.close();
        }
        lab.close();
        if (Files.exists(resolvers)) {
            Lab.deleteTree(resolvers);
        }
    }
}
