package io.culvert.netstack;

/**
 * Round trips of a flow, counted by data: a round ends when something is delivered that was sent
 * after it began (draft-ietf-ccwg-bbr, 5.5.1). With what each round delivered at best, lost, and
 * how long its packets took.
 */
final class BbrRounds {
    private long end;
    private long count;
    private boolean started;

    private double best;
    private long minRtt = Long.MAX_VALUE;
    private boolean appLimited;
    private long lostBefore;
    private long deliveredBefore;

    private double lastBest;
    private double bestBeforeLast;
    private long lastMinRtt = Long.MAX_VALUE;
    private boolean lastAppLimited;
    private long lastLost;
    private long lastDelivered;

    /** A valid sample: {@link #started} tells whether a round begins with it. */
    void onSample(RateSample s) {
        started = s.priorDelivered >= end;
        if (started) {
            end = s.deliveredTotal;
            count++;
            turn(s);
        }
        if (s.appLimited) {
            appLimited = true;
        } else {
            best = Math.max(best, s.rate);
        }
        if (s.rtt > 0) {
            minRtt = Math.min(minRtt, s.rtt);
        }
    }

    private void turn(RateSample s) {
        bestBeforeLast = lastBest;
        lastBest = best;
        lastMinRtt = minRtt;
        lastAppLimited = appLimited;
        lastLost = s.lostTotal - lostBefore;
        lastDelivered = s.deliveredTotal - deliveredBefore;
        lostBefore = s.lostTotal;
        deliveredBefore = s.deliveredTotal;
        best = 0;
        minRtt = Long.MAX_VALUE;
        appLimited = false;
    }

    /** A sample without a rate, or none: no round begins. */
    void noSample() {
        started = false;
    }

    /** A round begins now, by decision. */
    void restart(long delivered) {
        end = delivered;
    }

    boolean started() {
        return started;
    }

    long count() {
        return count;
    }

    /** Best rate of the present round that no application limited; 0: none yet. */
    double best() {
        return best;
    }

    double lastBest() {
        return lastBest;
    }

    /** Whether the rate grew by {@code factor} in the last round, or does in this one. */
    boolean grew(double factor) {
        return (bestBeforeLast > 0 && lastBest >= factor * bestBeforeLast)
                || (lastBest > 0 && best >= factor * lastBest);
    }

    /** Whether it did in the last round. */
    boolean lastGrew(double factor) {
        return bestBeforeLast > 0 && lastBest >= factor * bestBeforeLast;
    }

    /** Of the present round; Long.MAX_VALUE without a sample. */
    long minRtt() {
        return minRtt;
    }

    /** Of the last round; Long.MAX_VALUE without a sample. */
    long lastMinRtt() {
        return lastMinRtt;
    }

    /** Whether anything in the last round was limited by the application. */
    boolean lastAppLimited() {
        return lastAppLimited;
    }

    /** Bytes marked lost in the last round. */
    long lastLost() {
        return lastLost;
    }

    long lastDelivered() {
        return lastDelivered;
    }
}
