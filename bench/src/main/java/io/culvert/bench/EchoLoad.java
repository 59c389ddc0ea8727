package io.culvert.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Many connections to an echo, from one thread: each sends a small request as soon as the last
 * one's echo is there; or does so once and makes room for a new connection; or once and stays.
 */
final class EchoLoad implements AutoCloseable {
    private static final long PATIENCE_MILLIS = 10_000;

    private final Selector selector = Selector.open();
    private final InetSocketAddress address;
    private final ByteBuffer request = ByteBuffer.allocateDirect(TcpRoundTrips.SIZE);
    private final ByteBuffer scratch = ByteBuffer.allocateDirect(TcpRoundTrips.SIZE);
    private long echoes;
    private long begun;

    /** How many bytes of its echo a connection has. */
    private static final class Awaited {
        private int bytes;
    }

    /** What becomes of a connection that has its echo. */
    private enum Then {
        ASK_AGAIN,
        CLOSE,
        STAY
    }

    private EchoLoad(InetSocketAddress address) throws IOException {
        this.address = address;
    }

    /** Requests a second, each connection waiting for one at a time. */
    static double requests(InetSocketAddress address, int connections, Duration time)
            throws IOException {
        try (EchoLoad load = idle(address, connections)) {
            load.echoes = 0;
            for (SelectionKey key : load.selector.keys()) {
                load.ask(key);
            }
            return load.rate(Then.ASK_AGAIN, time);
        }
    }

    /** Connections a second that had their echo, this many at a time. */
    static double connections(InetSocketAddress address, int atATime, Duration time)
            throws IOException {
        try (EchoLoad load = new EchoLoad(address)) {
            for (int i = 0; i < atATime; i++) {
                load.connect();
            }
            return load.rate(Then.CLOSE, time);
        }
    }

    /** Connections that had an echo and say nothing more, until closed. */
    static EchoLoad idle(InetSocketAddress address, int connections) throws IOException {
        EchoLoad load = new EchoLoad(address);
        try {
            while (load.echoes < connections) {
                while (load.begun < connections && load.begun - load.echoes < 50) {
                    load.connect();
                }
                load.turn(Then.STAY);
            }
            return load;
        } catch (IOException e) {
            load.close();
            throw e;
        }
    }

    private double rate(Then then, Duration time) throws IOException {
        long from = System.nanoTime();
        long now = from;
        while (now - from < time.toNanos()) {
            turn(then);
            now = System.nanoTime();
        }
        return echoes / ((now - from) / 1e9);
    }

    private void connect() throws IOException {
        begun++;
        SocketChannel connection = SocketChannel.open();
        connection.configureBlocking(false);
        connection.setOption(StandardSocketOptions.TCP_NODELAY, true);
        boolean connected = connection.connect(address);
        SelectionKey key = connection.register(selector, SelectionKey.OP_CONNECT, new Awaited());
        if (connected) {
            ask(key);
        }
    }

    private void turn(Then then) throws IOException {
        long patience = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        while (selector.select(PATIENCE_MILLIS) == 0) {
            if (System.nanoTime() - patience >= 0) {
                throw new IOException(silence());
            }
        }
        Set<SelectionKey> selected = selector.selectedKeys();
        for (SelectionKey key : selected) {
            if (key.isConnectable()) {
                ((SocketChannel) key.channel()).finishConnect();
                ask(key);
            } else if (isAnswered(key)) {
                echoes++;
                answered(key, then);
            }
        }
        selected.clear();
    }

    private String silence() {
        long connecting =
                selector.keys().stream()
                        .filter(key -> key.interestOps() == SelectionKey.OP_CONNECT)
                        .count();
        return "no answer from "
                + address
                + " for "
                + PATIENCE_MILLIS
                + " ms after "
                + echoes
                + " echoes; "
                + selector.keys().size()
                + " connections wait, "
                + connecting
                + " of them for theirs to be accepted";
    }

    private void ask(SelectionKey key) throws IOException {
        ((SocketChannel) key.channel()).write(request.clear());
        key.interestOps(SelectionKey.OP_READ);
    }

    private boolean isAnswered(SelectionKey key) throws IOException {
        Awaited awaited = (Awaited) key.attachment();
        int read = ((SocketChannel) key.channel()).read(scratch.clear());
        if (read < 0) {
            throw new IOException(address + " closed a connection after " + echoes + " echoes");
        }
        awaited.bytes += read;
        if (awaited.bytes < TcpRoundTrips.SIZE) {
            return false;
        }
        awaited.bytes = 0;
        return true;
    }

    private void answered(SelectionKey key, Then then) throws IOException {
        switch (then) {
            case ASK_AGAIN -> ask(key);
            case CLOSE -> {
                key.channel().close();
                connect();
            }
            case STAY -> {
                // It has nothing more to say.
            }
        }
    }

    @Override
    public void close() throws IOException {
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.close();
    }
}
