package io.culvert.netstack;

/**
 * Feeds a model with samples by hand: segments of 1000 bytes, a window of ten at first, a
 * round-trip time of 100 ms, so that 1 MB/s make a product of 100 segments.
 */
final class BbrSamples {
    static final int MSS = 1000;
    static final long MILLI = 1_000_000;
    static final long RTT = 100 * MILLI;

    final BbrModel model;
    final RateSample sample = new RateSample();
    BbrState state = BbrState.STARTUP;
    long cwnd = 200 * MSS;
    long now = -1000 * MILLI;
    long delivered;
    long lost;
    long rtt = RTT;
    boolean appLimited;

    BbrSamples(BbrParameters parameters) {
        model = new BbrModel(parameters);
        model.open(MSS, 10 * MSS, RTT, now);
    }

    /** A batch that acknowledges so much; its newest packet left when so much was delivered. */
    boolean see(long priorDelivered, long acked, double rate) {
        delivered += acked;
        sample.clear();
        sample.priorDelivered = priorDelivered;
        sample.deliveredTotal = delivered;
        sample.delivered = delivered - priorDelivered;
        sample.lostTotal = lost;
        sample.newlyAcked = acked;
        sample.rate = rate;
        sample.rtt = rtt;
        sample.inflight = cwnd;
        sample.appLimited = appLimited;
        boolean valid = model.onSample(sample, state, cwnd, now);
        model.minRtt.onSample(sample, now);
        if (valid) {
            model.loss.endSample(sample);
        }
        return valid;
    }

    /** A sample that ends a round of so many segments at that rate, and begins the next. */
    void round(int segments, double rate) {
        now += RTT;
        see(delivered, (long) segments * MSS, rate);
    }
}
