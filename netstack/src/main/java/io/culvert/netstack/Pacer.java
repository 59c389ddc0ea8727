package io.culvert.netstack;

/**
 * When a flow may send next. It is granted a quantum at a time, so that packets leave in trains.
 * Time lost by a late turn is made up, once, within a credit; without that a coarse timer would
 * starve a model that measures its own delivery rate.
 */
final class Pacer {
    /** By how much a turn may be late and still be made up for. */
    private static final long CREDIT = 12_000_000;

    /** How early a flow may leave with others whose turn it is: larger trains, fewer turns. */
    static final long RIDE_ALONG = 500_000;

    /** Clocks may be negative: before the first grant, any time is late enough. */
    private long nextSend = Long.MIN_VALUE / 2;

    private boolean limiting;

    /** Bytes left of the present grant. */
    private long granted;

    private long grantedAt = Long.MIN_VALUE;
    private long invitedAt = Long.MIN_VALUE;

    /** Whether a packet may leave now. */
    boolean allows(long rate, long now) {
        if (rate == CongestionControl.UNPACED || now >= nextSend) {
            return true;
        }
        return now == grantedAt ? granted > 0 : now == invitedAt && now >= nextSend - RIDE_ALONG;
    }

    /** Others leave now: so may this flow, if its turn comes within {@link #RIDE_ALONG}. */
    void invite(long now) {
        invitedAt = now;
    }

    long nextSend() {
        return nextSend;
    }

    /** The flow stopped for another reason than pacing. */
    void idle() {
        limiting = false;
    }

    void onSend(int bytes, long rate, long quantum, long now) {
        if (rate == CongestionControl.UNPACED) {
            return;
        }
        if (granted <= 0 || now != grantedAt) {
            grant(quantum, now);
        }
        granted -= bytes;
        nextSend += (long) (bytes * 1e9 / rate);
    }

    private void grant(long quantum, long now) {
        granted = quantum;
        grantedAt = now;
        nextSend = Math.max(nextSend, limiting ? now - CREDIT : now);
        limiting = true;
    }
}
