package io.culvert.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * Culvert and wireguard-go as servers under load, on the same cores, in turns: handshakes answered
 * per second, a tunnel beside a flood of forged initiations, the cost of a wrong mac1. Started by
 * {@code bench/load}, which says what it takes.
 */
final class Load {
    /** Both below the 128 waiting handshakes from which wireguard-go asks for cookies. */
    private static final int[] MOST_UNANSWERED = {48, 100};

    private static final int ADDRESSES = 250;
    private static final double FLOOD_FACTOR = 5;
    private static final double WRONG_MAC1_RATE = 50_000;
    private static final int SEED = 77;
    private static final Duration SETTLE = Duration.ofMillis(1500);

    private final Map<String, String> options;
    private final LoadReport report = new LoadReport("Culvert", "wireguard-go");
    private final int peers;
    private final int rounds;
    private final int perRound;
    private final int warm;
    private final int seconds;

    private Load(Map<String, String> options) {
        this.options = options;
        peers = number("peers", 20_000);
        rounds = number("rounds", 5);
        perRound = number("per-round", 6_000);
        warm = number("warm", 30_000);
        seconds = number("seconds", 4);
    }

    private int number(String name, int otherwise) {
        String value = options.get(name);
        return value == null ? otherwise : Integer.parseInt(value);
    }

    /** NAME=VALUE...: namespace, address, directory, wireguard-go, what, json, and the numbers. */
    public static void main(String[] arguments) throws IOException {
        Map<String, String> options = new HashMap<>();
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            options.put(argument.substring(0, equals), argument.substring(equals + 1));
        }
        new Load(options).run();
    }

    private void run() throws IOException {
        String program = options.get("wireguard-go");
        report.fact("wireguard-go", options.get("wireguard-go-version"));
        report.fact("cores", Runtime.getRuntime().availableProcessors());
        report.fact("peers", peers);
        Path directory = Path.of(options.get("directory"));
        try (LoadLab lab =
                new LoadLab(options.get("namespace"), options.get("address"), directory, program)) {
            boolean floodsOnly = "floods".equals(options.get("what"));
            int needed = warm + (floodsOnly ? 0 : MOST_UNANSWERED.length * rounds * perRound);
            say("preparing " + needed + " initiations of " + peers + " peers");
            Initiations initiations =
                    Initiations.prepare(lab.serverKey(), peers, Math.ceilDiv(needed, peers), SEED);
            say("starting the servers");
            ServerProcess[] servers = {lab.culvert(initiations), lab.wireguardGo(initiations)};
            double floodRate;
            if (floodsOnly) {
                warmUp(servers, initiations);
                floodRate = number("flood-rate", 50_000);
            } else {
                double[] answered = handshakes(servers, initiations);
                // Both get the same flood, by the rate of the faster.
                floodRate = FLOOD_FACTOR * Math.max(answered[0], answered[1]);
            }
            if (!"handshakes".equals(options.get("what"))) {
                ByteBuffer forged = ForgedInitiations.make(lab.serverKey(), true, SEED);
                cost(lab, servers, "right mac1", forged, floodRate);
                lab.startTunnelClient();
                floods(lab, servers, forged, floodRate);
            }
            if ("all".equals(options.get("what"))) {
                ByteBuffer wrong = ForgedInitiations.make(lab.serverKey(), false, SEED);
                cost(lab, servers, "wrong mac1", wrong, WRONG_MAC1_RATE);
                cost(lab, servers, "wrong mac1", wrong, Flood.UNLIMITED);
            }
        }
        Files.writeString(Path.of(options.get("json")), report.json());
        System.out.println();
        System.out.print(report.table());
        System.out.println("the same as JSON: " + options.get("json"));
    }

    private void warmUp(ServerProcess[] servers, Initiations initiations) throws IOException {
        say("warming up with " + warm + " handshakes each");
        for (ServerProcess server : servers) {
            print(server, "warm-up", new HandshakeLoad(initiations, 0).run(server, warm, 48));
        }
    }

    /** Returns the median rates at the first window. */
    private double[] handshakes(ServerProcess[] servers, Initiations initiations)
            throws IOException {
        warmUp(servers, initiations);
        double[] rates = new double[servers.length];
        int position = warm;
        for (int window : MOST_UNANSWERED) {
            List<List<HandshakeLoad.Round>> results = List.of(new ArrayList<>(), new ArrayList<>());
            for (int round = 0; round < rounds; round++, position += perRound) {
                for (int i = 0; i < servers.length; i++) {
                    // Whoever goes second may find a cooler or warmer machine: take turns.
                    int turn = (i + round) % servers.length;
                    HandshakeLoad load = new HandshakeLoad(initiations, position);
                    HandshakeLoad.Round result = load.run(servers[turn], perRound, window);
                    print(servers[turn], window + " unanswered", result);
                    results.get(turn).add(result);
                }
            }
            handshakeRows(window, results.get(0), results.get(1));
            for (int i = 0; i < servers.length && window == MOST_UNANSWERED[0]; i++) {
                rates[i] =
                        LoadReport.median(
                                results.get(i).stream()
                                        .map(HandshakeLoad.Round::perSecond)
                                        .toList());
            }
        }
        return rates;
    }

    private void handshakeRows(
            int window, List<HandshakeLoad.Round> ours, List<HandshakeLoad.Round> theirs) {
        report.row(
                "handshakes answered, " + window + " outstanding",
                "1/s",
                ours.stream().map(HandshakeLoad.Round::perSecond).toList(),
                theirs.stream().map(HandshakeLoad.Round::perSecond).toList());
        report.row(
                "  server's CPU each",
                "us",
                ours.stream().map(r -> r.serverCpuEach() / 1e3).toList(),
                theirs.stream().map(r -> r.serverCpuEach() / 1e3).toList());
        report.row(
                "  cookie replies instead of answers",
                "%",
                ours.stream().map(HandshakeLoad.Round::cookiePercent).toList(),
                theirs.stream().map(HandshakeLoad.Round::cookiePercent).toList());
        report.row(
                "  generator's CPU",
                "cores",
                ours.stream().map(HandshakeLoad.Round::generatorShare).toList(),
                theirs.stream().map(HandshakeLoad.Round::generatorShare).toList());
    }

    private static void print(ServerProcess server, String what, HandshakeLoad.Round round) {
        say(
                "%-13s %-14s %7.0f/s  CPU %6.1f us each  cookies %d  lost %d  generator %.2f cores"
                        .formatted(
                                server.name(),
                                what,
                                round.perSecond(),
                                round.serverCpuEach() / 1e3,
                                round.cookieReplies(),
                                round.lost(),
                                round.generatorShare()));
    }

    private void floods(LoadLab lab, ServerProcess[] servers, ByteBuffer forged, double rate)
            throws IOException {
        FloodedTunnel[] tunnels = new FloodedTunnel[servers.length];
        for (int i = 0; i < servers.length; i++) {
            tunnels[i] = new FloodedTunnel(lab, servers[i], forged, rate, seconds);
        }
        for (int round = 0; round < Math.min(3, rounds); round++) {
            for (FloodedTunnel tunnel : tunnels) {
                say(tunnel.round());
                pause();
            }
        }
        FloodedTunnel.rows(report, tunnels[0], tunnels[1]);
    }

    /** What a flood without anything else costs the servers. */
    private void cost(
            LoadLab lab, ServerProcess[] servers, String what, ByteBuffer messages, double rate)
            throws IOException {
        List<List<Double>> costs = List.of(new ArrayList<>(), new ArrayList<>());
        List<List<Double>> taken = List.of(new ArrayList<>(), new ArrayList<>());
        for (int round = 0; round <= rounds; round++) {
            for (int i = 0; i < servers.length; i++) {
                double[] result = flood(lab, servers[i], what, messages, rate);
                if (round > 0) { // the first warms up
                    costs.get(i).add(result[0]);
                    taken.get(i).add(result[1]);
                }
            }
        }
        String pace = rate == Flood.UNLIMITED ? "all that can be sent" : "%.0f/s".formatted(rate);
        report.row(what + " at " + pace + ": CPU each", "us", costs.get(0), costs.get(1));
        report.row("  taken by the server", "1/s", taken.get(0), taken.get(1));
    }

    /** CPU microseconds for each datagram that the server took, and how many it took a second. */
    private double[] flood(
            LoadLab lab, ServerProcess server, String what, ByteBuffer messages, double rate)
            throws IOException {
        pause();
        long cpu0 = server.cpuNanos();
        long begun = System.nanoTime();
        pause();
        double idle = (double) (server.cpuNanos() - cpu0) / (System.nanoTime() - begun);
        long before = lab.datagramsReceived();
        cpu0 = server.cpuNanos();
        begun = System.nanoTime();
        Flood flood = Flood.start(server.address(), "10.200.1", ADDRESSES, messages, rate);
        LockSupport.parkNanos(Duration.ofSeconds(seconds).dividedBy(2).toNanos());
        flood.close();
        long nanos = System.nanoTime() - begun;
        double cpu = server.cpuNanos() - cpu0 - idle * nanos;
        long received = lab.datagramsReceived() - before;
        say(
                "%-13s %s: sent %.0f/s, taken %d of %d, CPU %.2f us each, generator %.2f"
                        .formatted(
                                server.name(),
                                what,
                                flood.sentPerSecond(),
                                received,
                                flood.sent(),
                                cpu / received / 1e3,
                                flood.generatorShare()));
        return new double[] {cpu / received / 1e3, received * 1e9 / nanos};
    }

    private static void pause() {
        LockSupport.parkNanos(SETTLE.toNanos());
    }

    private static void say(String text) {
        System.out.println(text);
    }
}
