package io.culvert.netstack;

/** What a client's SYN said: all there is of a connection that is not open yet. */
abstract class TcpSyn extends TcpFlow {
    /** The client's initial sequence number. */
    final int sequence;

    /** Ours. */
    final int initialSequence;

    private final short mss;
    private final short window;
    private final byte windowScale;
    final boolean sackPermitted;
    final boolean hasTimestamp;
    final int timestamp;

    TcpSyn(TcpFlow addresses, TcpSegment s, int initialSequence) {
        super(addresses);
        this.initialSequence = initialSequence;
        sequence = s.sequence;
        mss = (short) s.mss;
        window = (short) s.window;
        windowScale = (byte) s.windowScale;
        sackPermitted = s.sackPermitted;
        hasTimestamp = s.hasTimestamp;
        timestamp = s.timestamp;
    }

    final boolean scalesWindows() {
        return windowScale >= 0;
    }

    /** Tells a new connection what was offered. */
    final void open(TcpConnection c, long now) {
        c.handshake()
                .passive(
                        sequence,
                        Short.toUnsignedInt(mss),
                        windowScale,
                        sackPermitted,
                        hasTimestamp,
                        timestamp,
                        Short.toUnsignedInt(window),
                        now);
    }
}
