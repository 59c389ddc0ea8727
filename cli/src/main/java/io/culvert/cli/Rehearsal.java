package io.culvert.cli;

import io.culvert.cli.DemoTransfer.Direction;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * What {@code ./culvert} records for later starts (decision 0007), and nobody else runs: a server
 * and a client by the command {@code run}, in one process, so that the cache knows the classes of
 * that command; and between them what people do most, as often as the profiles need to tell what is
 * hot: short connections, many at once, by every entrance, datagrams in trains, and bulk. Takes
 * some ten seconds, and ends with 1 if anything fell short.
 */
final class Rehearsal {
    private static final long MIB = 1 << 20;
    private static final int ROUNDS = 3;
    private static final int AT_ONCE = 32;
    private static final int CONNECTIONS = 1000;
    private static final int STREAMS = 8;
    private static final int TRAINS = 100;
    private static final int TRAIN = 32;
    private static final int[] LENGTHS = {64, 1200};
    private static final int SILENCE_MILLIS = 20;
    private static final int PATIENCE_MILLIS = 10_000;
    private static final int POLL_MILLIS = 10;

    private final DemoNetwork.Entrances entrances;
    private final DemoProgress progress;
    private final DemoWork work;

    private Rehearsal(DemoNetwork.Entrances entrances, DemoProgress progress, DemoWork work) {
        this.entrances = entrances;
        this.progress = progress;
        this.work = work;
    }

    public static void main(String[] args) {
        Culvert.prepare("run");
        PrintWriter out = Culvert.writer(System.out, System.out.charset());
        int exitCode = ExitCode.OK;
        try {
            run(out);
        } catch (IOException | InterruptedException | DemoException e) {
            e.printStackTrace(out);
            exitCode = ExitCode.FAILURE;
        }

        System.exit(exitCode);
    }

    private static void run(PrintWriter out)
            throws IOException, InterruptedException, DemoException {
        Path server = Files.createTempFile("server", ".json");
        Path client = Files.createTempFile("client", ".json");
        DemoProgress progress = new DemoProgress(out, false);
        try (DemoSite site = new DemoSite(InetAddress.getLoopbackAddress());
                DemoWork work = new DemoWork(progress)) {
            DemoConfiguration configuration = new DemoConfiguration(site.address());
            DemoNetwork.Entrances entrances = DemoConfiguration.freeEntrances();
            Files.writeString(server, configuration.server());
            Files.writeString(client, configuration.client(entrances));
            List<Thread> commands = List.of(command(server, out), command(client, out));
            awaitListening(entrances.forward());
            new Rehearsal(entrances, progress, work).all();
            for (Thread command : commands) {
                command.interrupt();
                command.join();
            }
        } finally {
            Files.delete(server);
            Files.delete(client);
        }
    }

    private static Thread command(Path file, PrintWriter out) {
        return Thread.ofPlatform()
                .daemon()
                .start(() -> Culvert.execute(out, out, "run", "-c", file.toString()));
    }

    private static void awaitListening(InetSocketAddress address)
            throws IOException, InterruptedException {
        for (int waited = 0; ; waited += POLL_MILLIS) {
            try (Socket _ = new Socket(address.getAddress(), address.getPort())) {
                return;
            } catch (IOException notYet) {
                if (waited >= PATIENCE_MILLIS) {
                    throw notYet;
                }
                Thread.sleep(POLL_MILLIS);
            }
        }
    }

    private void all() throws DemoException {
        InetSocketAddress site = DemoNetwork.TARGET;
        DemoTransfer transfer = new DemoTransfer(() -> entrances, site, progress, work);
        for (int i = 0; i < ROUNDS; i++) {
            connections(site);
            work.one("datagrams", () -> datagrams(site));
            for (Direction direction : Direction.values()) {
                transfer.move(direction, 1, 64 * MIB);
                transfer.move(direction, STREAMS, 32 * MIB);
            }
        }
    }

    private void connections(InetSocketAddress site) throws DemoException {
        DemoPath[] paths = DemoPath.values();
        Callable<Boolean> one =
                () -> {
                    for (int i = 0; i < CONNECTIONS / AT_ONCE; i++) {
                        try (var c = paths[i % paths.length].open(entrances, site)) {
                            c.get("/");
                        }
                    }
                    return true;
                };
        work.all("a short connection", Collections.nCopies(AT_ONCE, one));
    }

    private boolean datagrams(InetSocketAddress site) throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            trains(socket, entrances.forward(), new byte[0]);
        }
        InetSocketAddress socks = entrances.socks();
        try (Socket control = new Socket(socks.getAddress(), socks.getPort());
                DatagramSocket socket = new DatagramSocket()) {
            byte[] header = new DemoUdp(site).header();
            trains(socket, DemoUdp.associate(control), header);
        }
        return true;
    }

    /** Sends many and takes what comes back; what is lost is no matter. */
    private static void trains(DatagramSocket socket, InetSocketAddress to, byte[] header)
            throws IOException {
        socket.setSoTimeout(SILENCE_MILLIS);
        byte[] buffer = new byte[header.length + LENGTHS[1]];
        System.arraycopy(header, 0, buffer, 0, header.length);
        DatagramPacket reply = new DatagramPacket(new byte[2 * LENGTHS[1]], 2 * LENGTHS[1]);
        for (int i = 0; i < TRAINS; i++) {
            int length = header.length + LENGTHS[i % LENGTHS.length];
            for (int j = 0; j < TRAIN; j++) {
                socket.send(new DatagramPacket(buffer, length, to));
            }
            try {
                for (int j = 0; j < TRAIN; j++) {
                    socket.receive(reply);
                }
            } catch (SocketTimeoutException lost) {
                // The next train, then.
            }
        }
    }
}
