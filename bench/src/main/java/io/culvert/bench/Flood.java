package io.culvert.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * A thread that sends forged initiations at a steady rate, each from the next of many addresses,
 * and listens to no answer.
 */
final class Flood implements AutoCloseable {
    /** As fast as the thread can. */
    static final double UNLIMITED = Double.MAX_VALUE;

    private static final int BURST = 64;
    private static final long PAUSE_NANOS = 200_000;

    private final List<DatagramChannel> sources;
    private final ByteBuffer messages;
    private final double perSecond;
    private final Thread thread;
    private volatile boolean stopped;
    private long sent;
    private long nanos;
    private long cpu;

    private Flood(List<DatagramChannel> sources, ByteBuffer messages, double perSecond) {
        this.sources = sources;
        this.messages = messages;
        this.perSecond = perSecond;
        thread = Thread.ofPlatform().name("flood").daemon().start(this::run);
    }

    /**
     * Starts it.
     *
     * @param network the first three bytes of the source addresses, such as 10.200.1; the host has
     *     to own them all
     */
    static Flood start(
            InetSocketAddress target,
            String network,
            int addresses,
            ByteBuffer messages,
            double perSecond)
            throws IOException {
        List<DatagramChannel> sources = new ArrayList<>();
        for (int i = 1; i <= addresses; i++) {
            DatagramChannel channel = DatagramChannel.open();
            channel.setOption(StandardSocketOptions.SO_RCVBUF, 4096);
            channel.bind(new InetSocketAddress(InetAddress.getByName(network + "." + i), 0));
            channel.connect(target);
            channel.configureBlocking(false);
            sources.add(channel);
        }
        return new Flood(sources, messages.duplicate(), perSecond);
    }

    private void run() {
        long begun = System.nanoTime();
        try {
            while (!stopped) {
                double elapsed = (System.nanoTime() - begun) / 1e9;
                long due = perSecond == UNLIMITED ? BURST : (long) (elapsed * perSecond) - sent;
                for (int i = 0; i < Math.min(due, BURST); i++) {
                    send();
                }
                if (due <= 0) {
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            nanos = System.nanoTime() - begun;
            cpu = ServerProcess.ownThreadCpuNanos();
        }
    }

    private void send() throws IOException {
        int number = (int) (sent % ForgedInitiations.COUNT);
        Initiations.select(messages, number);
        try {
            sources.get((int) (sent % sources.size())).write(messages);
        } catch (PortUnreachableException _) {
            // An answer to an earlier one; a flooder doesn't care.
        }
        sent++;
    }

    /** Stops it; the figures hold from then on. */
    @Override
    public void close() throws IOException {
        stopped = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (DatagramChannel source : sources) {
            source.close();
        }
    }

    long sent() {
        return sent;
    }

    double sentPerSecond() {
        return sent * 1e9 / nanos;
    }

    /** The part of one core that sending took. */
    double generatorShare() {
        return (double) cpu / nanos;
    }
}
