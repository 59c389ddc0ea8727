package io.culvert.netstack;

/**
 * Answers to SYNs that leave no trace here: what has to be remembered is in the initial sequence
 * number of the SYN-ACK, and in the low bits of its timestamp, and comes back with the client's ACK
 * (RFC 4987, 3.6). They are sent only when too many connections are half open, and believed only
 * for some time after.
 *
 * <p>The sequence number: 4 bits of the period, 1 whether the SYN had a timestamp, 3 of MSS, 24 of
 * a keyed hash over all that and over the addresses and the client's sequence number. The
 * timestamp: 4 bits of window scale and 1 of SACK, as Linux does.
 */
final class SynCookies {
    /** A cookie is good in the period in which it was made and in the next. */
    static final long PERIOD = 64_000_000_000L;

    /**
     * What the MSS option of a SYN is rounded down to: links of 1280, 1420, 1500 bytes and others.
     */
    private static final int[] MSS = {
        TcpHandshake.LEAST_MSS, 536, 1220, 1300, 1360, 1380, 1440, 1460
    };

    private static final int MAC_BITS = 24;
    private static final int MAC = (1 << MAC_BITS) - 1;
    private static final int MSS_SHIFT = MAC_BITS;
    private static final int TIMED = 1 << 27;
    private static final int PERIOD_SHIFT = 28;
    private static final int PERIODS = 16;

    private static final int OPTION_BITS = 6;
    private static final int OPTIONS = (1 << OPTION_BITS) - 1;
    private static final int NO_SCALE = 15;
    private static final int SCALE = 15;
    private static final int SACK = 16;

    private final SipHash key;
    private final TcpCounters counters;
    private long lastSent = Long.MIN_VALUE / 2;

    SynCookies(SipHash key, TcpCounters counters) {
        this.key = key;
        this.counters = counters;
    }

    /** Whether a cookie that was sent may still come back. */
    boolean areOut(long now) {
        return now - lastSent < 2 * PERIOD;
    }

    /**
     * The initial sequence number for the answer to a SYN.
     *
     * @param mss what the SYN says, or what holds if it says nothing
     */
    int make(TcpFlow f, int clientSequence, int mss, boolean timed, long now) {
        lastSent = now;
        counters.synCookiesSent++;
        int row = MSS.length - 1;
        while (row > 0 && MSS[row] > mss) {
            row--;
        }
        long period = Math.floorDiv(now, PERIOD);
        int head = row << MSS_SHIFT | (timed ? TIMED : 0) | (int) period << PERIOD_SHIFT;
        return head | mac(f, clientSequence, head, period);
    }

    private int mac(TcpFlow f, int clientSequence, int head, long period) {
        long who = key.strong(f.localHi, f.localLo, f.remoteHi, f.remoteLo, f.ports);
        long what = (long) clientSequence << 32 | Integer.toUnsignedLong(head);
        return (int) key.strong(who, what, period) & MAC;
    }

    /** Whether a cookie of ours, not too old, comes back. */
    boolean isValid(TcpFlow f, int clientSequence, int cookie, long now) {
        long current = Math.floorDiv(now, PERIOD);
        int age = (int) (current - (cookie >>> PERIOD_SHIFT)) & (PERIODS - 1);
        int head = cookie & ~MAC;
        boolean valid = age <= 1 && mac(f, clientSequence, head, current - age) == (cookie & MAC);
        if (valid) {
            counters.synCookiesReceived++;
        } else {
            counters.synCookiesFailed++;
        }
        return valid;
    }

    /** The MSS that the SYN had, or somewhat less. */
    static int mss(int cookie) {
        return MSS[cookie >>> MSS_SHIFT & (MSS.length - 1)];
    }

    /** Whether the SYN had a timestamp, and the answer to it. */
    static boolean isTimed(int cookie) {
        return (cookie & TIMED) != 0;
    }

    /**
     * A timestamp, at most 63 ms older, that says what the SYN offered.
     *
     * @param windowScale -1: not offered
     */
    static int timestamp(int exact, int windowScale, boolean sack) {
        int options = (windowScale < 0 ? NO_SCALE : Math.min(windowScale, 14)) | (sack ? SACK : 0);
        int stamp = (exact & ~OPTIONS) | options;
        return stamp - exact > 0 ? stamp - OPTIONS - 1 : stamp;
    }

    /** The window scale that such a timestamp brought back; -1: none. */
    static int windowScale(int echo) {
        return (echo & SCALE) == NO_SCALE ? -1 : echo & SCALE;
    }

    static boolean sackPermitted(int echo) {
        return (echo & SACK) != 0;
    }
}
