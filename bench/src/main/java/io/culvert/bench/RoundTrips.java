package io.culvert.bench;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** A small request and its echo over UDP, a hundred times a second at most. */
final class RoundTrips {
    static final int PORT = 7;

    /** On all addresses of the server: a flood that goes there costs what flooding costs. */
    static final int SINK_PORT = 9;

    private static final int SIZE = 64;
    private static final int PATIENCE_MILLIS = 1000;
    private static final long PACE_NANOS = 10_000_000;

    private RoundTrips() {}

    /** Median and 95th percentile in microseconds, and how many of how many were lost. */
    record Result(double median, double p95, int lost, int sent) {}

    /** ADDRESS: the server, which sends every datagram back. Beside it a socket is never read. */
    public static void main(String[] arguments) throws IOException {
        InetAddress address = InetAddress.getByName(arguments[0]);
        try (DatagramSocket socket = new DatagramSocket(PORT, address);
                DatagramSocket sink = new DatagramSocket(null)) {
            sink.setReceiveBufferSize(4096);
            sink.bind(new InetSocketAddress(SINK_PORT));
            System.out.println("ready");
            DatagramPacket packet = new DatagramPacket(new byte[2048], 2048);
            while (true) {
                packet.setLength(2048);
                socket.receive(packet);
                socket.send(packet);
            }
        }
    }

    static Result measure(String host, Duration time) throws IOException {
        List<Double> micros = new ArrayList<>();
        int lost = 0;
        int sent = 0;
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.connect(new InetSocketAddress(host, PORT));
            socket.setSoTimeout(PATIENCE_MILLIS);
            byte[] request = new byte[SIZE];
            DatagramPacket answer = new DatagramPacket(new byte[SIZE], SIZE);
            long end = System.nanoTime() + time.toNanos();
            while (System.nanoTime() < end) {
                ByteBuffer.wrap(request).putInt(0, ++sent);
                long begun = System.nanoTime();
                socket.send(new DatagramPacket(request, SIZE));
                if (awaited(socket, answer, sent)) {
                    long nanos = System.nanoTime() - begun;
                    micros.add(nanos / 1e3);
                    LockSupport.parkNanos(PACE_NANOS - nanos);
                } else {
                    lost++;
                }
            }
        }
        Collections.sort(micros);
        return new Result(at(micros, 0.5), at(micros, 0.95), lost, sent);
    }

    private static boolean awaited(DatagramSocket socket, DatagramPacket answer, int number)
            throws IOException {
        try {
            do {
                socket.receive(answer);
            } while (ByteBuffer.wrap(answer.getData()).getInt(0) != number);
            return true;
        } catch (SocketTimeoutException _) {
            return false;
        }
    }

    static double at(List<Double> sorted, double part) {
        return sorted.isEmpty() ? Double.NaN : sorted.get((int) (part * (sorted.size() - 1)));
    }
}
