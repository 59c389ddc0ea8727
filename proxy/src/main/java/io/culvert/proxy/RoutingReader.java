package io.culvert.proxy;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Reads the {@code routing} object. */
final class RoutingReader {
    private final Problems problems;
    private final GeoFiles geo;
    private final Set<String> outboundTags;
    private final String defaultTag;

    /**
     * A reader for the routing between these outbounds.
     *
     * @param defaultTag the first outbound's
     */
    RoutingReader(Problems problems, GeoFiles geo, Set<String> outboundTags, String defaultTag) {
        this.problems = problems;
        this.geo = geo;
        this.outboundTags = outboundTags;
        this.defaultTag = defaultTag;
    }

    /**
     * Reads the object.
     *
     * @param balancerTags the balancers that rules may name
     */
    Router read(ConfigNode routing, Set<String> balancerTags) {
        routing.member("domainMatcher").accept();
        List<Rule> rules = rules(routing.member("rules"), balancerTags);
        return new Router(strategy(routing.member("domainStrategy")), rules, defaultTag);
    }

    /** Reads a list of rules. */
    List<Rule> rules(ConfigNode list, Set<String> balancerTags) {
        RuleReader reader =
                new RuleReader(
                        problems, geo, outboundTags, balancerTags, System.getProperty("os.name"));
        List<Rule> rules = new ArrayList<>();
        Set<String> tags = new HashSet<>();
        for (ConfigNode node : list.objects(problems)) {
            Rule rule = reader.read(node);
            if (!rule.tag().isEmpty() && !tags.add(rule.tag())) {
                problems.error(
                        node.member("ruleTag"),
                        "another rule has the tag \"" + rule.tag() + "\" already");
            }
            rules.add(rule);
        }
        return rules;
    }

    private Router.DomainStrategy strategy(ConfigNode node) {
        String text = node.string(problems, "AsIs");
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "", "asis" -> Router.DomainStrategy.AS_IS;
            case "ipifnonmatch" -> Router.DomainStrategy.IP_IF_NON_MATCH;
            case "ipondemand" -> Router.DomainStrategy.IP_ON_DEMAND;
            default -> {
                problems.error(
                        node, "must be AsIs, IPIfNonMatch or IPOnDemand, not \"" + text + "\"");
                yield Router.DomainStrategy.AS_IS;
            }
        };
    }

    /** Reads {@code tcp}, {@code "tcp,udp"} or a list of them; empty = any. */
    static EnumSet<Network> networks(ConfigNode node, Problems problems) {
        EnumSet<Network> networks = EnumSet.noneOf(Network.class);
        for (ConfigNode text : node.textsOrCommas(problems)) {
            String name = text.string(problems, "").toLowerCase(Locale.ROOT);
            switch (name) {
                case "tcp" -> networks.add(Network.TCP);
                case "udp" -> networks.add(Network.UDP);
                default -> problems.error(text, "must be tcp, udp or both, not \"" + name + "\"");
            }
        }
        return networks;
    }
}
