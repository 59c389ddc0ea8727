package io.culvert.simnet;

/**
 * How an application treats its connection.
 *
 * @param maxWrite most bytes it writes at once, 1 to {@link Loans#LARGE}
 * @param writePause probability that it pauses after a write
 * @param writePauseNanos how long it pauses then at most
 * @param readPause probability that it pauses after a read
 * @param readPauseNanos how long it pauses then at most
 * @param hold probability that it keeps a chunk for a while after having read it
 * @param holdNanos how long it keeps it then at most
 * @param closes whether it closes the connection itself when both directions are done, instead of
 *     leaving it to the stack
 */
public record StreamHabits(
        int maxWrite,
        double writePause,
        long writePauseNanos,
        double readPause,
        long readPauseNanos,
        double hold,
        long holdNanos,
        boolean closes) {
    /** Writes as much and reads as fast as it may. */
    public static final StreamHabits EAGER = new StreamHabits(Loans.LARGE, 0, 0, 0, 0, 0, 0, false);

    /** Habits drawn at random. */
    public static StreamHabits random(SeededRandom random) {
        return new StreamHabits(
                (int) random.logBetween(600, Loans.LARGE),
                random.chance(0.5) ? 0 : random.nextDouble(0.05),
                random.logBetween(10_000, 100_000_000),
                random.chance(0.5) ? 0 : random.nextDouble(0.02),
                random.logBetween(10_000, 500_000_000),
                random.chance(0.7) ? 0 : random.nextDouble(0.3),
                random.logBetween(10_000, 50_000_000),
                random.nextBoolean());
    }
}
