package io.culvert.netstack;

/**
 * How much the peer may send: the right edge that was promised, which never retreats (RFC 9293,
 * SHLD-14), the avoidance of silly windows (MUST-39), and the growth of the buffer behind it, which
 * wants proof: a round in which the peer used more than half of it and the application read all.
 */
final class ReceiveWindow {
    /** Linux: half of tcp_rmem's default counts as overhead there; here all of it is window. */
    static final long INITIAL = 128 * 1024;

    /** bbr.md 6.1: 100 ms at 200 Mb/s with 1 % loss needs four bandwidth-delay products. */
    static final long MAXIMUM = 16L << 20;

    private static final int MAX_FIELD = 0xffff;

    /** Rounds longer than this and four RTTs prove nothing: the application paused. */
    private static final long SHORT_ROUND = 20_000_000;

    private static final int ROUNDS_OF_PROOF = 4;

    /**
     * Part of the buffer by which the rounding of scaled windows may push the edge beyond it. Then
     * the field is rounded down, lest many small segments push it for ever (RFC 7323, 2.4).
     */
    private static final int SLACK_SHARE = 8;

    private final long limit;
    private int scale;
    private long capacity;
    private long edge;

    private long roundStart;
    private long arrived;
    private boolean holes;

    ReceiveWindow(long initial, long limit) {
        this.capacity = initial;
        this.limit = limit;
    }

    /** The smallest shift that can express {@code limit} (RFC 7323, 2.3). */
    static int scaleFor(long limit) {
        int shift = 0;
        while (shift < 14 && (long) MAX_FIELD << shift < limit) {
            shift++;
        }
        return shift;
    }

    /**
     * The handshake promised {@code window} bytes from {@code next} on.
     *
     * @param shift scale of later windows
     */
    void open(long next, int window, int shift, long now) {
        edge = next + window;
        scale = shift;
        roundStart = now;
        capacity = Math.min(capacity, Math.max((long) MAX_FIELD << shift, window));
    }

    /** Right edge that was promised: data beyond it is not taken. */
    long edge() {
        return edge;
    }

    long capacity() {
        return capacity;
    }

    int scale() {
        return scale;
    }

    /**
     * The window field of a segment that leaves now; promises what it says.
     *
     * @param next RCV.NXT
     * @param readPosition first byte the application has not read
     */
    int advertise(long next, long readPosition, int mss) {
        long promised = Math.max(edge - next, 0);
        long free = readPosition + capacity - next; // below 0 when rounding went beyond it
        long field;
        if (free > promised && isWorthwhile(free - promised, mss)) {
            field = Math.max(free >>> scale, roundUp(promised));
        } else {
            field = roundUp(promised);
            if ((field << scale) > free + capacity / SLACK_SHARE) {
                field = promised >>> scale;
            }
        }
        field = Math.min(field, MAX_FIELD);
        edge = Math.max(edge, next + (field << scale));
        return (int) field;
    }

    private long roundUp(long bytes) {
        return (bytes + (1L << scale) - 1) >>> scale;
    }

    private boolean isWorthwhile(long increase, int mss) {
        return increase >= Math.min(mss, capacity / 2);
    }

    /** After a read: whether the peer must hear of the room now (netstack.md R11, bbr.md 6.3). */
    boolean wantsUpdate(long next, long readPosition, int mss) {
        long promised = Math.max(edge - next, 0);
        long increase = readPosition + capacity - next - promised;
        if (increase < Math.max(1L << scale, Math.min(mss, capacity / 2))) {
            return false;
        }
        return promised < 2L * mss || increase >= capacity / 4;
    }

    void arrived(int bytes, boolean outOfOrder) {
        arrived += bytes;
        holes |= outOfOrder;
    }

    /** The application read everything there was. */
    void drained(long rtt, boolean mayGrow, long now) {
        long elapsed = now - roundStart;
        if (elapsed < rtt) {
            return;
        }
        boolean proof = elapsed <= Math.max(ROUNDS_OF_PROOF * rtt, SHORT_ROUND);
        if (proof && mayGrow && 2 * arrived > capacity) {
            long wanted = 2 * arrived + (holes ? arrived : 0);
            capacity = Math.min(Math.max(capacity, wanted), limit());
        }
        roundStart = now;
        arrived = 0;
        holes = false;
    }

    private long limit() {
        return Math.min(limit, (long) MAX_FIELD << scale);
    }
}
