package io.culvert.netstack;

/**
 * Samples of a flow by hand: segments of 1000 bytes and a round-trip time of 100 ms, so that 1 MB/s
 * make a product of 100 segments.
 */
abstract class HandMadeSamples {
    static final int MSS = 1000;
    static final long MILLI = 1_000_000;
    static final long RTT = 100 * MILLI;

    final RateSample sample = new RateSample();
    long now;
    long delivered;

    /** Bytes lost in the life of the connection. */
    long lost;

    /** Of the samples to come. */
    long rtt = RTT;

    boolean appLimited;

    HandMadeSamples(long now) {
        this.now = now;
    }

    /** A batch that acknowledges so much; its newest packet left when so much was delivered. */
    final void fill(long priorDelivered, long acked, double rate) {
        delivered += acked;
        sample.clear();
        sample.priorDelivered = priorDelivered;
        sample.deliveredTotal = delivered;
        sample.delivered = delivered - priorDelivered;
        sample.lostTotal = lost;
        sample.newlyAcked = acked;
        sample.rate = rate;
        sample.rtt = rtt;
        sample.appLimited = appLimited;
    }
}
