package io.culvert.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The services behind a tunnel's server: an echo (RFC 862), a source that sends as fast as it is
 * read (RFC 864), a place where datagrams are counted (RFC 863) and one that tells their number.
 * One thread for all connections, so that thousands of idle ones cost it nothing; one for the
 * datagrams.
 */
final class ServiceHost {
    static final int ECHO = 7;
    static final int DATAGRAMS = 9;
    static final int SOURCE = 19;

    /** Answers each connection with the number of datagrams so far, as eight bytes. */
    static final int COUNT = 20;

    private static final int CHUNK = 1 << 16;
    private static final int BACKLOG = 4096;

    private final Selector selector = Selector.open();
    private final ByteBuffer scratch = ByteBuffer.allocateDirect(CHUNK);
    private final ByteBuffer pattern = ByteBuffer.allocateDirect(CHUNK);
    private final AtomicLong datagrams = new AtomicLong();

    private ServiceHost() throws IOException {}

    /** On all addresses; prints "ready". */
    public static void main(String[] arguments) throws IOException {
        ServiceHost host = new ServiceHost();
        for (int port : new int[] {ECHO, SOURCE, COUNT}) {
            host.listen(port);
        }
        DatagramChannel sink = DatagramChannel.open();
        sink.setOption(StandardSocketOptions.SO_RCVBUF, 8 << 20);
        sink.bind(new InetSocketAddress(DATAGRAMS));
        Thread.ofPlatform().daemon().start(() -> host.count(sink));
        System.out.println("ready");
        while (true) {
            host.selector.select(host::serve);
        }
    }

    private void listen(int port) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open();
        server.bind(new InetSocketAddress(port), BACKLOG);
        server.configureBlocking(false);
        server.register(selector, SelectionKey.OP_ACCEPT, port);
    }

    private void count(DatagramChannel sink) {
        ByteBuffer datagram = ByteBuffer.allocateDirect(2048);
        while (true) {
            try {
                sink.receive(datagram.clear());
                datagrams.incrementAndGet();
            } catch (IOException _) {
                // Nobody listens at the other end; the next one may.
            }
        }
    }

    private void serve(SelectionKey key) {
        try {
            if (key.isAcceptable()) {
                accept((ServerSocketChannel) key.channel(), (Integer) key.attachment());
            } else if (key.attachment() instanceof Integer) {
                ((SocketChannel) key.channel()).write(pattern.clear());
            } else {
                echo(key, (SocketChannel) key.channel(), (ByteBuffer) key.attachment());
            }
        } catch (IOException _) {
            close(key);
        }
    }

    private void accept(ServerSocketChannel server, int port) throws IOException {
        SocketChannel connection = server.accept();
        if (connection == null) {
            return;
        }
        connection.configureBlocking(false);
        connection.setOption(StandardSocketOptions.TCP_NODELAY, true);
        switch (port) {
            case SOURCE -> connection.register(selector, SelectionKey.OP_WRITE, port);
            case COUNT -> {
                connection.write(scratch.clear().putLong(datagrams.get()).flip());
                connection.close();
            }
            default -> connection.register(selector, SelectionKey.OP_READ);
        }
    }

    /**
     * @param rest of what was read and couldn't be sent at once
     */
    private void echo(SelectionKey key, SocketChannel connection, @Nullable ByteBuffer rest)
            throws IOException {
        ByteBuffer out = rest;
        if (out == null) {
            if (connection.read(scratch.clear()) < 0) {
                close(key);
                return;
            }
            out = scratch.flip();
        }
        connection.write(out);
        if (!out.hasRemaining()) {
            key.attach(null);
            key.interestOps(SelectionKey.OP_READ);
        } else if (rest == null) {
            key.attach(ByteBuffer.allocate(out.remaining()).put(out).flip());
            key.interestOps(SelectionKey.OP_WRITE);
        }
    }

    private static void close(SelectionKey key) {
        try {
            key.channel().close();
        } catch (IOException _) {
            // It is gone either way.
        }
    }
}
