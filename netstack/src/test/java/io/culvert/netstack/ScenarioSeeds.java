package io.culvert.netstack;

/**
 * Runs a scenario of congestion control with several seeds: one in every build, {@code
 * -Dbbr.seeds=5} as many as the bounds are promised for, {@code -Dbbr.seed=3} that one alone.
 */
final class ScenarioSeeds {
    private ScenarioSeeds() {}

    /** A simulation, and what must hold in it. It must be a function of the seed. */
    @FunctionalInterface
    interface Scenario {
        void run(long seed);
    }

    /** Whether everything is to be tried, not a sample. */
    static boolean isFull() {
        return Integer.getInteger("bbr.seeds", 1) > 1;
    }

    static void run(Scenario scenario) {
        Long one = Long.getLong("bbr.seed");
        long first = one == null ? 1 : one;
        long last = one == null ? Integer.getInteger("bbr.seeds", 1) : one;
        for (long seed = first; seed <= last; seed++) {
            try {
                scenario.run(seed);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(
                        "Seed " + seed + " (again: -Dbbr.seed=" + seed + "): " + e.getMessage(), e);
            }
        }
    }
}
