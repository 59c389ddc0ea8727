package io.culvert.netstack;

/** What BBR is doing (draft-ietf-ccwg-bbr, 5.2), and the pacing gain that goes with it. */
enum BbrState {
    STARTUP("bbr startup", BbrParameters.STARTUP_PACING_GAIN),
    DRAIN("bbr drain", BbrParameters.DRAIN_PACING_GAIN),
    PROBE_BW_DOWN("bbr down", BbrParameters.DOWN_PACING_GAIN),
    PROBE_BW_CRUISE("bbr cruise", 1),
    PROBE_BW_REFILL("bbr refill", 1),
    PROBE_BW_UP("bbr up", BbrParameters.UP_PACING_GAIN),
    PROBE_RTT("bbr probe-rtt", 1);

    final String text;
    final double pacingGain;

    BbrState(String text, double pacingGain) {
        this.text = text;
        this.pacingGain = pacingGain;
    }

    boolean isProbeBw() {
        return this == PROBE_BW_DOWN
                || this == PROBE_BW_CRUISE
                || this == PROBE_BW_REFILL
                || this == PROBE_BW_UP;
    }

    /** Sends more than it knows to be right: loss is part of the question. */
    boolean isProbing() {
        return this == STARTUP || this == PROBE_BW_REFILL || this == PROBE_BW_UP;
    }
}
