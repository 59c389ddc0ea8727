package io.culvert.netstack;

/**
 * How large a packet the path of one connection takes: the link's MTU until a validated ICMP
 * message (RFC 1191, RFC 8201) or a black hole (RFC 4821) says less; tried again after ten minutes.
 */
final class TcpPathMtu {
    private static final int LEAST_V4 = PathMtu.MIN_V4;
    private static final int LEAST_V6 = IpHeader.V6_MIN_MTU;

    /** What nearly every path takes: used when full-sized segments vanish without a word. */
    private static final int BLACK_HOLE_MSS = 1024;

    /** RFC 1191, 6.3. */
    private static final long AGE = 600_000_000_000L;

    private final TcpConnection connection;
    private final int linkMtu;
    private int mtu;

    /**
     * @param mssClamp largest MSS to use and announce, 0 for none
     */
    TcpPathMtu(TcpConnection connection, int mtu, int mssClamp) {
        this.connection = connection;
        linkMtu = mssClamp == 0 ? mtu : Math.min(mtu, mssClamp + headers());
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

    /** Segment size without options that path and peer take. */
    int mss(int peerMss) {
        return Math.max(TcpHandshake.LEAST_MSS, Math.min(peerMss, mtu - headers()));
    }

    int announcedMss() {
        return linkMtu - headers();
    }

    /** Begins with what others found out about the destination. */
    void begin(long now) {
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
            return false;
        }
        shared().lower(connection.remoteHi, connection.remoteLo, usable, now);
        lower(usable, now);
        return true;
    }

    void blackHole(long now) {
        int usable = BLACK_HOLE_MSS + headers();
        if (usable < mtu) {
            connection.layer().counters.blackHoles++;
            lower(usable, now);
        }
    }

    private void lower(int usable, long now) {
        mtu = usable;
        connection.timers().set(TcpTimers.PATH_MTU, now + AGE);
        connection.pathChanged();
    }

    /** The knowledge has aged: try the full size again. */
    void expired() {
        mtu = linkMtu;
        connection.pathChanged();
    }
}
