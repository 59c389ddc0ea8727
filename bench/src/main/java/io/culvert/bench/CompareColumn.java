package io.culvert.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * One measurement of a comparison and the quantities that it gives.
 *
 * @param name by which {@code bench/compare} is asked for it
 * @param warmUps rounds that don't count
 * @param once whether the processes' lives have one such value, not one a round
 */
record CompareColumn(
        String name,
        int warmUps,
        boolean once,
        List<Quantity> quantities,
        Measurement measurement) {
    /** Opening and closing runs more code than anything else, and takes 25 s to get compiled. */
    private static final int CONNECTION_WARM_UPS = 5;

    private static final int[] STREAMS = {1, 8};
    private static final int[] DATAGRAM_LENGTHS = {64, 1400};
    private static final double MOST_DATAGRAMS = 400_000;
    private static final Duration PROBE = Duration.ofMillis(500);
    private static final Duration COLD = Duration.ofSeconds(1);
    private static final Duration QUIET = Duration.ofSeconds(2);

    /** What a row of the table is. */
    record Quantity(String name, String unit) {}

    /** Gives a value for each quantity. */
    interface Measurement {
        List<Double> of(ComparedPair pair) throws IOException;
    }

    /** The first table, in the order in which it is measured. */
    static List<CompareColumn> tcp(CompareLab lab, int seconds, int connections, int idle) {
        List<CompareColumn> columns = new ArrayList<>();
        for (int streams : STREAMS) {
            columns.add(streams(lab, streams, true, seconds));
            columns.add(streams(lab, streams, false, seconds));
        }
        columns.add(latency(seconds));
        columns.add(requests(connections, seconds));
        columns.add(connections(connections, seconds));
        columns.add(memory());
        columns.add(start());
        columns.add(idle(idle));
        return columns;
    }

    /** The second table. */
    static List<CompareColumn> udp() {
        return Arrays.stream(DATAGRAM_LENGTHS).mapToObj(CompareColumn::datagrams).toList();
    }

    private static CompareColumn warm(String name, Measurement measurement, Quantity... rows) {
        return new CompareColumn(name, 1, false, List.of(rows), measurement);
    }

    private static CompareColumn streams(CompareLab lab, int streams, boolean up, int seconds) {
        String name = streams + (streams == 1 ? " stream " : " streams ") + (up ? "up" : "down");
        return warm(
                "streams",
                pair -> {
                    long client = Programs.cpuNanos(pair.client());
                    long server = Programs.cpuNanos(pair.server());
                    StreamRate rate = lab.streams(pair, streams, up, seconds);
                    return List.of(
                            rate.megabits(),
                            (double) (Programs.cpuNanos(pair.client()) - client) / rate.bytes(),
                            (double) (Programs.cpuNanos(pair.server()) - server) / rate.bytes());
                },
                new Quantity(name, "Mb/s"),
                new Quantity(name + ": CPU of the client", "ns/byte"),
                new Quantity(name + ": CPU of the server", "ns/byte"));
    }

    private static CompareColumn latency(int seconds) {
        return warm(
                "latency",
                pair -> {
                    InetSocketAddress echo = pair.service(ServiceHost.ECHO);
                    Duration time = Duration.ofSeconds(seconds);
                    List<Double> millis =
                            TcpRoundTrips.measure(echo.getHostString(), echo.getPort(), time, 0);
                    Collections.sort(millis);
                    return List.of(
                            1e3 * RoundTrips.at(millis, 0.5), 1e3 * RoundTrips.at(millis, 0.99));
                },
                new Quantity("request round trip, p50", "us"),
                new Quantity("request round trip, p99", "us"));
    }

    private static CompareColumn requests(int connections, int seconds) {
        return warm(
                "requests",
                pair ->
                        List.of(
                                EchoLoad.requests(
                                        pair.service(ServiceHost.ECHO),
                                        connections,
                                        Duration.ofSeconds(seconds))),
                new Quantity("requests on " + connections + " connections", "1/s"));
    }

    private static CompareColumn connections(int atATime, int seconds) {
        return new CompareColumn(
                "connections",
                CONNECTION_WARM_UPS,
                false,
                List.of(new Quantity("connections, " + atATime + " at a time", "1/s")),
                pair ->
                        List.of(
                                EchoLoad.connections(
                                        pair.service(ServiceHost.ECHO),
                                        atATime,
                                        Duration.ofSeconds(seconds))));
    }

    private static CompareColumn memory() {
        return new CompareColumn(
                "memory",
                0,
                true,
                List.of(
                        new Quantity("peak RSS so far, client", "MiB"),
                        new Quantity("peak RSS so far, server", "MiB")),
                pair -> resident(pair, "VmHWM"));
    }

    private static List<Double> resident(ComparedPair pair, String field) {
        return List.of(
                Programs.residentMebibytes(pair.client(), field),
                Programs.residentMebibytes(pair.server(), field));
    }

    private static CompareColumn start() {
        return new CompareColumn(
                "start",
                0,
                false,
                List.of(
                        new Quantity("start of the server until ready", "ms"),
                        new Quantity("start of the client until a byte came back", "ms"),
                        new Quantity("first second of both, 1 stream down", "Mb/s")),
                pair -> {
                    ComparedPair.Start start = pair.restart();
                    return List.of(
                            start.serverReady(),
                            start.firstByte(),
                            SourceReader.megabits(pair.service(ServiceHost.SOURCE), COLD));
                });
    }

    private static CompareColumn idle(int connections) {
        return new CompareColumn(
                "idle",
                0,
                false,
                List.of(
                        new Quantity("idle RSS after the start, client", "MiB"),
                        new Quantity("idle RSS after the start, server", "MiB"),
                        new Quantity("each of " + connections + " idle connections, client", "kB"),
                        new Quantity("each of " + connections + " idle connections, server", "kB")),
                pair -> {
                    pair.restart();
                    LockSupport.parkNanos(QUIET.toNanos());
                    List<Double> values = new ArrayList<>(resident(pair, "VmRSS"));
                    try (EchoLoad _ = EchoLoad.idle(pair.service(ServiceHost.ECHO), connections)) {
                        LockSupport.parkNanos(QUIET.toNanos());
                        List<Double> grown = resident(pair, "VmRSS");
                        for (int i = 0; i < 2; i++) {
                            values.add((grown.get(i) - values.get(i)) * 1024 / connections);
                        }
                    }
                    return values;
                });
    }

    private static CompareColumn datagrams(int length) {
        String name = "datagrams of " + length + " bytes up";
        return warm(
                "udp",
                pair -> {
                    DatagramLoad load =
                            new DatagramLoad(
                                    pair.service(ServiceHost.DATAGRAMS),
                                    CompareLab.direct(ServiceHost.COUNT),
                                    length);
                    LosslessRate.Probe best =
                            LosslessRate.search(
                                    MOST_DATAGRAMS, rate -> load.offer(rate, PROBE, pair));
                    return List.of(best.sent(), best.clientNanos(), best.serverNanos());
                },
                new Quantity(name, "1/s"),
                new Quantity(name + ": CPU of the client", "ns each"),
                new Quantity(name + ": CPU of the server", "ns each"));
    }
}
