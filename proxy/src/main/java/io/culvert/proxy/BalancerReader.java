package io.culvert.proxy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads {@code routing.balancers}. */
final class BalancerReader {
    private final Problems problems;
    private final List<String> outboundTags;
    private final Set<String> probed;

    /**
     * A reader of balancers between these outbounds.
     *
     * @param outboundTags in the file's order
     * @param probed those that an observatory looks at
     */
    BalancerReader(Problems problems, List<String> outboundTags, Set<String> probed) {
        this.problems = problems;
        this.outboundTags = outboundTags;
        this.probed = probed;
    }

    List<Balancer.Settings> read(ConfigNode list) {
        List<Balancer.Settings> balancers = new ArrayList<>();
        Set<String> tags = new HashSet<>();
        for (ConfigNode node : list.objects(problems)) {
            ConfigNode tag = node.member("tag");
            String name = tag.string(problems, "");
            if (tag.isAbsent() || name.isEmpty()) {
                problems.error(tag, "is missing: give the name that rules use as balancerTag");
            } else if (!tags.add(name)) {
                problems.error(tag, "another balancer has the tag \"" + name + "\" already");
            }
            balancers.add(balancer(node, name));
        }
        return balancers;
    }

    private Balancer.Settings balancer(ConfigNode node, String tag) {
        OutboundSelector selector =
                OutboundSelector.read(node.member("selector"), outboundTags, problems);
        List<String> members = selector.of(outboundTags);
        ConfigNode strategyNode = node.member("strategy").object(problems);
        ConfigNode type = strategyNode.member("type");
        Balancer.Strategy strategy = strategy(type);
        ConfigNode settings = strategyNode.member("settings").object(problems);
        LeastLoad leastLoad = LeastLoad.DEFAULT;
        if (strategy == Balancer.Strategy.LEAST_LOAD) {
            leastLoad = leastLoad(settings);
        } else {
            settings.accept();
        }
        String fallback = fallback(node.member("fallbackTag"));
        checkProbes(node, type, strategy, members, fallback != null);
        return new Balancer.Settings(tag, selector, members, strategy, leastLoad, fallback);
    }

    private Balancer.Strategy strategy(ConfigNode node) {
        String text = node.string(problems, "random");
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "", "random" -> Balancer.Strategy.RANDOM;
            case "roundrobin" -> Balancer.Strategy.ROUND_ROBIN;
            case "leastping" -> Balancer.Strategy.LEAST_PING;
            case "leastload" -> Balancer.Strategy.LEAST_LOAD;
            default -> {
                problems.error(
                        node,
                        "must be random, roundRobin, leastPing or leastLoad, not \"" + text + "\"");
                yield Balancer.Strategy.RANDOM;
            }
        };
    }

    private @Nullable String fallback(ConfigNode node) {
        String text = node.string(problems, "");
        if (text.isEmpty()) {
            return null;
        }
        if (!outboundTags.contains(text)) {
            problems.error(node, "there is no outbound with the tag \"" + text + "\"");
        }
        return text;
    }

    private void checkProbes(
            ConfigNode node,
            ConfigNode type,
            Balancer.Strategy strategy,
            List<String> members,
            boolean fallback) {
        boolean asks =
                strategy == Balancer.Strategy.LEAST_PING
                        || strategy == Balancer.Strategy.LEAST_LOAD;
        if (!asks && !fallback) {
            return;
        }
        if (probed.isEmpty()) {
            problems.error(
                    asks ? type : node.member("fallbackTag"),
                    "needs an observatory or a burstObservatory that probes the outbounds");
            return;
        }
        for (String member : members) {
            if (!probed.contains(member)) {
                problems.warning(
                        node.member("selector"),
                        "takes outbound " + member + ", which no observatory probes");
            }
        }
    }

    private LeastLoad leastLoad(ConfigNode node) {
        int expected = (int) node.member("expected").integer(problems, 0, Integer.MAX_VALUE, 1);
        long maxRtt = DurationText.read(node.member("maxRTT"), 0, problems);
        double tolerance = number(node.member("tolerance"), 1);
        List<Long> baselines = new ArrayList<>();
        for (ConfigNode baseline : node.member("baselines").texts(problems)) {
            baselines.add(DurationText.read(baseline, 1, problems));
        }
        baselines.sort(null);
        List<LeastLoad.Cost> costs = new ArrayList<>();
        for (ConfigNode cost : node.member("costs").objects(problems)) {
            boolean regexp = cost.member("regexp").bool(problems, false);
            ConfigNode match = cost.member("match");
            String text = match.string(problems, "");
            if (text.isEmpty()) {
                problems.error(match, "is missing: give a part of the tags of outbounds");
                continue;
            }
            TextPattern pattern = regexp ? TextPattern.read(match, text, problems) : null;
            if (!regexp || pattern != null) {
                costs.add(new LeastLoad.Cost(text, pattern, number(cost.member("value"), 1)));
            }
        }
        return new LeastLoad(expected, maxRtt, tolerance, baselines, costs);
    }

    /** A number of at least zero, with decimals or without. */
    private double number(ConfigNode node, double fallback) {
        if (node.isAbsent()) {
            return fallback;
        }
        double value =
                switch (node.kind()) {
                    case DECIMAL -> node.decimal(problems, fallback);
                    case INTEGER -> node.integer(problems, 0, Integer.MAX_VALUE, 0);
                    default -> -1;
                };
        if (value < 0) {
            problems.error(node, "must be a number of at least 0");
            return fallback;
        }
        return value;
    }
}
