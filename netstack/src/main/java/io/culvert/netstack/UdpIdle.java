package io.culvert.netstack;

/** Closes a forwarded flow that is idle, and ends the wait of a closed socket to be pulled. */
final class UdpIdle extends Timer {
    private static final int DNS = 53;

    /** How long what was sent before a close may wait to be pulled. */
    private static final long LINGER = 5_000_000_000L;

    private final UdpSocket socket;
    private final NetStack stack;
    private boolean dnsOnly = true;
    private boolean answered;
    private boolean lingering;

    UdpIdle(UdpSocket socket, NetStack stack) {
        this.socket = socket;
        this.stack = stack;
    }

    /** The client sent something to that port. */
    void asked(int port, long now) {
        dnsOnly &= port == DNS;
        answered = false;
        rearm(now);
    }

    /** Something left for the client. */
    void answered(long now) {
        answered = true;
        rearm(now);
    }

    private void rearm(long now) {
        NetStackConfig config = stack.config;
        long timeout = dnsOnly ? config.udpDnsIdleNanos() : config.udpIdleNanos();
        if (dnsOnly && !answered) {
            timeout *= 2;
        }
        stack.timers.arm(this, now + timeout);
    }

    /** The socket was closed while something waits to be pulled. */
    void linger() {
        stack.timers.arm(this, stack.now());
    }

    void stop() {
        stack.timers.remove(this);
    }

    @Override
    void fire(long now) {
        if (!socket.isClosed()) {
            stack.counters.udpFlowsExpired++;
            socket.close();
        } else if (lingering) {
            socket.abort();
        } else {
            // The close knew no time; the true one is known now.
            lingering = true;
            stack.timers.arm(this, now + LINGER);
        }
    }
}
