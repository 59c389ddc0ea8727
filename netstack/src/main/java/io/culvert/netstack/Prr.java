package io.culvert.netstack;

/**
 * Proportional Rate Reduction (RFC 9937): spreads the reduction of the window over the recovery
 * round and refills it slowly when more was lost than the reduction asked for.
 */
final class Prr {
    private long recoverFlightSize;
    private long ssthresh;
    private long delivered;
    private long out;
    private long cwnd;

    /**
     * @param flightSize RecoverFS: SND.NXT - SND.UNA before the entering ACK, minus what was
     *     selectively acknowledged before it
     */
    void begin(long flightSize, long threshold, long inflight, int smss) {
        recoverFlightSize = Math.max(flightSize, 1);
        ssthresh = threshold;
        delivered = 0;
        out = 0;
        cwnd = inflight + smss; // the fast retransmit, also when a timer found the loss
    }

    /**
     * @param safeAck SND.UNA advanced and no further loss was found
     */
    void onAck(long deliveredData, boolean safeAck, long inflight, int smss) {
        if (deliveredData <= 0) {
            return;
        }
        delivered += deliveredData;
        long sendCount;
        if (inflight > ssthresh) {
            double share = (double) delivered * ssthresh / recoverFlightSize;
            sendCount = (long) Math.ceil(share) - out;
        } else {
            sendCount = Math.max(delivered - out, deliveredData);
            if (safeAck) {
                sendCount += smss;
            }
            sendCount = Math.min(sendCount, ssthresh - inflight);
        }
        if (out == 0 && sendCount < smss) {
            sendCount = smss; // the fast retransmit
        }
        cwnd = inflight + Math.max(sendCount, 0);
    }

    void onSend(long bytes) {
        out += bytes;
    }

    long cwnd() {
        return cwnd;
    }
}
