package io.culvert.proxy;

import java.net.InetAddress;
import java.util.Collection;
import java.util.List;

/** Decides which outbound takes a connection. Immutable. */
final class Router {

    /** When the name of a destination is resolved for the rules' sake. */
    enum DomainStrategy {
        /** Never: conditions on addresses don't hold for names. */
        AS_IS,
        /** If no rule took the name as it is. */
        IP_IF_NON_MATCH,
        /** Before the rules are asked, if one of them has a condition on addresses. */
        IP_ON_DEMAND
    }

    private final DomainStrategy strategy;
    private final List<Rule> rules;
    private final String defaultTag;

    /**
     * A router over rules in the order of the file.
     *
     * @param defaultTag the first outbound of the file, which takes what no rule takes
     */
    Router(DomainStrategy strategy, List<Rule> rules, String defaultTag) {
        boolean onAddresses = rules.stream().anyMatch(rule -> rule.ips() != null);
        this.strategy = onAddresses ? strategy : DomainStrategy.AS_IS;
        this.rules = List.copyOf(rules);
        this.defaultTag = defaultTag;
    }

    DomainStrategy strategy() {
        return strategy;
    }

    /** The first rule that takes the session, or null. */
    @org.jspecify.annotations.Nullable
    Rule match(Session session, Collection<InetAddress> resolved) {
        for (int i = 0; i < rules.size(); i++) {
            if (rules.get(i).matches(session, resolved)) {
                return rules.get(i);
            }
        }
        return null;
    }

    String defaultTag() {
        return defaultTag;
    }

    /** Where an inbound's traffic goes unless a rule on its destination says otherwise. */
    String usualTag(String inboundTag) {
        for (Rule rule : rules) {
            if (rule.takesAllOf(inboundTag)) {
                return rule.outboundTag();
            }
        }
        return defaultTag;
    }
}
