package io.culvert.netstack;

/**
 * HyStart++ (RFC 9406): leaves slow start when the round-trip time shows that a queue is growing,
 * by way of five rounds of conservative slow start that forgive a false alarm. Rounds are counted
 * by delivered bytes instead of sequence numbers.
 */
final class HyStart {
    private static final long MIN_RTT_THRESHOLD = 4_000_000;
    private static final long MAX_RTT_THRESHOLD = 16_000_000;
    private static final int MIN_RTT_DIVISOR = 8;
    private static final int SAMPLES_PER_ROUND = 8;
    private static final int CSS_GROWTH_DIVISOR = 4;
    private static final int CSS_ROUNDS = 5;

    private boolean done;
    private boolean conservative;
    private int conservativeRounds;
    private long baselineMinRtt;
    private long roundEnd;
    private long lastRoundMinRtt = Long.MAX_VALUE;
    private long currentRoundMinRtt = Long.MAX_VALUE;
    private int samples;

    /** Feeds one batch of ACKs. True: slow start ends here. */
    boolean onAck(RateSample sample, int smss) {
        if (done) {
            return false;
        }
        if (sample.priorDelivered >= roundEnd) {
            roundEnd = sample.deliveredTotal;
            if (conservative && ++conservativeRounds > CSS_ROUNDS) {
                done = true;
                return true;
            }
            lastRoundMinRtt = currentRoundMinRtt;
            currentRoundMinRtt = Long.MAX_VALUE;
            samples = 0;
        }
        if (sample.rtt < 0) {
            return false;
        }
        // A batch stands for the ACKs that a receiver would send for every second segment.
        samples += (int) Math.max(1, sample.newlyAcked / (2L * smss));
        currentRoundMinRtt = Math.min(currentRoundMinRtt, sample.rtt);
        if (samples >= SAMPLES_PER_ROUND) {
            judge();
        }
        return false;
    }

    private void judge() {
        if (conservative) {
            if (currentRoundMinRtt < baselineMinRtt) {
                conservative = false;
            }
            return;
        }
        if (lastRoundMinRtt == Long.MAX_VALUE) {
            return;
        }
        long threshold =
                Math.clamp(lastRoundMinRtt / MIN_RTT_DIVISOR, MIN_RTT_THRESHOLD, MAX_RTT_THRESHOLD);
        if (currentRoundMinRtt >= lastRoundMinRtt + threshold) {
            conservative = true;
            conservativeRounds = 0;
            baselineMinRtt = currentRoundMinRtt;
        }
    }

    /**
     * Growth of the window for newly acknowledged bytes. Not limited per ACK (L of RFC 9406, 4.3 is
     * infinite), as one batch stands for many and receivers merge theirs.
     */
    long growth(long acked) {
        return isConservative() ? acked / CSS_GROWTH_DIVISOR : acked;
    }

    /** Loss ends it: it serves the initial slow start only. */
    void stop() {
        done = true;
    }

    boolean isConservative() {
        return conservative && !done;
    }
}
