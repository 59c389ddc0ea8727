package io.culvert.wireguard;

/**
 * The timestamp of an initiation (paper, section 5.4.2): seconds since 1970 TAI plus 2^62,
 * big-endian, then nanoseconds. Inside the device a stamp is nanoseconds since the Unix epoch.
 */
final class Tai64n {
    /** In bytes. */
    static final int LENGTH = 12;

    private static final long SECOND = 1_000_000_000;

    /** 2^62, plus the ten seconds that TAI was ahead of UTC in 1970. */
    private static final long BASE = 0x400000000000000aL;

    /**
     * The clock's low bits are nobody's business: what is left is the largest power of two within
     * the 20 ms between initiations.
     */
    private static final long WHITENED = Long.highestOneBit(Constants.INITIATION_INTERVAL);

    private Tai64n() {}

    /**
     * The stamp for an instant: whitened, and greater than the previous one even when the clock
     * went back, since a responder refuses everything else.
     */
    static long stamp(long epochNanos, long previous) {
        long stamp = whiten(epochNanos);
        return stamp > previous ? stamp : whiten(previous + WHITENED);
    }

    static void encode(long stamp, byte[] out) {
        Wire.longBe(out, 0, BASE + Math.floorDiv(stamp, SECOND));
        Wire.intBe(out, Long.BYTES, (int) Math.floorMod(stamp, SECOND));
    }

    private static long whiten(long epochNanos) {
        long nanos = Math.floorMod(epochNanos, SECOND);
        return epochNanos - nanos % WHITENED;
    }
}
