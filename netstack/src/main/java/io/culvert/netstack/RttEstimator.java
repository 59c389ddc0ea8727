package io.culvert.netstack;

/**
 * Round-trip time and retransmission time-out (RFC 6298), in nanoseconds. As in Linux the variance
 * term never falls below 200 ms, so that a delayed ACK alone cannot fire the time-out.
 */
final class RttEstimator {
    /** RFC 6298, 2.1. */
    static final long INITIAL_RTO = 1_000_000_000L;

    /** RFC 6298, 5.7: after a lost SYN. */
    static final long RTO_AFTER_SYN_LOSS = 3_000_000_000L;

    /** Linux TCP_RTO_MIN. */
    static final long MINIMUM_RTO = 200_000_000L;

    /** Linux TCP_RTO_MAX. */
    static final long MAXIMUM_RTO = 120_000_000_000L;

    /** Linux tcp_min_rtt_wlen: a minimum older than this gives way to newer samples. */
    private static final long MINIMUM_WINDOW = 300_000_000_000L;

    private static final int MAXIMUM_BACKOFF = 16;

    private long srtt = -1;
    private long rttvar;
    private long minimum = Long.MAX_VALUE;
    private long minimumAt;
    private long rto = INITIAL_RTO;
    private int backoff;

    /** Only the handshake was measured. */
    private boolean provisional;

    /**
     * The handshake's: an upper bound, for a proxy answers a SYN after it reached the destination,
     * which may take seconds. The first sample of data that is lower takes its place as a whole;
     * smoothed in, it would leave time-outs of seconds for dozens of round trips.
     */
    void handshakeSample(long rtt, long now) {
        sample(rtt, now);
        provisional = true;
    }

    void sample(long rtt, long now) {
        long value = Math.max(rtt, 1);
        boolean first = srtt < 0 || (provisional && value < srtt);
        provisional = false;
        if (first) {
            srtt = value;
            rttvar = value / 2;
        } else {
            rttvar += (Math.abs(srtt - value) - rttvar) / 4;
            srtt += (value - srtt) / 8;
        }
        rto = Math.min(MAXIMUM_RTO, srtt + Math.max(MINIMUM_RTO, 4 * rttvar));
        backoff = 0;
    }

    /** A sample of one unambiguous transmission by our own clock: a candidate for the minimum. */
    void minimumSample(long rtt, long now) {
        if (rtt <= minimum || now - minimumAt > MINIMUM_WINDOW) {
            minimum = Math.max(rtt, 1);
            minimumAt = now;
        }
    }

    void synLost() {
        if (srtt < 0) {
            rto = RTO_AFTER_SYN_LOSS;
        }
        backoff = 0;
    }

    void backOff() {
        backoff = Math.min(backoff + 1, MAXIMUM_BACKOFF);
    }

    void resetBackoff() {
        backoff = 0;
    }

    int backoff() {
        return backoff;
    }

    long rto() {
        return Math.min(MAXIMUM_RTO, rto << backoff);
    }

    boolean hasSample() {
        return srtt >= 0;
    }

    /** Smoothed RTT; -1 before the first sample. */
    long srtt() {
        return srtt;
    }

    long rttvar() {
        return rttvar;
    }

    /** Lowest RTT of the last five minutes; Long.MAX_VALUE before the first sample. */
    long minimum() {
        return minimum;
    }
}
