package io.culvert.proxy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Which outbounds are steadiest: of those that answer well enough, the ones whose round trips vary
 * least.
 *
 * @param expected how many are wanted at least
 * @param maxRttNanos those slower than that don't count; 0 = no limit
 * @param tolerance the share of probes that may fail
 * @param baselineNanos deviations, ascending: all that stay below the first with enough are taken
 * @param costs the first that fits an outbound's tag counts
 */
record LeastLoad(
        int expected,
        long maxRttNanos,
        double tolerance,
        List<Long> baselineNanos,
        List<Cost> costs) {

    /**
     * Makes an outbound look worse or better than it is.
     *
     * @param part of the tag, where there is no pattern
     */
    record Cost(String part, @Nullable TextPattern pattern, double value) {
        boolean fits(String tag) {
            return pattern == null ? tag.contains(part) : pattern.isIn(tag);
        }
    }

    static final LeastLoad DEFAULT = new LeastLoad(1, 0, 1, List.of(), List.of());

    /** The outbounds to choose from. */
    List<String> select(List<String> alive, Function<String, Health.Report> reports) {
        List<String> good = new ArrayList<>();
        for (String tag : alive) {
            Health.Report report = reports.apply(tag);
            boolean near = maxRttNanos == 0 || report.averageNanos() <= maxRttNanos;
            if (near && report.failures() <= tolerance * report.probes()) {
                good.add(tag);
            }
        }
        ToDoubleFunction<String> deviation =
                tag -> reports.apply(tag).deviationNanos() * Math.sqrt(cost(tag));
        good.sort(
                Comparator.comparingDouble(deviation)
                        .thenComparingDouble(tag -> reports.apply(tag).averageNanos()));
        int wanted = Math.min(Math.max(1, expected), good.size());
        for (long baseline : baselineNanos) {
            int below = 0;
            while (below < good.size() && deviation.applyAsDouble(good.get(below)) < baseline) {
                below++;
            }
            if (below >= wanted) {
                return good.subList(0, below);
            }
        }
        return good.subList(0, wanted);
    }

    private double cost(String tag) {
        for (Cost cost : costs) {
            if (cost.fits(tag)) {
                return cost.value();
            }
        }
        return 1;
    }
}
