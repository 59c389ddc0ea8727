package io.culvert.bench;

import java.io.IOException;

/**
 * Searches for the highest rate of datagrams at which nearly all arrive. Some loss must be let
 * pass: on a shared machine a socket's buffer overflows now and then whatever the rate.
 */
final class LosslessRate {
    /** The share that may be lost. */
    static final double LOSS = 0.001;

    /** Halves the interval to a 64th of its beginning. */
    private static final int STEPS = 6;

    /** What arrives under too much is at least this share of what could. */
    private static final double CEILING = 1.5;

    private LosslessRate() {}

    /**
     * @param sent in a probe, per second of the time that sending took
     * @param arrived of them
     * @param clientNanos CPU of the tunnel's client for each that arrived
     * @param serverNanos the same of its server
     */
    record Probe(double sent, double arrived, double clientNanos, double serverNanos) {
        boolean isLossless() {
            return arrived >= sent * (1 - LOSS);
        }
    }

    /** Offers a rate, in datagrams a second, and says what came of it. */
    interface Prober {
        Probe at(double rate) throws IOException;
    }

    /**
     * The best probe without loss; one of rate 0 if there was none.
     *
     * @param most the rate that is tried first
     */
    static Probe search(double most, Prober prober) throws IOException {
        Probe flood = prober.at(most);
        if (flood.isLossless()) {
            return flood;
        }
        double low = 0;
        double high = Math.min(flood.sent, flood.arrived * CEILING);
        Probe best = new Probe(0, 0, Double.NaN, Double.NaN);
        for (int i = 0; i < STEPS; i++) {
            double rate = (low + high) / 2;
            Probe probe = prober.at(rate);
            if (probe.isLossless()) {
                best = probe.sent > best.sent ? probe : best;
                low = rate;
            } else {
                high = rate;
            }
        }
        return best;
    }
}
