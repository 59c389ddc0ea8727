package io.culvert.netstack;

import org.jspecify.annotations.Nullable;

/**
 * The rest of a closed connection (RFC 9293, 3.3.2, TIME-WAIT): what late segments are held
 * against.
 */
final class TcpTimeWait extends TcpFlow {
    final int sendNext;
    final int receiveNext;
    final int window;
    final boolean timestamps;
    final int tsRecent;
    final int timestampOffset;
    long expires;
    @Nullable TcpTimeWait previous;
    @Nullable TcpTimeWait next;

    TcpTimeWait(TcpConnection c) {
        super(c);
        sendNext = (int) c.sender().next;
        receiveNext = (int) c.receiver().next();
        window = c.receiver().acknowledge();
        timestamps = c.timestamps();
        tsRecent = c.receiver().tsRecent();
        timestampOffset = c.timestampAt(0);
    }

    @Override
    void deliver() {
        throw new IllegalStateException("nobody hears of a closed connection");
    }
}
