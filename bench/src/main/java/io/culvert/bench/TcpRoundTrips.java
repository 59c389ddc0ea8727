package io.culvert.bench;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** A small request and its echo on a TCP connection, one at a time. */
final class TcpRoundTrips {
    static final int PORT = 7;
    static final int SIZE = 64;

    private static final int PATIENCE_MILLIS = 5000;
    private static final long PACE_NANOS = 50_000_000;

    private TcpRoundTrips() {}

    /** ADDRESS: the server, which sends back what it reads. */
    public static void main(String[] arguments) throws IOException {
        try (ServerSocket server =
                new ServerSocket(PORT, 64, InetAddress.getByName(arguments[0]))) {
            System.out.println("ready");
            while (true) {
                Socket socket = server.accept();
                Thread.ofVirtual().start(() -> echo(socket));
            }
        }
    }

    private static void echo(Socket accepted) {
        try (Socket socket = accepted) {
            socket.setTcpNoDelay(true);
            socket.getInputStream().transferTo(socket.getOutputStream());
        } catch (IOException _) {
            // The client went its way.
        }
    }

    /** As {@link #measure(String, int, Duration, long)}, twenty times a second at most. */
    static List<Double> measure(String host, int port, Duration time) {
        return measure(host, port, time, PACE_NANOS);
    }

    /**
     * Milliseconds of each round trip, of one at least; none of what an error cut short.
     *
     * @param pace nanoseconds from one request to the next; 0 for each as soon as the last one's
     *     echo is there
     */
    static List<Double> measure(String host, int port, Duration time, long pace) {
        List<Double> millis = new ArrayList<>();
        long end = System.nanoTime() + time.toNanos();
        try (Socket socket = new Socket()) {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.connect(new InetSocketAddress(host, port), PATIENCE_MILLIS);
            OutputStream out = socket.getOutputStream();
            DataInputStream in = new DataInputStream(socket.getInputStream());
            byte[] message = new byte[SIZE];
            do {
                long begun = System.nanoTime();
                out.write(message);
                in.readFully(message);
                long nanos = System.nanoTime() - begun;
                millis.add(nanos / 1e6);
                LockSupport.parkNanos(pace - nanos);
            } while (System.nanoTime() < end);
        } catch (IOException _) {
            // As far as it went.
        }
        return millis;
    }
}
