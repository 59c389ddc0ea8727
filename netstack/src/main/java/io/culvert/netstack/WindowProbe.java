package io.culvert.netstack;

/** Zero-window probing (RFC 9293, 3.8.6.1): at the time-out, then at doubling distances. */
final class WindowProbe {
    private static final int MOST_BACKOFF = 16;

    private final TcpConnection connection;
    private final TcpSender sender;
    private int backoff;

    WindowProbe(TcpConnection connection, TcpSender sender) {
        this.connection = connection;
        this.sender = sender;
    }

    /** The peer takes data again. */
    void windowOpened() {
        connection.timers().clear(TcpTimers.PERSIST);
        backoff = 0;
    }

    void arm(long now) {
        TcpTimers timers = connection.timers();
        if (!sender.isWindowBlocked()) {
            timers.clear(TcpTimers.PERSIST);
            return;
        }
        sender.waits(now);
        if (!timers.isSet(TcpTimers.PERSIST)) {
            timers.set(TcpTimers.PERSIST, now + distance());
        }
    }

    void expired(long now) {
        if (!sender.isWindowBlocked()) {
            return;
        }
        backoff = Math.min(backoff + 1, MOST_BACKOFF);
        sender.recovery.probeSent();
        sender.wantProbe(TcpSender.WINDOW_PROBE);
        connection.timers().set(TcpTimers.PERSIST, now + distance());
    }

    private long distance() {
        return Math.min(RttEstimator.MAXIMUM_RTO, sender.rtt.rto() << backoff);
    }
}
