package io.culvert.netstack;

/**
 * What a link of {@link TwoStacks} does to packets, in each direction alike. Times in nanoseconds,
 * chances 0..1.
 *
 * @param delay of every packet
 * @param jitter added at random, which reorders
 * @param loss chance that a packet vanishes
 * @param duplication chance that it comes twice
 * @param corruption chance that a bit flips
 * @param bytesPerSecond rate; 0 is unlimited
 * @param queueBytes what waits for the rate at most
 */
record LinkConditions(
        long delay,
        long jitter,
        double loss,
        double duplication,
        double corruption,
        long bytesPerSecond,
        long queueBytes) {

    private static final long MILLI = 1_000_000;

    static LinkConditions clean(long delayMillis) {
        return new LinkConditions(delayMillis * MILLI, 0, 0, 0, 0, 0, 0);
    }

    LinkConditions withLoss(double chance) {
        return new LinkConditions(
                delay, jitter, chance, duplication, corruption, bytesPerSecond, queueBytes);
    }

    LinkConditions withJitter(long millis) {
        return new LinkConditions(
                delay, millis * MILLI, loss, duplication, corruption, bytesPerSecond, queueBytes);
    }

    LinkConditions withRate(long rate, long queue) {
        return new LinkConditions(delay, jitter, loss, duplication, corruption, rate, queue);
    }

    LinkConditions withDamage(double duplicates, double corrupted) {
        return new LinkConditions(
                delay, jitter, loss, duplicates, corrupted, bytesPerSecond, queueBytes);
    }
}
