package io.culvert.netstack;

/**
 * How much the peer may send: the right edge that was promised, which never retreats (RFC 9293,
 * SHLD-14), the avoidance of silly windows (MUST-39), and the size of the buffer behind it. That
 * grows on proof only: a round trip in which the peer used a good part of it while the application
 * kept up, and within a budget that all flows share.
 */
final class ReceiveWindow {
    /** Linux: half of tcp_rmem's default counts as overhead there; here all of it is window. */
    static final long INITIAL = 128 * 1024;

    /** bbr.md 6.1: 100 ms at 200 Mb/s with 1 % loss needs four bandwidth-delay products. */
    static final long MAXIMUM = 16L << 20;

    private static final int MAX_FIELD = 0xffff;

    /** Arrivals of a shorter time say more about batches than about the path. */
    private static final long LEAST_ROUND = 20_000_000;

    /**
     * The window is this many times what came in a round trip. A sender in slow start has doubled
     * once before it hears of that and once more by the end of the next round; and while holes are
     * mended, which takes a round trip each time a repetition is lost too, new data needs room.
     */
    private static final int ROUNDS_PROMISED = 4;

    /** More than the ten segments of the first flight, which are no part of the doubling. */
    private static final int MARGIN = 32 * 1024;

    /** The application keeps up when all but this part of a round's data was read in time. */
    private static final int UNREAD_SHARE = 4;

    /**
     * Part of the buffer by which the rounding of scaled windows may push the edge beyond it. Then
     * the field is rounded down, lest many small segments push it for ever (RFC 7323, 2.4).
     */
    private static final int SLACK_SHARE = 8;

    private final ReceiveBudget budget;
    private final long limit;
    private int scale;

    /** What the first window is, and what growth is counted from. */
    private long first;

    private long growth;
    private long capacity;
    private long edge;
    private boolean open;

    private long roundStart;
    private long arrived;

    ReceiveWindow(long initial, long limit, ReceiveBudget budget) {
        first = initial;
        capacity = initial;
        this.limit = limit;
        this.budget = budget;
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
        first = Math.min(first, Math.max((long) MAX_FIELD << shift, window));
        capacity = Math.min(first, budget.ceiling());
        open = true;
        budget.joined();
    }

    /** The flow is over: what it was promised is free for others. */
    void close() {
        if (open) {
            open = false;
            budget.left(growth);
            growth = 0;
        }
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

    boolean hasGrown() {
        return growth > 0;
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

    /** New data came, in order or not. */
    void arrived(int bytes) {
        arrived += bytes;
    }

    /**
     * At the end of a batch: once in a round trip the buffer gets the size that it deserves. It
     * grows as soon as what came proves it: a sender that starts hears of that a round trip later.
     *
     * @param unread what the application had left before the batch
     * @param behindHoles how far the data reaches of which a part is missing; it takes room and
     *     must not keep new data from being sent
     */
    void review(long rtt, long unread, long behindHoles, long now) {
        long elapsed = now - roundStart;
        long round = Math.max(rtt, LEAST_ROUND);
        long used = elapsed <= round ? arrived : (long) (arrived * ((double) round / elapsed));
        boolean keepsUp = unread <= used / UNREAD_SHARE;
        long proved = keepsUp ? ROUNDS_PROMISED * used + MARGIN + behindHoles : 0;
        boolean grows = proved > first + growth;
        if (grows || elapsed >= rtt) {
            resize(grows ? proved : first + growth);
        }
        if (elapsed >= rtt) {
            roundStart = now;
            arrived = 0;
        }
    }

    private void resize(long wanted) {
        long most = Math.min(Math.min(wanted, limit), (long) MAX_FIELD << scale);
        long allowed = budget.allowed(growth, Math.max(most - first, 0));
        budget.changed(growth, allowed);
        growth = allowed;
        capacity = Math.min(first + growth, budget.ceiling());
    }

    /**
     * Nothing came for a while: what was proved once may not be needed again.
     *
     * @param unread what is held now
     */
    void idle(long unread) {
        if (open) {
            resize(Math.min(unread, first + growth));
        }
    }
}
