package io.culvert.netstack;

/**
 * When to probe for bandwidth, and what the ACKs of a probe mean (draft-ietf-ccwg-bbr, 5.3.3.5 and
 * 5.3.3.6): samples count from the end of refilling until a round after the probe ended, and only
 * the first excess of loss among them is answered.
 */
final class BbrCycle {
    private enum Acks {
        INIT,
        REFILLING,
        PROBE_STARTING,
        PROBE_FEEDBACK,
        PROBE_STOPPING
    }

    private long random;
    private Acks acks = Acks.INIT;
    private boolean samplesCount;
    private boolean lastTooHigh;
    private boolean stoppedCautiously;
    private long beganAt;
    private long wait;
    private long probedInRound;
    private long upInRound;
    private double rateBefore;
    private boolean noQueueBefore;

    BbrCycle(long seed) {
        random = seed;
    }

    /** SplitMix64: flows that share a bottleneck should not probe in step. */
    private double next() {
        random += 0x9e3779b97f4a7c15L;
        long z = random;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return ((z ^ (z >>> 31)) >>> 11) * 0x1.0p-53;
    }

    void down(long round, long now) {
        beganAt = now;
        probedInRound = round - (next() < 0.5 ? 1 : 0);
        wait = BbrParameters.PROBE_WAIT + (long) (next() * BbrParameters.PROBE_WAIT_SPREAD);
        stop();
    }

    /** What comes back from now on ends the probe. */
    void stop() {
        acks = Acks.PROBE_STOPPING;
    }

    void refill() {
        acks = Acks.REFILLING;
        stoppedCautiously = false;
    }

    /**
     * @param rate best before the probe, bytes per second
     * @param noQueue whether there was none before
     */
    void up(long round, double rate, boolean noQueue) {
        acks = Acks.PROBE_STARTING;
        samplesCount = true;
        upInRound = round;
        rateBefore = rate;
        noQueueBefore = noQueue;
    }

    /**
     * Whether the probe, should it have brought a queue, brought nothing else: there was none
     * before, and what was sent faster was not delivered faster. Others who fill the queue
     * themselves are no reason to give up.
     */
    boolean isInVain(long round, double rate) {
        return noQueueBefore
                && round >= upInRound + BbrParameters.UP_ROUNDS
                && rate < BbrParameters.UP_GROWTH * rateBefore;
    }

    /** A round began, or not; true: the feedback of a probe is complete. */
    boolean feedbackEnds(boolean roundStarted) {
        if (!roundStarted) {
            return false;
        }
        if (acks == Acks.PROBE_STARTING) {
            acks = Acks.PROBE_FEEDBACK;
        } else if (acks == Acks.PROBE_STOPPING) {
            acks = Acks.INIT;
            samplesCount = false;
            return true;
        }
        return false;
    }

    /** Whether excess loss now is the probe's. */
    boolean samplesCount() {
        return samplesCount;
    }

    /** The probe lost too much; no further loss of it counts. */
    void tooHigh() {
        samplesCount = false;
        lastTooHigh = true;
    }

    /** The last probe lost too much, so this one stops at the bound. */
    boolean isCautious() {
        return lastTooHigh;
    }

    void stoppedCautiously() {
        stoppedCautiously = true;
        lastTooHigh = false;
    }

    /** The probe found the end of the bandwidth, not of the buffer. */
    void completed() {
        lastTooHigh = false;
    }

    /** A probe stopped at the bound and nothing was lost: the next may go on from there. */
    boolean wasCautiousAndClean() {
        return stoppedCautiously && !lastTooHigh;
    }

    boolean isTimeToProbe(long round, long targetSegments, long now) {
        long most = Math.min(targetSegments, BbrParameters.MOST_ROUNDS_WITHOUT_PROBE);
        return now > beganAt + wait || round - probedInRound >= most;
    }
}
