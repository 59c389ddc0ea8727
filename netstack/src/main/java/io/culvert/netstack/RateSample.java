package io.culvert.netstack;

/**
 * What one batch of ACKs told about one flow; filled by {@link DeliveryRateSampler} and the sender,
 * read by {@link CongestionControl#onAck}. Bytes, nanoseconds, bytes per second. One instance is
 * reused for ever: copy what must outlive the call.
 */
final class RateSample {
    /** Delivery rate, or -1 when this batch gives no valid sample. */
    double rate;

    long delivered;
    long interval;

    /** {@code delivered} of the connection when the newest delivered packet was sent; -1: none. */
    long priorDelivered;

    /** RTT of the newest unambiguous transmission delivered, or -1. */
    long rtt;

    boolean rttMayBeDelayed;
    long txInFlight;

    /** Bytes lost between sending and delivery of the newest packet. */
    long lost;

    boolean appLimited;
    long newlyAcked;
    long newlyLost;
    long priorInflight;
    long inflight;
    long deliveredTotal;
    long lostTotal;
    long srtt;
    long minRtt;
    boolean inRecovery;

    /** Bytes by which SND.UNA advanced. */
    long unaAdvanced;

    boolean tlpAck;

    /** The congestion window was full at some moment since the last sample. */
    boolean cwndLimited;

    void clear() {
        rate = -1;
        delivered = 0;
        interval = 0;
        priorDelivered = -1;
        rtt = -1;
        rttMayBeDelayed = false;
        txInFlight = 0;
        lost = 0;
        appLimited = false;
        newlyAcked = 0;
        newlyLost = 0;
        priorInflight = 0;
        inflight = 0;
        unaAdvanced = 0;
        tlpAck = false;
        cwndLimited = false;
    }
}
