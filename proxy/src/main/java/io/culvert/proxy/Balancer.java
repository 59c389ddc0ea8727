package io.culvert.proxy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntUnaryOperator;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Chooses one of several outbounds for each flow. It never chooses one that the file doesn't give
 * it: where all are dead and there is no fallback, one of them is tried all the same. Thread-safe.
 */
final class Balancer {

    /** How it chooses. */
    enum Strategy {
        RANDOM,
        ROUND_ROBIN,
        LEAST_PING,
        LEAST_LOAD
    }

    /**
     * What a file says about it.
     *
     * @param selector of its outbounds
     * @param members tags of its outbounds, in the file's order
     * @param fallbackTag the outbound for when all are dead; null = none
     */
    record Settings(
            String tag,
            OutboundSelector selector,
            List<String> members,
            Strategy strategy,
            LeastLoad leastLoad,
            @Nullable String fallbackTag) {

        /** The same where there are these outbounds. */
        Settings among(List<String> outboundTags) {
            return new Settings(
                    tag, selector, selector.of(outboundTags), strategy, leastLoad, fallbackTag);
        }
    }

    private final Settings settings;
    private final Map<String, Health> health;
    private final IntUnaryOperator random;
    private final AtomicInteger turn = new AtomicInteger();
    private volatile @Nullable String override;

    /**
     * A balancer.
     *
     * @param health of the outbounds that are probed
     * @param random gives a number below its argument
     */
    Balancer(Settings settings, Map<String, Health> health, IntUnaryOperator random) {
        this.settings = settings;
        this.health = health;
        this.random = random;
    }

    Settings settings() {
        return settings;
    }

    /** Has it choose this outbound alone; null = as its strategy says. */
    void override(@Nullable String tag) {
        override = tag;
    }

    @Nullable String override() {
        return override;
    }

    /** Among which its strategy would choose now. */
    List<String> principalTargets() {
        List<String> candidates = candidates();
        return candidates.isEmpty() ? settings.members() : candidates;
    }

    /** The tag of the outbound for the next flow. */
    String pick() {
        String only = override;
        if (only != null) {
            return only;
        }
        List<String> candidates = candidates();
        if (candidates.isEmpty()) {
            if (settings.fallbackTag() != null) {
                return settings.fallbackTag();
            }
            candidates = settings.members();
        }
        return switch (settings.strategy()) {
            case ROUND_ROBIN ->
                    candidates.get(Math.floorMod(turn.getAndIncrement(), candidates.size()));
            case RANDOM, LEAST_PING, LEAST_LOAD ->
                    candidates.get(random.applyAsInt(candidates.size()));
        };
    }

    /** Among which chance or turn decides. */
    private List<String> candidates() {
        List<String> usable =
                switch (settings.strategy()) {
                    case RANDOM, ROUND_ROBIN ->
                            members(report -> report.isAlive() || report.isUnknown());
                    case LEAST_PING -> nearest(members(Health.Report::isAlive));
                    case LEAST_LOAD ->
                            settings.leastLoad()
                                    .select(members(Health.Report::isAlive), this::report);
                };
        // At first nothing is known of anybody.
        return usable.isEmpty() ? members(Health.Report::isUnknown) : usable;
    }

    private List<String> nearest(List<String> alive) {
        return alive.stream()
                .min(Comparator.comparingDouble(tag -> report(tag).averageNanos()))
                .map(List::of)
                .orElse(List.of());
    }

    private List<String> members(Predicate<Health.Report> which) {
        List<String> chosen = new ArrayList<>();
        for (String tag : settings.members()) {
            if (which.test(report(tag))) {
                chosen.add(tag);
            }
        }
        return chosen;
    }

    private Health.Report report(String tag) {
        Health known = health.get(tag);
        return known == null ? Health.Report.UNKNOWN : known.report();
    }
}
