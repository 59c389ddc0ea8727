package io.culvert.netstack;

import java.util.Arrays;

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

    /** Giving back the memory of an idle flow; raising a lowered path MTU. */
    static final int IDLE = 9;

    static final int PATH_MTU = 10;

    private static final int PURPOSES = 11;

    private final TcpConnection connection;
    private final Timers timers;
    private final long[] deadlines = new long[PURPOSES];

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

    @Override
    void fire(long now) {
        for (int purpose = 0; purpose < PURPOSES; purpose++) {
            if (deadlines[purpose] <= now) {
                deadlines[purpose] = NEVER;
                connection.timeout(purpose, now);
            }
        }
        long next = NEVER;
        for (long at : deadlines) {
            next = Math.min(next, at);
        }
        if (next != NEVER && (next < deadline || !isArmed())) {
            timers.arm(this, next);
        }
    }

    /** Forgets everything, for the end of the connection. */
    void stop() {
        Arrays.fill(deadlines, NEVER);
        timers.remove(this);
    }
}
