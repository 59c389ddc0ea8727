package io.culvert.netstack;

/** Feeds a model with samples by hand; its window has ten segments at first. */
final class BbrSamples extends HandMadeSamples {
    final BbrModel model;
    BbrState state = BbrState.STARTUP;
    long cwnd = 200 * MSS;

    BbrSamples(BbrParameters parameters) {
        super(-1000 * MILLI);
        model = new BbrModel(parameters);
        model.open(MSS, 10 * MSS, RTT, now);
    }

    /** Whether the model took it for a valid sample. */
    boolean see(long priorDelivered, long acked, double rate) {
        fill(priorDelivered, acked, rate);
        sample.inflight = cwnd;
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
