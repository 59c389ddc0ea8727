package io.culvert.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** A tunnel to one server, measured alone and beside a flood of initiations with right mac1. */
final class FloodedTunnel {
    private static final int ADDRESSES = 250;

    private final LoadLab lab;
    private final ServerProcess server;
    private final ByteBuffer forged;
    private final double floodRate;
    private final int seconds;
    private final List<Sample> samples = new ArrayList<>();

    /**
     * Without and with the flood: Mb/s and round trips; what the flood really was. The generator
     * shares the cores, so there is a rate beside a flood that nobody reads, too.
     */
    private record Sample(
            double quietRate,
            double besideRate,
            double floodedRate,
            RoundTrips.Result quiet,
            RoundTrips.Result flooded,
            double floodSent,
            double generatorShare) {
        double throughputKept() {
            return 100 * floodedRate / quietRate;
        }

        double throughputKeptBeside() {
            return 100 * floodedRate / besideRate;
        }

        double roundTripFactor() {
            return flooded.median() / quiet.median();
        }

        double lostPercent() {
            return 100.0 * flooded.lost() / flooded.sent();
        }
    }

    FloodedTunnel(
            LoadLab lab, ServerProcess server, ByteBuffer forged, double floodRate, int seconds) {
        this.lab = lab;
        this.server = server;
        this.forged = forged;
        this.floodRate = floodRate;
        this.seconds = seconds;
    }

    /** One round; returns a line about it. */
    String round() throws IOException {
        lab.connect(server);
        lab.iperf3(samples.isEmpty() ? seconds : 1); // warms up
        double quietRate = lab.iperf3(seconds);
        RoundTrips.Result quiet = RoundTrips.measure(LoadLab.INNER, Duration.ofSeconds(seconds));
        InetSocketAddress sink =
                new InetSocketAddress(server.address().getAddress(), RoundTrips.SINK_PORT);
        double besideRate;
        try (Flood _ = Flood.start(sink, "10.200.2", ADDRESSES, forged, floodRate)) {
            besideRate = lab.iperf3(seconds);
        }
        Flood flood = Flood.start(server.address(), "10.200.2", ADDRESSES, forged, floodRate);
        double floodedRate;
        RoundTrips.Result flooded;
        try {
            floodedRate = lab.iperf3(seconds);
            flooded = RoundTrips.measure(LoadLab.INNER, Duration.ofSeconds(seconds));
        } finally {
            flood.close();
        }
        samples.add(
                new Sample(
                        quietRate,
                        besideRate,
                        floodedRate,
                        quiet,
                        flooded,
                        flood.sentPerSecond(),
                        flood.generatorShare()));
        return ("%-13s tunnel %.0f Mb/s, flooded %.0f; round trip %.0f us, flooded %.0f (p95 %.0f,"
                        + " lost %d of %d); flood %.0f of %.0f/s, generator %.2f cores")
                .formatted(
                        server.name(),
                        quietRate,
                        floodedRate,
                        quiet.median(),
                        flooded.median(),
                        flooded.p95(),
                        flooded.lost(),
                        flooded.sent(),
                        flood.sentPerSecond(),
                        floodRate,
                        flood.generatorShare());
    }

    static void rows(LoadReport report, FloodedTunnel ours, FloodedTunnel theirs) {
        row(report, "tunnel alone", "Mb/s", ours, theirs, Sample::quietRate);
        row(report, "tunnel flooded", "Mb/s", ours, theirs, Sample::floodedRate);
        row(report, "  of the throughput alone", "%", ours, theirs, Sample::throughputKept);
        row(report, "tunnel, the flood to a sink", "Mb/s", ours, theirs, Sample::besideRate);
        row(
                report,
                "  flooded, of the throughput then",
                "%",
                ours,
                theirs,
                Sample::throughputKeptBeside);
        row(report, "round trip alone", "us", ours, theirs, s -> s.quiet.median());
        row(report, "round trip flooded", "us", ours, theirs, s -> s.flooded.median());
        row(report, "  times the round trip alone", "x", ours, theirs, Sample::roundTripFactor);
        row(report, "  95th percentile flooded", "us", ours, theirs, s -> s.flooded.p95());
        row(report, "  requests lost when flooded", "%", ours, theirs, Sample::lostPercent);
        row(report, "  flood: forged initiations sent", "1/s", ours, theirs, Sample::floodSent);
        row(report, "  flood: generator's CPU", "cores", ours, theirs, Sample::generatorShare);
    }

    private static void row(
            LoadReport report,
            String name,
            String unit,
            FloodedTunnel ours,
            FloodedTunnel theirs,
            Function<Sample, Double> value) {
        report.row(
                name,
                unit,
                ours.samples.stream().map(value).toList(),
                theirs.samples.stream().map(value).toList());
    }
}
