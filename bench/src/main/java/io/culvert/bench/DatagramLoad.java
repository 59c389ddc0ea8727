package io.culvert.bench;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Sends datagrams at a rate and asks the {@link ServiceHost} how many arrived. */
final class DatagramLoad {
    /** RFC 768: a datagram's length includes its header. */
    private static final int UDP_HEADER = 8;

    private static final int MOST_DUE = 64;
    private static final long TICK_NANOS = 50_000;
    private static final long SETTLE_NANOS = 60_000_000;
    private static final int PATIENCE_MILLIS = 5000;

    private final InetSocketAddress address;
    private final InetSocketAddress count;
    private final ByteBuffer datagram;

    /**
     * @param address where the tunnel takes them
     * @param count where their number is told, past the tunnel
     * @param length of a datagram, its UDP header included
     */
    DatagramLoad(InetSocketAddress address, InetSocketAddress count, int length) {
        this.address = address;
        this.count = count;
        datagram = ByteBuffer.allocateDirect(length - UDP_HEADER);
    }

    LosslessRate.Probe offer(double rate, Duration time, ComparedPair pair) throws IOException {
        long before = arrived();
        long client = Programs.cpuNanos(pair.client());
        long server = Programs.cpuNanos(pair.server());
        long begun = System.nanoTime();
        long sent = send(rate, time.toNanos());
        double seconds = (System.nanoTime() - begun) / 1e9;
        long arrived = settled() - before;
        return new LosslessRate.Probe(
                sent / seconds,
                arrived / seconds,
                (double) (Programs.cpuNanos(pair.client()) - client) / arrived,
                (double) (Programs.cpuNanos(pair.server()) - server) / arrived);
    }

    private long send(double rate, long nanos) throws IOException {
        try (DatagramChannel channel = DatagramChannel.open()) {
            channel.connect(address);
            long begun = System.nanoTime();
            long sent = 0;
            double skipped = 0;
            while (true) {
                long elapsed = System.nanoTime() - begun;
                if (elapsed >= nanos) {
                    return sent;
                }
                double due = rate * elapsed / 1e9 - skipped - sent;
                // Who was kept from sending doesn't make up for it in one burst.
                skipped += Math.max(0, due - MOST_DUE);
                if (due < 1) {
                    LockSupport.parkNanos(TICK_NANOS);
                } else {
                    sent += write(channel);
                }
            }
        }
    }

    private int write(DatagramChannel channel) throws IOException {
        try {
            channel.write(datagram.clear());
            return 1;
        } catch (PortUnreachableException _) {
            // Told of an earlier one.
            return 0;
        }
    }

    /** Once no more come. */
    private long settled() throws IOException {
        long last;
        long now = arrived();
        do {
            last = now;
            LockSupport.parkNanos(SETTLE_NANOS);
            now = arrived();
        } while (now != last);
        return now;
    }

    private long arrived() throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(count, PATIENCE_MILLIS);
            socket.setSoTimeout(PATIENCE_MILLIS);
            return new DataInputStream(socket.getInputStream()).readLong();
        }
    }
}
