package io.culvert.netstack;

/** Probes of an idle connection (RFC 9293, 3.8.4). */
final class TcpKeepAlive {
    private final TcpConnection connection;
    private final long idle;
    private final long interval;
    private final int probes;
    private int sent;
    private long lastHeard;

    TcpKeepAlive(TcpConnection connection, long idle, long interval, int probes) {
        this.connection = connection;
        this.idle = idle;
        this.interval = interval;
        this.probes = probes;
    }

    void expired(long now) {
        long heard = connection.lastHeard();
        if (heard != lastHeard) {
            lastHeard = heard;
            sent = 0;
        }
        long due = heard + idle + sent * interval;
        if (due > now) {
            connection.timers().set(TcpTimers.KEEPALIVE, due);
            return;
        }
        if (!connection.state().isSynchronized() || !connection.sender().isFlushed()) {
            connection.timers().set(TcpTimers.KEEPALIVE, now + idle); // retransmission watches
            return;
        }
        if (sent >= probes) {
            connection.lifecycle().giveUp();
            return;
        }
        sent++;
        connection.sender().wantProbe(TcpSender.KEEPALIVE_PROBE);
        connection.timers().set(TcpTimers.KEEPALIVE, now + interval);
    }
}
