package io.culvert.netstack;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** All deadlines of one connection behind one node of the engine's timers. */
final class TcpTimers extends Timer {
    /** Retransmission time-out, of data, SYN or FIN. */
    static final int RTO = 0;

    /** Tail loss probe (RFC 8985, 7). */
    static final int TLP = 1;

    /** RACK's reordering window. */
    static final int REORDER = 2;

    static final int DELAYED_ACK = 3;

    /** Zero-window probe. */
    static final int PERSIST = 4;

    static final int KEEPALIVE = 5;
    static final int PACING = 6;
    static final int USER_TIMEOUT = 7;

    /** FIN-WAIT-2 of an orphan. */
    static final int FIN_WAIT_2 = 8;

    /** Giving back the memory of what is idle. */
    static final int IDLE = 9;

    /** Raising a lowered path MTU. */
    static final int PATH_MTU = 10;

    private static final int PURPOSES = 11;

    private final TcpConnection connection;
    private final Timers timers;
    private final long[] deadlines = new long[PURPOSES];
    private @Nullable TcpKeepAlive keepAlive;
    private long userTimeout;

    TcpTimers(TcpConnection connection, Timers timers) {
        this.connection = connection;
        this.timers = timers;
        Arrays.fill(deadlines, NEVER);
    }

    void set(int purpose, long at) {
        deadlines[purpose] = at;
        if (at < deadline) {
            timers.arm(this, at);
        }
    }

    void clear(int purpose) {
        deadlines[purpose] = NEVER;
    }

    boolean isSet(int purpose) {
        return deadlines[purpose] != NEVER;
    }

    long at(int purpose) {
        return deadlines[purpose];
    }

    void keepAlive(@Nullable TcpKeepAlive watch, long at) {
        keepAlive = watch;
        if (watch == null) {
            clear(KEEPALIVE);
        } else {
            set(KEEPALIVE, at);
        }
    }

    /**
     * @param nanos 0: none
     */
    void userTimeout(long nanos, long now) {
        userTimeout = nanos;
        if (nanos > 0) {
            set(USER_TIMEOUT, now + nanos);
        } else {
            clear(USER_TIMEOUT);
        }
    }

    @Override
    void fire(long now) {
        for (int purpose = 0; purpose < PURPOSES; purpose++) {
            if (deadlines[purpose] <= now) {
                deadlines[purpose] = NEVER;
                expired(purpose, now);
            }
        }
        connection.activate();
        long next = NEVER;
        for (long at : deadlines) {
            next = Math.min(next, at);
        }
        if (next < deadline) {
            timers.arm(this, next);
        }
    }

    private void expired(int purpose, long now) {
        TcpSender sender = connection.sender();
        switch (purpose) {
            case RTO -> retransmissionTimeout(now);
            case TLP -> sender.recovery.probeExpired(now);
            case REORDER -> sender.recovery.reorderExpired(now);
            case DELAYED_ACK -> {
                connection.receiver().delayedAckExpired();
                connection.layer().scheduler.control(connection);
            }
            case PERSIST -> {
                if (isExhausted()) {
                    connection.lifecycle().giveUp();
                } else {
                    sender.persist.expired(now);
                }
            }
            case KEEPALIVE -> {
                if (keepAlive != null) {
                    keepAlive.expired(now);
                }
            }
            case USER_TIMEOUT -> userTimeoutExpired(now);
            case FIN_WAIT_2 -> connection.lifecycle().terminate(CloseCause.TIMEOUT);
            case IDLE -> idle(now);
            case PATH_MTU -> connection.pathMtu().expired(now);
            default -> connection.layer().paced = true; // the flow is only to be looked at again
        }
    }

    @Override
    void nearlyDue(long now) {
        if (deadlines[PACING] <= now + Pacer.RIDE_ALONG) {
            connection.sender().pacer.invite(now);
            connection.activate();
        }
    }

    private void idle(long now) {
        if (connection.isOver()) {
            connection.lifecycle().idle(now);
        } else {
            connection.sender().trim();
            connection.receiver().idle(now);
        }
    }

    private void retransmissionTimeout(long now) {
        if (!connection.state().isSynchronized()) {
            connection.handshake().timeout();
        } else if (isExhausted()) {
            connection.lifecycle().giveUp();
        } else {
            connection.sender().recovery.timeoutExpired(now);
        }
    }

    /** Whoever sets a user timeout says himself how long it tries (RFC 9293, MUST-21). */
    private boolean isExhausted() {
        TcpSettings settings = connection.layer().settings;
        int retries = connection.sender().recovery.retries();
        return connection.isClosedByApplication()
                ? retries >= settings.orphanRetries()
                : userTimeout == 0 && retries >= settings.retries();
    }

    private void userTimeoutExpired(long now) {
        long since = connection.sender().waitingSince(now);
        if (now - since >= userTimeout) {
            connection.lifecycle().giveUp();
        } else {
            set(USER_TIMEOUT, since + userTimeout);
        }
    }

    /** Forgets everything, for the end of the connection. */
    void stop() {
        Arrays.fill(deadlines, NEVER);
        timers.remove(this);
    }
}
