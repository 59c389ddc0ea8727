package io.culvert.netstack;

import org.jspecify.annotations.Nullable;

/** In which state a connection is, and every way out of it (RFC 9293, 3.3.2 and 3.6). */
final class TcpLifecycle {
    /** What a broken connection left is kept for so long after nothing of it was read. */
    private static final long UNREAD_PATIENCE = 60_000_000_000L;

    private final TcpConnection connection;
    private final TcpLayer layer;
    private final @Nullable TcpListener listener;
    private TcpState state;
    private @Nullable CloseCause cause;
    private boolean closedByApplication;
    private boolean over;
    private boolean ended;

    /** Bytes that the application had left when its patience was last put to the test. */
    private int unread;

    TcpLifecycle(
            TcpConnection connection,
            TcpLayer layer,
            TcpState state,
            @Nullable TcpListener listener) {
        this.connection = connection;
        this.layer = layer;
        this.state = state;
        this.listener = listener;
    }

    TcpState state() {
        return state;
    }

    /** Why it is over; null while it is not. */
    @Nullable CloseCause cause() {
        return cause;
    }

    boolean isOver() {
        return over;
    }

    boolean isClosedByApplication() {
        return closedByApplication;
    }

    void shutdownOutput() {
        TcpSender sender = connection.sender();
        if (over || sender.finWanted()) {
            return;
        }
        sender.finish();
        switch (state) {
            case ESTABLISHED -> state = TcpState.FIN_WAIT_1;
            case CLOSE_WAIT -> state = TcpState.LAST_ACK;
            default -> {
                // before the handshake is complete: with it
            }
        }
        connection.activate();
    }

    void close() {
        if (closedByApplication) {
            return;
        }
        boolean unread = connection.receiver().buffer.available() > 0;
        closedByApplication = true;
        if (over) {
            signalEnd();
        } else if (state == TcpState.SYN_SENT || unread) {
            reset(CloseCause.CLOSED);
        } else {
            shutdownOutput();
            connection.activate(); // in FIN-WAIT-2 for the deadline alone
        }
    }

    void abort() {
        closedByApplication = true;
        if (over) {
            signalEnd();
        } else {
            reset(CloseCause.ABORTED);
        }
    }

    void simultaneousOpen() {
        state = TcpState.SYN_RECEIVED;
    }

    void established() {
        handshakeOver();
        state = connection.sender().finWanted() ? TcpState.FIN_WAIT_1 : TcpState.ESTABLISHED;
    }

    private void handshakeOver() {
        if (listener != null) {
            listener.completed();
        } else if (connection.handshake().isPassive()) {
            layer.forwarding.completed();
        }
    }

    /** The peer's FIN is complete. */
    void peerFinished(long now) {
        switch (state) {
            case ESTABLISHED -> state = TcpState.CLOSE_WAIT;
            case FIN_WAIT_1 -> state = TcpState.CLOSING;
            case FIN_WAIT_2 -> timeWait(now);
            default -> throw new IllegalStateException("FIN in " + state);
        }
    }

    /** Our FIN was acknowledged, the peer's did not come. */
    void finAcknowledged(long now) {
        state = TcpState.FIN_WAIT_2;
        limitFinWait(now);
    }

    /** A closed connection does not wait for the peer's FIN for ever (netstack.md C4). */
    void limitFinWait(long now) {
        if (state == TcpState.FIN_WAIT_2
                && closedByApplication
                && !connection.timers().isSet(TcpTimers.FIN_WAIT_2)) {
            connection.timers().set(TcpTimers.FIN_WAIT_2, now + layer.settings.finWait2());
        }
    }

    void timeWait(long now) {
        layer.timeWaits.enter(connection, now);
        end(TcpState.TIME_WAIT, CloseCause.CLOSED);
    }

    /** Tells the peer with RST and ends; a dial of the peer for our SYN is cancelled by it. */
    void reset(CloseCause why) {
        TcpSender sender = connection.sender();
        if (state != TcpState.SYN_SENT) {
            int acknowledgment = (int) connection.receiver().next();
            layer.replies.reset(connection, (int) sender.next, acknowledgment, true);
        } else if (sender.outstanding() > 0) {
            layer.replies.reset(connection, (int) sender.next, 0, false);
        }
        terminate(why);
    }

    /** The peer does not answer: end, and tell it and every NAT between (netstack.md C12). */
    void giveUp() {
        layer.counters.abortsOnTimeout++;
        reset(CloseCause.TIMEOUT);
    }

    void terminate(CloseCause why) {
        if (!over) {
            layer.remove(connection);
            end(TcpState.CLOSED, why);
        }
    }

    /** Over before anything was sent. */
    void stillborn(CloseCause why) {
        end(TcpState.CLOSED, why);
    }

    private void end(TcpState last, CloseCause why) {
        if (!state.isSynchronized()) {
            handshakeOver();
            layer.counters.attemptFails += closedByApplication ? 0 : 1;
        }
        over = true;
        state = last;
        cause = why;
        connection.timers().stop();
        connection.sender().clear();
        connection.receiver().window.close();
        signalEnd();
    }

    /**
     * Of the end the application hears when it has read everything, also of a reset, before which
     * the peer may well have said all that there is to say. As in Linux.
     */
    void signalEnd() {
        if (ended) {
            return;
        }
        TcpReceiver receiver = connection.receiver();
        boolean drained =
                cause == CloseCause.CLOSED ? receiver.isAtEnd() : receiver.buffer.available() == 0;
        if (drained || closedByApplication) {
            abandonUnread();
            return;
        }
        layer.unread(connection);
        if (cause != CloseCause.CLOSED && !connection.timers().isSet(TcpTimers.IDLE)) {
            waitForReader(layer.stack.now());
        }
    }

    private void waitForReader(long now) {
        unread = connection.receiver().buffer.available();
        connection.timers().set(TcpTimers.IDLE, now + UNREAD_PATIENCE);
    }

    /** Of a connection that is over: whether anybody still reads. */
    void idle(long now) {
        if (connection.receiver().buffer.available() < unread) {
            waitForReader(now);
        } else {
            abandonUnread();
        }
    }

    private void abandonUnread() {
        ended = true;
        connection.timers().stop();
        connection.signal(TcpConnection.CLOSED);
    }
}
