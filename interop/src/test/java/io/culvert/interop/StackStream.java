package io.culvert.interop;

import io.culvert.netstack.Chunk;
import io.culvert.netstack.CloseCause;
import io.culvert.netstack.Received;
import io.culvert.netstack.TcpConnection;
import io.culvert.netstack.TcpHandler;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Our end of a connection: sends its {@link StreamBytes}, checks those that arrive byte for byte,
 * and closes in order. What it does is done on the stack's thread; the futures are for the test.
 */
final class StackStream implements TcpHandler {
    /** For what must come some time, on a machine that also does other things. */
    private static final long SECONDS = 30;

    private final Received received = new Received();
    private final CompletableFuture<TcpConnection> connected = new CompletableFuture<>();
    private final CompletableFuture<Long> ended = new CompletableFuture<>();
    private final CompletableFuture<CloseCause> closed = new CompletableFuture<>();
    private long toSend;
    private @Nullable StreamBytes outgoing;
    private @Nullable StreamBytes incoming;
    private long sent;
    private boolean finished;
    private boolean answers;

    /** Bytes that arrived and were right. */
    private long arrived;

    /** Whether the output ends when everything was sent. */
    private boolean finishes = true;

    /** Whether anything is read. */
    boolean reads = true;

    StackStream(long toSend) {
        this.toSend = toSend;
    }

    /** Sends nothing until the peer's stream ended, then as much as that was. */
    static StackStream answering() {
        StackStream stream = new StackStream(0).keepsOutputOpen();
        stream.answers = true;
        return stream;
    }

    StackStream keepsOutputOpen() {
        finishes = false;
        return this;
    }

    StackStream readsNothing() {
        reads = false;
        return this;
    }

    /** Sends more, and ends the output behind it. */
    void sendLast(TcpConnection c, long length) {
        toSend += length;
        finishes = true;
        send(c);
    }

    @Override
    public void connected(TcpConnection c) {
        outgoing = StreamBytes.between(c.local(), c.remote());
        incoming = StreamBytes.between(c.remote(), c.local());
        connected.complete(c);
        send(c);
    }

    @Override
    public void writable(TcpConnection c) {
        send(c);
    }

    private void send(TcpConnection c) {
        StreamBytes bytes = Objects.requireNonNull(outgoing);
        for (int space = c.sendSpace(); sent < toSend && space > 0; space = c.sendSpace()) {
            int n = (int) Math.min(Math.min(toSend - sent, space), StreamBytes.RUN);
            c.write(StreamBytes.memory(), bytes.place(sent), n, () -> {});
            sent += n;
        }
        if (sent == toSend && finishes && !finished) {
            finished = true;
            c.shutdownOutput();
        }
    }

    @Override
    public void readable(TcpConnection c) {
        if (reads) {
            read(c);
        }
    }

    /** Reads what there is. */
    void read(TcpConnection c) {
        StreamBytes bytes = Objects.requireNonNull(incoming);
        while (c.read(received)) {
            Chunk chunk = Objects.requireNonNull(received.chunk);
            try {
                bytes.verify(chunk.memory(), received.offset, received.length, arrived);
            } catch (AssertionError e) {
                ended.completeExceptionally(e);
                closed.completeExceptionally(e);
            }
            arrived += received.length;
            chunk.release();
        }
        if (c.endOfStream()) {
            if (answers && ended.complete(arrived)) {
                sendLast(c, arrived);
            }
            ended.complete(arrived);
        }
    }

    @Override
    public void closed(TcpConnection c, CloseCause cause) {
        AssertionError early = new AssertionError("closed first: " + cause);
        connected.completeExceptionally(early);
        ended.completeExceptionally(early);
        closed.complete(cause);
    }

    TcpConnection awaitConnected() {
        return await(connected);
    }

    /** How many bytes had come when the peer's stream ended. */
    long awaitEnd() {
        return await(ended);
    }

    CloseCause awaitClosed() {
        return await(closed);
    }

    private static <T> T await(CompletableFuture<T> news) {
        return news.copy().orTimeout(SECONDS, TimeUnit.SECONDS).join();
    }
}
