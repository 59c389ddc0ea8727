package io.culvert.netstack;

/**
 * Looks for the largest packet that a path takes, between one that is known to pass and one that
 * may (RFC 4821, 7): the largest first, then halves. Sizes are of whole IP packets.
 */
final class MtuSearch {
    /** RFC 8899, 5.1.2 MAX_PROBES: so many losses in a row are no accident. */
    static final int MAX_PROBES = 3;

    /** A gain smaller than this is not worth a probe (Linux tcp_probe_threshold). */
    private static final int STEP = 8;

    private static final long NONE = Long.MIN_VALUE;

    private int low;
    private int high;
    private boolean active;
    private boolean largestFirst;
    private int losses;
    private int size;
    private long start = NONE;

    /**
     * Begins a search.
     *
     * @param passes a size that passes
     * @param mayPass the largest size that might
     * @param lossesBefore packets of that size that were lost already
     */
    void begin(int passes, int mayPass, int lossesBefore) {
        low = passes;
        high = mayPass;
        losses = lossesBefore;
        largestFirst = true;
        start = NONE;
        active = high - low >= STEP;
    }

    void stop() {
        active = false;
        start = NONE;
    }

    boolean isActive() {
        return active;
    }

    /** Whether a probe may leave: the search goes on, and none is under way. */
    boolean wantsProbe() {
        return active && start == NONE;
    }

    /** Size of the next probe. */
    int next() {
        return largestFirst ? high : (low + high + 1) / 2;
    }

    /** A probe of {@link #next} left, whose first byte has that position. */
    void sent(long position) {
        size = next();
        start = position;
    }

    /** Whether the bytes that begin there are the probe under way. */
    boolean isProbe(long position) {
        return position == start;
    }

    /** Size of the probe under way, 0 if there is none. */
    int underWay() {
        return start == NONE ? 0 : size;
    }

    /** The probe arrived: returns the size that is known to pass now. */
    int delivered() {
        start = NONE;
        losses = 0;
        low = size;
        active = high - low >= STEP;
        return low;
    }

    /** The probe was lost. */
    void lost() {
        start = NONE;
        if (++losses >= MAX_PROBES) {
            limit(size - 1);
        }
    }

    /** A router told how much passes. */
    void told(int most) {
        limit(most);
        largestFirst = true;
    }

    private void limit(int most) {
        start = NONE;
        losses = 0;
        largestFirst = false;
        high = Math.max(low, most);
        active = high - low >= STEP;
    }
}
