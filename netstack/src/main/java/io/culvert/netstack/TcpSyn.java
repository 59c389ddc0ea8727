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

    /** As a SYN says it. */
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

    /**
     * As the client's ACK of a cookie says it.
     *
     * @param s that ACK
     * @param initialSequence the cookie
     */
    TcpSyn(TcpFlow addresses, TcpSegment s, int initialSequence, boolean timed) {
        super(addresses);
        this.initialSequence = initialSequence;
        sequence = s.sequence - 1;
        mss = (short) SynCookies.mss(initialSequence);
        windowScale = (byte) (timed ? SynCookies.windowScale(s.timestampEcho) : -1);
        window = (short) Math.min(s.window << Math.max(windowScale, 0), 0xffff);
        sackPermitted = timed && SynCookies.sackPermitted(s.timestampEcho);
        hasTimestamp = timed;
        timestamp = s.timestamp;
    }

    /** MSS option, 0 if there was none. */
    final int mss() {
        return Short.toUnsignedInt(mss);
    }

    /** Window scale option, -1 if there was none. */
    final int windowScale() {
        return windowScale;
    }

    final boolean scalesWindows() {
        return windowScale >= 0;
    }

    /** Tells a new connection what was offered. */
    final void open(TcpConnection c, long now) {
        c.handshake()
                .passive(
                        sequence,
                        mss(),
                        windowScale,
                        sackPermitted,
                        hasTimestamp,
                        timestamp,
                        Short.toUnsignedInt(window),
                        now);
    }
}
