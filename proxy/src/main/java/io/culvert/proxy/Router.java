package io.culvert.proxy;

import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decides which way a connection goes. Immutable. */
final class Router {

    /** When the name of a destination is resolved for the rules' sake. */
    enum DomainStrategy {
        /** Never: conditions on addresses don't hold for names. */
        AS_IS,
        /** If no rule took the name as it is. */
        IP_IF_NON_MATCH,
        /** As soon as a rule's decision depends on it. */
        IP_ON_DEMAND
    }

    private final DomainStrategy asked;
    private final DomainStrategy strategy;
    private final List<Rule> rules;
    private final Way.ByOutbound usual;
    private final boolean onProcesses;
    private final Set<Rule.Need> needs = EnumSet.noneOf(Rule.Need.class);

    /**
     * A router over rules in the order of the file.
     *
     * @param defaultTag the first outbound of the file, which takes what no rule takes
     */
    Router(DomainStrategy strategy, List<Rule> rules, String defaultTag) {
        this.asked = strategy;
        boolean onAddresses = rules.stream().anyMatch(rule -> rule.ips() != null);
        this.strategy = onAddresses ? strategy : DomainStrategy.AS_IS;
        this.rules = List.copyOf(rules);
        this.onProcesses = rules.stream().anyMatch(rule -> rule.processes() != null);
        this.usual = new Way.ByOutbound(defaultTag);
        rules.forEach(rule -> needs.addAll(rule.needs()));
    }

    /** The same with other rules. */
    Router with(List<Rule> others) {
        return new Router(asked, others, usual.tag());
    }

    List<Rule> rules() {
        return rules;
    }

    /** The outbounds that rules name, and the one for the rest. */
    Set<String> outboundTags() {
        Set<String> tags = new HashSet<>();
        tags.add(usual.tag());
        for (Rule rule : rules) {
            if (rule.way() instanceof Way.ByOutbound(String tag)) {
                tags.add(tag);
            }
        }
        return tags;
    }

    DomainStrategy strategy() {
        return strategy;
    }

    /** Whether any rule asks for this. */
    boolean asksFor(Rule.Need need) {
        return needs.contains(need);
    }

    /** The first rule that takes the session, or null. */
    @Nullable Rule match(RouteQuery query) {
        for (int i = 0; i < rules.size(); i++) {
            if (rules.get(i).matches(query)) {
                return rules.get(i);
            }
        }
        return null;
    }

    /** Whether the destination's name must be resolved before the rules can be asked. */
    boolean mustResolve(RouteQuery query) {
        return query.isUnresolved()
                && switch (strategy) {
                    case AS_IS -> false;
                    case IP_IF_NON_MATCH -> match(query) == null;
                    case IP_ON_DEMAND -> dependsOnAddress(query);
                };
    }

    /** Whether the process must be found before the rules can be asked. */
    boolean mustFindProcess(RouteQuery query) {
        if (!onProcesses) {
            return false;
        }
        boolean resolving = strategy != DomainStrategy.AS_IS;
        for (int i = 0; i < rules.size(); i++) {
            if (rules.get(i).waitsForProcess(query, resolving)) {
                return true;
            }
            if (rules.get(i).matches(query)) {
                return false;
            }
        }
        return false;
    }

    private boolean dependsOnAddress(RouteQuery query) {
        for (int i = 0; i < rules.size(); i++) {
            if (rules.get(i).waitsForAddress(query)) {
                return true;
            }
            if (rules.get(i).matches(query)) {
                return false;
            }
        }
        return false;
    }

    /** Where a session goes. */
    Way way(@Nullable Rule rule) {
        return rule == null ? usual : rule.way();
    }

    /** Where an inbound's traffic goes unless a rule on its destination says otherwise. */
    Way usualWay(String inboundTag) {
        for (Rule rule : rules) {
            if (rule.takesAllOf(inboundTag)) {
                return rule.way();
            }
        }
        return usual;
    }
}
