package io.culvert.netstack;

/**
 * Delivery-rate estimation (draft-ietf-ccwg-bbr, 4.1): what the path delivered between the
 * transmission and the acknowledgement of the newest packet of a batch, over the longer of the two
 * intervals in which it was sent and acknowledged.
 */
final class DeliveryRateSampler {
    private long delivered;
    private long deliveredTime;
    private long firstSentTime;
    private long firstTransmission;
    private long lost;
    private long appLimitedUntil;
    private long transmitted;
    private double rate;

    private boolean sampled;
    private long sampleTransmission;
    private long sampleDeliveredAt;
    private long sampleSendElapsed;
    private long sampleSent;
    private long sampleLostAtSend;

    long delivered() {
        return delivered;
    }

    long lost() {
        return lost;
    }

    /** Of the last valid sample, bytes per second; 0: none yet. */
    double rate() {
        return rate;
    }

    /** Bytes that were sent, repetitions included. */
    long transmitted() {
        return transmitted;
    }

    /**
     * Before {@link #stamp}: nothing was under way, so a new interval of sending begins. That what
     * is acknowledged late was sent before it does no harm, see {@link #finish}.
     */
    void pipeWasEmpty(long now) {
        firstSentTime = now;
        firstTransmission = transmitted;
        deliveredTime = now;
    }

    /** After a record entered the flight. */
    void stamp(RetransmissionQueue queue, int slot, long now) {
        transmitted += queue.length(slot);
        queue.stamp(
                slot,
                now,
                transmitted,
                delivered,
                deliveredTime,
                firstSentTime,
                firstTransmission,
                lost,
                queue.inflight(),
                appLimitedUntil != 0);
    }

    /**
     * The application has nothing more to send: samples until this flight is out are lower bounds.
     */
    void appLimited(long inflight) {
        appLimitedUntil = Math.max(delivered + inflight, 1);
    }

    boolean isAppLimited() {
        return appLimitedUntil != 0;
    }

    void onLost(long bytes) {
        lost += bytes;
        if (appLimitedUntil != 0) {
            appLimitedUntil = Math.max(1, appLimitedUntil - bytes);
        }
    }

    /** A record was acknowledged for the first time, selectively or cumulatively. */
    void onDelivered(RetransmissionQueue queue, int slot, long bytes, RateSample sample, long now) {
        delivered += bytes;
        deliveredTime = now;
        if (sampled && queue.transmission(slot) < sampleTransmission) {
            return;
        }
        sampled = true;
        sampleTransmission = queue.transmission(slot);
        sampleDeliveredAt = queue.deliveredTimeAtSend(slot);
        sampleSendElapsed = queue.sentAt(slot) - queue.firstSentTimeAtSend(slot);
        sampleSent = queue.transmission(slot) - queue.firstTransmissionAtSend(slot);
        sampleLostAtSend = queue.lostAtSend(slot);
        sample.priorDelivered = queue.deliveredAtSend(slot);
        sample.appLimited = queue.has(slot, RetransmissionQueue.APP_LIMITED);
        sample.txInFlight = queue.inflightAtSend(slot);
        firstSentTime = queue.sentAt(slot);
        firstTransmission = queue.transmission(slot);
    }

    /** Ends the batch: fills the rate into the sample. */
    void finish(RateSample sample, long minRtt, long now) {
        if (appLimitedUntil != 0 && delivered > appLimitedUntil) {
            appLimitedUntil = 0;
        }
        sample.deliveredTotal = delivered;
        sample.lostTotal = lost;
        if (!sampled) {
            return;
        }
        sampled = false;
        sample.lost = lost - sampleLostAtSend;
        sample.delivered = delivered - sample.priorDelivered;
        sample.interval = Math.max(sampleSendElapsed, now - sampleDeliveredAt);
        // What was sent before the interval and delivered in it, out of order or repeated, is no
        // sign of the path being faster than it was used.
        long counted = Math.min(sample.delivered, sampleSent);
        boolean plausible = minRtt == Long.MAX_VALUE || sample.interval >= minRtt;
        sample.rate = plausible && sample.interval > 0 ? counted * 1e9 / sample.interval : -1;
        if (sample.rate > 0) {
            rate = sample.rate;
        }
    }
}
