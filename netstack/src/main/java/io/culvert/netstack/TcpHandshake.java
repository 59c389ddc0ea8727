package io.culvert.netstack;

/**
 * Opening of one connection, and what was agreed upon by it (RFC 9293, 3.5; options RFC 7323, RFC
 * 2018, RFC 6691).
 */
final class TcpHandshake {
    /** Linux tcp_min_snd_mss: below it overhead would eat the connection (CVE-2019-11479). */
    static final int LEAST_MSS = 48;

    /** RFC 9293, MUST-15. */
    private static final int DEFAULT_MSS_V4 = 536;

    private static final int DEFAULT_MSS_V6 = 1220;

    /** RFC 7323, 2.3: a larger shift counts as this. */
    static final int MAX_SCALE = 14;

    static final int MAX_WINDOW_FIELD = 0xffff;

    /** Retransmissions that a setting allows at most. */
    private static final int MAX_DOUBLINGS = 15;

    private final TcpConnection connection;
    private final TcpSettings settings;
    private final boolean passive;
    private boolean timestamps = true;
    private boolean sackPermitted = true;
    private boolean windowScaling = true;
    private final int receiveScale;
    private int peerMss = DEFAULT_MSS_V4;

    private boolean wanted;
    private int transmissions;
    private long sentAt;

    TcpHandshake(TcpConnection connection, TcpSettings settings, boolean passive) {
        this.connection = connection;
        this.settings = settings;
        this.passive = passive;
        receiveScale = ReceiveWindow.scaleFor(settings.maxReceiveBuffer());
        wanted = true;
    }

    boolean isPassive() {
        return passive;
    }

    boolean timestamps() {
        return timestamps;
    }

    boolean sackPermitted() {
        return sackPermitted;
    }

    boolean windowScaling() {
        return windowScaling;
    }

    int receiveScale() {
        return receiveScale;
    }

    /** Window field of our SYN, which is never scaled. */
    int window() {
        return connection.layer().handshakeWindow();
    }

    /** A SYN or SYN-ACK is to leave. */
    boolean isWanted() {
        return wanted;
    }

    void sendAgain() {
        wanted = true;
        connection.layer().scheduler.control(connection);
    }

    /** It leaves now. */
    void sent(long now) {
        wanted = false;
        if (transmissions == 0) {
            connection.sender().synSent();
        }
        transmissions++;
        sentAt = now;
        if (!connection.timers().isSet(TcpTimers.RTO)) {
            connection.timers().set(TcpTimers.RTO, now + connection.sender().rtt.rto());
        }
    }

    /**
     * A record kept the handshake so far: SYN-ACKs that left, and when the last did. 0: a cookie
     * did, which does not know when.
     */
    void continued(int sent, long lastSentAt, long now) {
        wanted = false;
        transmissions = sent;
        sentAt = lastSentAt;
        connection.sender().synSent();
        connection.timers().set(TcpTimers.RTO, now + connection.sender().rtt.rto());
    }

    /**
     * The peer's SYN arrived on a connection opened by it.
     *
     * @param mss option, 0 if absent
     * @param windowScale option, -1 if absent
     * @param window field, not scaled
     */
    void passive(
            int sequence,
            int mss,
            int windowScale,
            boolean sack,
            boolean hasTimestamp,
            int timestamp,
            int window,
            long now) {
        negotiate(mss, windowScale, sack, hasTimestamp);
        openReceiver(sequence, hasTimestamp, timestamp, now);
        TcpSender sender = connection.sender();
        sender.updateWindow(window, connection.receiver().next() - 1, sender.una);
    }

    /**
     * What the MSS option of a SYN means.
     *
     * @param option 0 if absent
     */
    static int effectiveMss(int option, boolean v4) {
        int absent = v4 ? DEFAULT_MSS_V4 : DEFAULT_MSS_V6;
        return option == 0 ? absent : Math.max(option, LEAST_MSS);
    }

    private void negotiate(int mss, int windowScale, boolean sack, boolean hasTimestamp) {
        peerMss = effectiveMss(mss, connection.isV4());
        timestamps &= hasTimestamp;
        sackPermitted &= sack;
        windowScaling &= windowScale >= 0;
        if (windowScaling) {
            connection.sender().scale = windowScale;
        }
    }

    private void openReceiver(int sequence, boolean hasTimestamp, int timestamp, long now) {
        int scale = windowScaling ? receiveScale : 0;
        connection.receiver().open(sequence, window(), scale, now);
        if (hasTimestamp) {
            connection.receiver().timestamp(timestamp, now);
        }
    }

    /** A segment for a connection that only sent its SYN (RFC 9293, 3.10.7.3). */
    void synSent(TcpSegment s, long now) {
        TcpSender sender = connection.sender();
        long ack = Seq.unwrap(s.acknowledgment, sender.una);
        boolean hasAck = s.has(TcpFlags.ACK);
        if (hasAck && (ack <= sender.una || ack > sender.next)) {
            if (!s.has(TcpFlags.RST)) {
                connection.layer().replies.reset(connection, s.acknowledgment, 0, false);
            }
            return;
        }
        if (s.has(TcpFlags.RST)) {
            if (hasAck) {
                connection.lifecycle().terminate(CloseCause.REFUSED);
            }
            return;
        }
        if (!s.has(TcpFlags.SYN) || s.has(TcpFlags.FIN)) {
            return;
        }
        negotiate(s.mss, s.windowScale, s.sackPermitted, s.hasTimestamp);
        openReceiver(s.sequence, s.hasTimestamp, s.timestamp, now);
        long first = connection.receiver().next() - 1;
        if (hasAck) {
            sender.updateWindow(s.window, first, ack);
            connection.receiver().ackNow();
            connection.layer().dirty(connection);
            established(s, now);
        } else {
            sender.updateWindow(s.window, first, sender.una);
            connection.lifecycle().simultaneousOpen();
            sendAgain();
        }
    }

    /**
     * A segment in SYN-RECEIVED whose ACK was not looked at yet. True: the connection is
     * established, and the segment is to be processed further.
     */
    boolean acknowledged(TcpSegment s, long now) {
        TcpSender sender = connection.sender();
        long ack = Seq.unwrap(s.acknowledgment, sender.una);
        if (ack <= sender.una || ack > sender.next) {
            connection.layer().replies.reset(connection, s.acknowledgment, 0, false);
            return false;
        }
        established(s, now);
        return true;
    }

    /** The client's ACK was seen before there was a connection. */
    void acknowledgedBefore(long now) {
        continued(0, now, now);
        established(now);
    }

    private void established(TcpSegment s, long now) {
        sampleRtt(s, now);
        established(now);
    }

    private void established(long now) {
        boolean lost = transmissions > 1;
        RttEstimator rtt = connection.sender().rtt;
        rtt.resetBackoff();
        if (lost) {
            rtt.synLost();
        }
        wanted = false;
        connection.timers().clear(TcpTimers.RTO);
        connection.pathMtu().begin(peerMss, now);
        connection.sender().established(connection.pathMtu().mss(), lost, now);
        connection.established(now);
    }

    private void sampleRtt(TcpSegment s, long now) {
        RttEstimator rtt = connection.sender().rtt;
        if (transmissions == 1) {
            rtt.handshakeSample(now - sentAt, now);
            rtt.minimumSample(now - sentAt, now);
        } else if (transmissions > 1 && timestamps && s.hasTimestamp && s.timestampEcho != 0) {
            int milliseconds = connection.timestampAt(now) - s.timestampEcho;
            long sample = Math.max(milliseconds, 1) * 1_000_000L;
            if (milliseconds >= 0 && sample <= longestRtt(now)) {
                rtt.handshakeSample(sample, now);
            }
        }
    }

    /** Nothing is echoed that left before the handshake: n retransmissions take 2^n - 1 seconds. */
    private long longestRtt(long now) {
        int retransmissions = Math.min(transmissions - 1, MAX_DOUBLINGS);
        return now - sentAt + (RttEstimator.INITIAL_RTO << retransmissions);
    }

    /** The SYN or SYN-ACK was not answered in time. */
    void timeout() {
        int retries =
                connection.state() == TcpState.SYN_SENT
                        ? settings.synRetries()
                        : settings.synAckRetries();
        if (transmissions > retries) {
            connection.lifecycle().terminate(CloseCause.TIMEOUT);
            return;
        }
        connection.sender().rtt.backOff();
        sendAgain();
    }
}
