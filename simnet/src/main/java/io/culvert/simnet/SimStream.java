package io.culvert.simnet;

import io.culvert.netstack.Chunk;
import io.culvert.netstack.CloseCause;
import io.culvert.netstack.Received;
import io.culvert.netstack.TcpConnection;
import io.culvert.netstack.TcpHandler;
import java.util.function.LongSupplier;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * An application at one end of a connection: writes a number of bytes of one {@link StreamPattern}
 * while it reads those of another, ends its own direction when everything is written, and holds
 * every callback and byte against what it must be. A violation is thrown as an {@link
 * AssertionError}.
 */
public final class SimStream implements TcpHandler {
    private final Script script;
    private final SimHost host;
    private final StreamHabits habits;
    private final SeededRandom random;
    private final Received received = new Received();

    private @Nullable TcpConnection connection;
    private @Nullable CloseCause cause;
    private boolean connected;
    private boolean outputShut;
    private boolean inputEnded;
    private boolean closeCalled;

    /** The application quit before its time. */
    private boolean left;

    private boolean writePaused;
    private boolean readPaused;
    private boolean reading = true;
    private long written;
    private long writes;
    private long read;
    private int held;
    private LongUnaryOperator mayWrite;
    private LongSupplier end;
    private Runnable whenClosed = () -> {};

    /**
     * What is written and what must be read.
     *
     * @param toSend bytes of {@code sends} that are written
     * @param toReceive bytes of {@code expects} that must come, and then the end of the stream
     */
    public record Script(StreamPattern sends, long toSend, StreamPattern expects, long toReceive) {}

    /** An application that hasn't got its connection yet. */
    public SimStream(Script script, SimHost host, StreamHabits habits, SeededRandom random) {
        this.script = script;
        this.host = host;
        this.habits = habits;
        this.random = random;
        mayWrite = bytesRead -> script.toSend();
        end = script::toReceive;
    }

    /** Begins to write: with the connection just made or accepted, before any callback. */
    public void start(TcpConnection c) {
        connection = c;
        write(c);
    }

    /** Runs an action when the connection has closed. */
    public void whenClosed(Runnable action) {
        whenClosed = action;
    }

    /**
     * Says how many bytes may have been written once so many were read: answers wait for questions.
     * Called in a turn of the host. Without it everything may be written at once.
     */
    public void mayWrite(LongUnaryOperator bytesOfBytesRead) {
        mayWrite = bytesOfBytesRead;
        TcpConnection c = connection;
        if (c != null && cause == null) {
            write(c);
        }
    }

    /** Whether the handshake has completed. */
    public boolean isConnected() {
        return connected;
    }

    /** Why the connection closed, null while it hasn't. */
    public @Nullable CloseCause cause() {
        return cause;
    }

    /** Bytes handed to the connection. */
    public long written() {
        return written;
    }

    /** Writes in which it did so. */
    public long writes() {
        return writes;
    }

    /** Bytes received, all of them right. */
    public long read() {
        return read;
    }

    /** Chunks that the application holds. */
    public int held() {
        return held;
    }

    /**
     * Whether everything was written and read, both directions ended, and the connection closed in
     * order.
     */
    public boolean isComplete() {
        return cause == CloseCause.CLOSED
                && written == script.toSend()
                && outputShut
                && inputEnded
                && held == 0;
    }

    /** Stops to read, or goes on with it. Called in a turn of the host. */
    public void reading(boolean on) {
        reading = on;
        TcpConnection c = connection;
        if (on && c != null && cause == null) {
            read(c);
        }
    }

    /**
     * Leaves the connection before its time, if it still is open: aborts it, or closes it with
     * whatever there is unread and unwritten. Called in a turn of the host.
     */
    public void quit(boolean abort) {
        TcpConnection c = connection;
        if (c == null || cause != null || left) {
            return;
        }
        left = true;
        if (abort) {
            c.abort();
        } else {
            outputShut = true;
            closeCalled = true;
            c.close();
        }
    }

    /**
     * Says how many bytes must have come when the stream ends, if not all: those that the other end
     * wrote before it quit.
     */
    public void endsAfter(LongSupplier bytes) {
        end = bytes;
    }

    @Override
    public void connected(TcpConnection c) {
        require(!connected, "connected twice");
        checkOpen(c, "connected");
        connected = true;
        write(c);
    }

    @Override
    public void readable(TcpConnection c) {
        checkOpen(c, "readable");
        require(connected, "readable before connected");
        read(c);
    }

    @Override
    public void writable(TcpConnection c) {
        checkOpen(c, "writable");
        write(c);
    }

    @Override
    public void closed(TcpConnection c, CloseCause why) {
        checkOpen(c, "closed");
        cause = why;
        whenClosed.run();
    }

    private void write(TcpConnection c) {
        while (!left && !writePaused && written < allowed() && c.sendSpace() > 0) {
            int most = (int) Math.min(habits.maxWrite(), allowed() - written);
            int length = random.chance(0.5) ? most : random.between(1, most);
            Loans.Loan loan = host.loans().lend(length);
            script.sends().fill(written, loan.memory(), 0, length);
            written += length;
            writes++;
            c.write(loan.memory(), 0, length, loan);
            if (random.chance(habits.writePause())) {
                writePaused = true;
                host.after(random.between(0, habits.writePauseNanos()), this::writeOn);
            }
        }
        if (!left && written == script.toSend() && !outputShut) {
            outputShut = true;
            c.shutdownOutput();
            finish(c);
        }
    }

    private long allowed() {
        return Math.min(script.toSend(), mayWrite.applyAsLong(read));
    }

    private void writeOn() {
        writePaused = false;
        TcpConnection c = connection;
        if (c != null && cause == null) {
            write(c);
        }
    }

    private void read(TcpConnection c) {
        if (left) {
            return;
        }
        while (reading && !readPaused && c.read(received)) {
            take();
            if (random.chance(habits.readPause())) {
                readPaused = true;
                host.after(random.between(0, habits.readPauseNanos()), this::readOn);
            }
        }
        write(c);
        if (!inputEnded && c.endOfStream()) {
            long all = end.getAsLong();
            require(read == all, "the stream ended after " + read + " of " + all + " bytes");
            inputEnded = true;
            finish(c);
        }
    }

    private void readOn() {
        readPaused = false;
        TcpConnection c = connection;
        if (c != null && cause == null) {
            read(c);
        }
    }

    private void take() {
        Chunk chunk = received.chunk;
        if (chunk == null || received.length <= 0) {
            throw new AssertionError(this + ": a read of nothing");
        }
        int wrong =
                script.expects().mismatch(read, chunk.memory(), received.offset, received.length);
        require(wrong < 0, "the byte at " + (read + wrong) + " isn't the one sent there");
        read += received.length;
        require(read <= script.toReceive(), "more than the " + script.toReceive() + " bytes sent");
        if (random.chance(habits.hold())) {
            held++;
            // Not as a task of the host: memory is given back whenever its reader is done, also
            // after the close.
            host.socket()
                    .network()
                    .scheduler()
                    .after(random.between(0, habits.holdNanos()), () -> giveBack(chunk));
        } else {
            chunk.release();
        }
    }

    private void giveBack(Chunk chunk) {
        held--;
        chunk.release();
    }

    private void finish(TcpConnection c) {
        if (outputShut && inputEnded && habits.closes() && !closeCalled) {
            closeCalled = true;
            c.close();
        }
    }

    private void checkOpen(TcpConnection c, String callback) {
        require(cause == null, callback + " after closed(" + cause + ")");
        require(connection == null || connection == c, callback + " for another connection");
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(this + ": " + otherwise);
        }
    }

    @Override
    public String toString() {
        return host.name()
                + (connected ? "" : " not connected,")
                + " wrote "
                + written
                + " of "
                + script.toSend()
                + ", read "
                + read
                + " of "
                + script.toReceive()
                + ", "
                + (cause == null ? "open" : cause.toString());
    }
}
