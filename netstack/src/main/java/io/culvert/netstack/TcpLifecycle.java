package io.culvert.netstack;

import org.jspecify.annotations.Nullable;

/** In which state a connection is, and every way out of it (RFC 9293, 3.3.2 and 3.6). */
final class TcpLifecycle {
    private final TcpConnection connection;
    private final TcpLayer layer;
    private final @Nullable TcpListener listener;
    private TcpState state;
    private @Nullable CloseCause cause;
    private boolean closedByApplication;
    private boolean over;
    private boolean ended;

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
        } else if (state == TcpState.SYN_SENT) {
            terminate(CloseCause.CLOSED);
        } else if (unread) {
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
        state = connection.sender().finWanted() ? TcpState.FIN_WAIT_1 : TcpState.ESTABLISHED;
        if (listener != null) {
            listener.completed();
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

    /** Tells the peer with RST and ends. */
    void reset(CloseCause why) {
        if (state != TcpState.SYN_SENT) {
            int next = (int) connection.sender().next;
            layer.replies.reset(connection, next, (int) connection.receiver().next(), true);
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
        if (listener != null && !state.isSynchronized()) {
            listener.completed();
        }
        if (!state.isSynchronized() && !closedByApplication) {
            layer.counters.attemptFails++;
        }
        over = true;
        state = last;
        cause = why;
        connection.timers().stop();
        connection.sender().clear();
        connection.receiver().window.close();
        signalEnd();
    }

    /** Of an orderly end the application hears when it has read everything. */
    void signalEnd() {
        if (ended) {
            return;
        }
        boolean drained = closedByApplication || connection.receiver().isAtEnd();
        if (cause != CloseCause.CLOSED || drained) {
            ended = true;
            connection.signal(TcpConnection.CLOSED);
        } else {
            layer.unread(connection);
        }
    }
}
