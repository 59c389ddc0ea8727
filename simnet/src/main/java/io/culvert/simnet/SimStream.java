package io.culvert.simnet;

import io.culvert.netstack.Chunk;
import io.culvert.netstack.CloseCause;
import io.culvert.netstack.Received;
import io.culvert.netstack.TcpConnection;
import io.culvert.netstack.TcpHandler;
import org.jspecify.annotations.Nullable;

/**
 * An application at one end of a connection: writes a number of bytes of one {@link StreamPattern}
 * while it reads those of another, ends its own direction when everything is written, and holds
 * every callback and byte against what it must be. A violation is thrown as an {@link
 * AssertionError}.
 */
public final class SimStream implements TcpHandler {
    private final String name;
    private final SimHost host;
    private final Loans loans;
    private final StreamHabits habits;
    private final SeededRandom random;
    private final StreamPattern sends;
    private final long toSend;
    private final StreamPattern expects;
    private final long toReceive;
    private final Received received = new Received();

    private @Nullable TcpConnection connection;
    private @Nullable CloseCause cause;
    private boolean connected;
    private boolean outputShut;
    private boolean inputEnded;
    private boolean closeCalled;
    private boolean writePaused;
    private boolean readPaused;
    private boolean reading = true;
    private long written;
    private long read;
    private int held;
    private Runnable whenClosed = () -> {};

    /**
     * @param name for reports
     * @param sends what it writes, {@code toSend} bytes of it
     * @param expects what it must read, {@code toReceive} bytes of it and then the end of the
     *     stream
     */
    public SimStream(
            String name,
            SimHost host,
            Loans loans,
            StreamHabits habits,
            SeededRandom random,
            StreamPattern sends,
            long toSend,
            StreamPattern expects,
            long toReceive) {
        this.name = name;
        this.host = host;
        this.loans = loans;
        this.habits = habits;
        this.random = random;
        this.sends = sends;
        this.toSend = toSend;
        this.expects = expects;
        this.toReceive = toReceive;
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

    public @Nullable TcpConnection connection() {
        return connection;
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
                && written == toSend
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
        while (!writePaused && written < toSend && c.sendSpace() > 0) {
            int most = (int) Math.min(habits.maxWrite(), toSend - written);
            int length = random.chance(0.5) ? most : random.between(1, most);
            Loans.Loan loan = loans.lend(length);
            sends.fill(written, loan.memory(), 0, length);
            written += length;
            c.write(loan.memory(), 0, length, loan);
            if (random.chance(habits.writePause())) {
                writePaused = true;
                host.after(random.between(0, habits.writePauseNanos()), this::writeOn);
            }
        }
        if (written == toSend && !outputShut) {
            outputShut = true;
            c.shutdownOutput();
            finish(c);
        }
    }

    private void writeOn() {
        writePaused = false;
        TcpConnection c = connection;
        if (c != null && cause == null) {
            write(c);
        }
    }

    private void read(TcpConnection c) {
        while (reading && !readPaused && c.read(received)) {
            take();
            if (random.chance(habits.readPause())) {
                readPaused = true;
                host.after(random.between(0, habits.readPauseNanos()), this::readOn);
            }
        }
        if (!inputEnded && c.endOfStream()) {
            require(
                    read == toReceive,
                    "the stream ended after " + read + " of " + toReceive + " bytes");
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
            throw new AssertionError(name + ": a read of nothing");
        }
        int wrong = expects.mismatch(read, chunk.memory(), received.offset, received.length);
        require(wrong < 0, "the byte at " + (read + wrong) + " isn't the one sent there");
        read += received.length;
        require(read <= toReceive, "more than the " + toReceive + " bytes sent");
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
            throw new AssertionError(name + ": " + otherwise);
        }
    }

    @Override
    public String toString() {
        return name
                + (connected ? "" : " not connected,")
                + " wrote "
                + written
                + " of "
                + toSend
                + ", read "
                + read
                + " of "
                + toReceive
                + ", "
                + (cause == null ? "open" : cause.toString());
    }
}
