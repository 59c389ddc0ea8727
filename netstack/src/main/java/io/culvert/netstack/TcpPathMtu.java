package io.culvert.netstack;

/**
 * How large a packet the path of one connection takes. It begins with the link's MTU, or with what
 * others found out about the destination; a validated ICMP message (RFC 1191, RFC 8201) lowers it,
 * and so does a path that swallows large segments without a word (RFC 4821, 7.7). Upwards it goes
 * by probes only, which carry data and whose loss is no sign of congestion: at once after a black
 * hole, ten minutes after an ICMP message.
 */
final class TcpPathMtu {
    private static final int LEAST_V4 = PathMtu.MIN_V4;
    private static final int LEAST_V6 = IpHeader.V6_MIN_MTU;

    /** What nearly every path takes (RFC 4821, 7.2), and what every one must. */
    private static final int[] SMALL_MSS = {1024, 512};

    /** RFC 1191, 6.3. */
    private static final long AGE = 600_000_000_000L;

    private final TcpConnection connection;
    private final MtuSearch search = new MtuSearch();
    private final int linkMtu;

    /** What the peer's MSS and the link leave; {@link #mtu} never exceeds it. */
    private int most;

    private int mtu;

    /** Whether a full segment of the present size has arrived. */
    private boolean proven;

    /** Size to which a segment was cut that was lost again and again; 0: none. */
    private int suspected;

    private long suspectedAt;

    /** SND.NXT when a probe was lost: until all of that arrived no other leaves. */
    private long restUntil = Long.MIN_VALUE;

    /**
     * @param mssClamp largest MSS to use and announce, 0 for none
     */
    TcpPathMtu(TcpConnection connection, int mtu, int mssClamp) {
        this.connection = connection;
        linkMtu = mssClamp == 0 ? mtu : Math.min(mtu, mssClamp + headers());
        most = linkMtu;
        this.mtu = linkMtu;
    }

    private int headers() {
        return headers(connection.isV4());
    }

    private static int headers(boolean v4) {
        return (v4 ? IpHeader.V4_LENGTH : IpHeader.V6_LENGTH) + TcpSegment.HEADER;
    }

    /** What we announce: the link's MTU without fixed headers (RFC 6691), or less if told to. */
    static int announcedMss(boolean v4, int mtu, int mssClamp) {
        int mss = mtu - headers(v4);
        return mssClamp == 0 ? mss : Math.min(mss, mssClamp);
    }

    int announcedMss() {
        return linkMtu - headers();
    }

    /** Largest packet that is used now, bytes. */
    int mtu() {
        return mtu;
    }

    /** Segment size without options that path and peer take. */
    int mss() {
        return Math.max(TcpHandshake.LEAST_MSS, mtu - headers());
    }

    /** Begins with what the peer takes, and with what others found out about the destination. */
    void begin(int peerMss, long now) {
        most = Math.min(linkMtu, peerMss + headers());
        mtu = most;
        int known = shared().get(connection.remoteHi, connection.remoteLo, now);
        if (known < mtu) {
            mtu = known;
            connection.timers().set(TcpTimers.PATH_MTU, now + AGE);
        }
    }

    private PathMtu shared() {
        return connection.layer().stack.pathMtu;
    }

    /** A router says that a packet of ours was too big. False: it can't be. */
    boolean tooBig(int reported, long now) {
        int least = connection.isV4() ? LEAST_V4 : LEAST_V6;
        int usable = Math.max(reported, Math.min(least, linkMtu));
        if (usable >= mtu) {
            return usable < search.underWay() && probeTooBig(usable);
        }
        shared().lower(connection.remoteHi, connection.remoteLo, usable, now);
        suspected = 0;
        search.stop();
        lower(usable, now);
        return true;
    }

    private boolean probeTooBig(int usable) {
        search.told(usable);
        return true;
    }

    private void lower(int usable, long now) {
        mtu = usable;
        proven = false;
        connection.timers().set(TcpTimers.PATH_MTU, now + AGE);
        connection.pathChanged();
    }

    // A path that swallows large segments

    /**
     * The retransmission time-out expired, and the first record is marked lost. When it had been
     * lost before, or its size never arrived on this connection, it gets smaller, so that its
     * arrival can show that its size was the reason. The first time it doesn't, if as much arrived
     * that had left after it.
     *
     * @param timeouts in a row
     */
    void suspect(RetransmissionQueue queue, int head, boolean again, int timeouts, long now) {
        if (proven && (!again || (timeouts == 1 && isOvertaken(queue, queue.length(head))))) {
            return;
        }
        int options = connection.sender().mss() - connection.sender().smss;
        for (int small : SMALL_MSS) {
            int size = small + headers();
            if (size < mtu && queue.length(head) > small - options) {
                suspected = size;
                suspectedAt = now;
                queue.splitLost(head, small - options);
                return;
            }
        }
    }

    private static boolean isOvertaken(RetransmissionQueue queue, int length) {
        for (int i = 1; i < queue.count(); i++) {
            int slot = queue.at(i);
            if (queue.has(slot, RetransmissionQueue.SACKED) && queue.length(slot) >= length) {
                return true;
            }
        }
        return false;
    }

    /** A smaller segment is on its way alone. */
    boolean isSuspecting() {
        return suspected > 0;
    }

    /** SND.UNA moved. */
    void advanced(TcpSegment s, long now) {
        if (suspected == 0) {
            return;
        }
        int usable = suspected;
        suspected = 0;
        boolean older =
                connection.timestamps()
                        && s.hasTimestamp
                        && s.timestampEcho - connection.timestampAt(suspectedAt) < 0;
        if (!older && usable < mtu) {
            connection.layer().counters.blackHoles++;
            int failed = mtu;
            lower(usable, now);
            if (connection.sackPermitted()) {
                search.begin(usable, failed, MtuSearch.MAX_PROBES - 1);
            }
        }
    }

    // Probes

    /**
     * The knowledge has aged: look whether the path takes more by now. Without selective
     * acknowledgments the loss of a probe can't be told from congestion, so that all segments
     * become large again.
     */
    void expired(long now) {
        if (mtu < most && connection.sackPermitted()) {
            search.begin(mtu, most, 0);
            connection.timers().set(TcpTimers.PATH_MTU, now + AGE);
        } else if (mtu < most) {
            mtu = most;
            proven = false;
            connection.pathChanged();
        }
    }

    /**
     * Payload of a segment larger than usual that is to leave in place of a full one, as soon as
     * {@link #roomForProbe} is free; 0 = none. Something leaves behind it, so that the ACK of that
     * shows when the probe was lost.
     */
    int probe() {
        if (!search.wantsProbe()) {
            return 0;
        }
        TcpSender sender = connection.sender();
        int length = search.next() - headers() - (sender.mss() - sender.smss);
        int least = sender.noDelay ? 1 : sender.smss;
        boolean calm =
                sender.recovery.isOpen() && sender.queue.lost() == 0 && sender.una >= restUntil;
        boolean fits =
                sender.unsent() >= length + least
                        && sender.next + length + sender.smss <= sender.una + sender.window.size()
                        && roomForProbe(length) <= sender.congestion.cwnd();
        return calm && fits ? length : 0;
    }

    /** Bytes of the congestion window that a probe and what follows it take; 0 = no probe. */
    long roomForProbe() {
        return roomForProbe(probe());
    }

    private long roomForProbe(int length) {
        return length == 0 ? 0 : length + (long) connection.sender().smss;
    }

    void probeSent(long start) {
        connection.layer().counters.mtuProbes++;
        search.sent(start);
    }

    /** A record is lost. True: it is a probe, and was lost for its size. */
    boolean isProbeLost(long start, long now) {
        if (!search.isProbe(start)) {
            return false;
        }
        search.lost();
        restUntil = connection.sender().next;
        conclude(now);
        return true;
    }

    /** The time-out expired: what is under way as a probe is lost, for whatever reason. */
    void timedOut(long now) {
        if (search.underWay() > 0) {
            search.lost();
            conclude(now);
        }
    }

    /** A record was delivered. */
    void delivered(long start, int length, long now) {
        if (length >= connection.sender().smss) {
            proven = true;
        }
        if (search.isProbe(start)) {
            mtu = search.delivered();
            connection.pathChanged();
            conclude(now);
        }
    }

    /** A search that is over helps others who go there. */
    private void conclude(long now) {
        if (!search.isActive() && mtu < most) {
            shared().lower(connection.remoteHi, connection.remoteLo, mtu, now);
            connection.timers().set(TcpTimers.PATH_MTU, now + AGE);
        }
    }
}
