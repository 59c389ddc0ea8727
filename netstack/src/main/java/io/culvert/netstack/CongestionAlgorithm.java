package io.culvert.netstack;

/** How a connection decides how much to send and how fast. */
public enum CongestionAlgorithm {
    /** BBR version 3 in a profile that carries random loss: bandwidth and RTT are measured. */
    BBR,

    /** CUBIC (RFC 9438): loss means congestion. */
    CUBIC;

    /**
     * That of a new connection.
     *
     * @param seed of whatever it does at random
     */
    CongestionControl create(long seed) {
        return switch (this) {
            case BBR -> new Bbr(BbrParameters.PROFILE, seed);
            case CUBIC -> new Cubic();
        };
    }
}
