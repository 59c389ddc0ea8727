package io.culvert.cli;

import io.culvert.cli.DemoTransfer.Direction;
import io.culvert.proxy.StartException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/**
 * What the demo does, one method a step; each adds its line to the table or says what fell short.
 */
final class DemoSteps {
    /** A line of the table. */
    record Row(String what, String result) {}

    private static final long MIB = 1 << 20;
    private static final long MOST_BYTES = 256 * MIB;
    private static final long TRIAL_BYTES = 8 * MIB;
    private static final long WARM_UP_NANOS = 2_000_000_000L;
    private static final double SECONDS_A_TRANSFER = 5;
    private static final int STREAMS = 8;
    private static final int HANDSHAKES = 3;
    private static final int WARM_UP = 200;
    private static final int REQUESTS = 500;
    private static final int CONNECTIONS = 200;
    private static final int DATAGRAMS = 100;

    private final DemoNetwork network;
    private final InetSocketAddress site;
    private final DemoProgress progress;
    private final DemoWork work;
    private final List<Row> rows = new ArrayList<>();

    DemoSteps(DemoNetwork network, InetSocketAddress site, DemoProgress progress, DemoWork work) {
        this.network = network;
        this.site = site;
        this.progress = progress;
        this.work = work;
    }

    List<Row> all() throws DemoException {
        page();
        requests();
        handshake();
        transfers();
        connections();
        datagrams();
        return rows;
    }

    private void page() throws DemoException {
        progress.begin("page through every entrance", 0);
        for (DemoPath path : DemoPath.values()) {
            String page = work.one("the page through " + path, () -> fetch(path));
            if (!page.equals(DemoSite.PAGE)) {
                throw new DemoException("the page came changed through " + path);
            }
        }
        done("page", "same through SOCKS5, HTTP proxy, HTTP CONNECT and port forward");
    }

    private String fetch(DemoPath path) throws IOException {
        try (var c = path.open(network.entrances(), site)) {
            return c.get("/");
        }
    }

    private void requests() throws DemoException {
        progress.begin("requests one after the other", 0);
        long[] nanos = work.one("a request", this::requestTimes);
        Arrays.sort(nanos);
        String p50 = millis(nanos[nanos.length / 2]);
        String p99 = millis(nanos[nanos.length * 99 / 100]);
        done("request", p50 + " median, " + p99 + " 99th percentile of " + nanos.length);
    }

    private long[] requestTimes() throws IOException {
        long[] nanos = new long[REQUESTS];
        try (var c = DemoPath.SOCKS5.open(network.entrances(), site)) {
            for (int i = -WARM_UP; i < REQUESTS; i++) {
                long began = System.nanoTime();
                c.get("/");
                if (i >= 0) {
                    nanos[i] = System.nanoTime() - began;
                }
            }
        }
        return nanos;
    }

    /** The first connection through a new tunnel has to wait for it; the next ones don't. */
    private void handshake() throws DemoException {
        progress.begin("handshake", 0);
        List<Long> nanos = new ArrayList<>();
        for (int i = 0; i < HANDSHAKES; i++) {
            try {
                network.restartClient();
            } catch (IOException | StartException e) {
                throw new DemoException("the client did not start again: " + e.getMessage(), e);
            }
            long first = work.one("a handshake", this::connectTime);
            long next = work.one("a connection", this::connectTime);
            nanos.add(Math.max(0, first - next));
        }
        Collections.sort(nanos);
        done("handshake", millis(nanos.get(HANDSHAKES / 2)));
    }

    private long connectTime() throws IOException {
        long began = System.nanoTime();
        DemoPath.SOCKS5.open(network.entrances(), site).close();
        return System.nanoTime() - began;
    }

    private void transfers() throws DemoException {
        DemoTransfer transfer = new DemoTransfer(network::entrances, site, progress, work);
        for (Direction direction : Direction.values()) {
            warmUp(transfer, direction);
        }
        for (Direction direction : Direction.values()) {
            String name = direction.name().toLowerCase(Locale.ROOT);
            for (int streams : new int[] {1, STREAMS}) {
                String title = name + (streams == 1 ? "" : ", " + streams + " connections");
                progress.begin(title, TRIAL_BYTES);
                long bytes = enough(transfer.move(direction, streams, TRIAL_BYTES));
                progress.begin(title, bytes);
                long nanos = transfer.move(direction, streams, bytes);
                String rate = DemoProgress.rate(bytes, nanos);
                done(title, rate + ", " + DemoProgress.mebibytes(bytes) + ", every byte compared");
            }
        }
    }

    /** The JVM compiles what it finds to be hot, so the first seconds say little. */
    private void warmUp(DemoTransfer transfer, Direction direction) throws DemoException {
        long until = System.nanoTime() + WARM_UP_NANOS;
        while (System.nanoTime() < until) {
            progress.begin("warming up", TRIAL_BYTES);
            transfer.move(direction, 1, TRIAL_BYTES);
        }
    }

    /** As much as takes a few seconds at the trial's rate: a slow machine is done in time too. */
    private static long enough(long trialNanos) {
        double trials = SECONDS_A_TRANSFER * 1e9 / Math.max(1, trialNanos);
        long whole = (long) (trials * TRIAL_BYTES) / (STREAMS * MIB) * (STREAMS * MIB);
        return Math.clamp(whole, TRIAL_BYTES, MOST_BYTES);
    }

    private void connections() throws DemoException {
        progress.begin(CONNECTIONS + " connections at once", 0);
        List<DemoPath.Connection> open = new ArrayList<>();
        try {
            Callable<DemoPath.Connection> opening =
                    () -> DemoPath.SOCKS5.open(network.entrances(), site);
            open.addAll(
                    work.all("opening a connection", Collections.nCopies(CONNECTIONS, opening)));
            List<Callable<String>> asking = new ArrayList<>();
            open.forEach(c -> asking.add(() -> c.get("/")));
            for (String page : work.all("one of " + CONNECTIONS + " connections", asking)) {
                if (!page.equals(DemoSite.PAGE)) {
                    throw new DemoException(
                            "one of " + CONNECTIONS + " connections got another page");
                }
            }
        } finally {
            open.forEach(DemoSteps::closeQuietly);
        }
        done("connections", CONNECTIONS + " at once, each answered");
    }

    private static void closeQuietly(DemoPath.Connection c) {
        try {
            c.close();
        } catch (IOException e) {
            // It has served its purpose.
        }
    }

    private void datagrams() throws DemoException {
        progress.begin("datagrams", 0);
        DemoUdp udp = new DemoUdp(site);
        work.one(
                "UDP through the port forward",
                () -> {
                    udp.throughForward(network.entrances().forward(), DATAGRAMS);
                    return true;
                });
        work.one(
                "UDP through SOCKS5",
                () -> {
                    udp.throughSocks(network.entrances().socks(), DATAGRAMS);
                    return true;
                });
        done(
                "UDP",
                DATAGRAMS
                        + " echoes through SOCKS5 and "
                        + DATAGRAMS
                        + " through the port forward");
    }

    private void done(String what, String result) {
        progress.done(result);
        rows.add(new Row(what, result));
    }

    private static String millis(long nanos) {
        return String.format(Locale.ROOT, "%.2f ms", nanos / 1e6);
    }
}
