package io.culvert.proxy;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the {@code routing} object. */
final class RoutingReader {

    /** Conditions of Xray that a rule can't do without: it would take more than it should. */
    private static final List<String> UNSUPPORTED =
            List.of(
                    "domain",
                    "domains",
                    "user",
                    "protocol",
                    "attrs",
                    "localIP",
                    "localPort",
                    "process",
                    "localOS",
                    "vlessRoute");

    private static final List<String> CONDITIONS =
            List.of("inboundTag", "network", "port", "ip", "sourcePort", "sourceIP", "source");

    private final Problems problems;
    private final Set<String> outboundTags;
    private final String defaultTag;

    /**
     * A reader for the routing between these outbounds.
     *
     * @param defaultTag the first outbound's
     */
    RoutingReader(Problems problems, Set<String> outboundTags, String defaultTag) {
        this.problems = problems;
        this.outboundTags = outboundTags;
        this.defaultTag = defaultTag;
    }

    Router read(ConfigNode routing) {
        List<Rule> rules = new ArrayList<>();
        for (ConfigNode node : routing.member("rules").objects(problems)) {
            Rule rule = rule(node);
            if (rule != null) {
                rules.add(rule);
            }
        }
        return new Router(strategy(routing.member("domainStrategy")), rules, defaultTag);
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

    private @Nullable Rule rule(ConfigNode node) {
        node.member("type").accept();
        node.member("ruleTag").accept();
        boolean known = true;
        for (String key : UNSUPPORTED) {
            ConfigNode condition = node.member(key);
            if (!isEmpty(condition)) {
                condition.accept();
                problems.error(
                        condition,
                        "is not supported by Culvert yet, and without this condition traffic would"
                                + " go another way");
                known = false;
            }
        }
        Set<String> inboundTags = new HashSet<>();
        for (ConfigNode tag : node.member("inboundTag").textsOrCommas(problems)) {
            inboundTags.add(tag.string(problems, ""));
        }
        ConfigNode source = node.has("sourceIP") ? node.member("sourceIP") : node.member("source");
        Rule rule =
                new Rule(
                        inboundTags,
                        networks(node.member("network"), problems),
                        PortSet.read(node.member("port"), problems),
                        ips(node.member("ip")),
                        PortSet.read(node.member("sourcePort"), problems),
                        ips(source),
                        outboundTag(node));
        if (known && CONDITIONS.stream().allMatch(key -> isEmpty(node.member(key)))) {
            problems.error(node, "has no condition: a rule needs at least one");
        }
        return rule;
    }

    private String outboundTag(ConfigNode node) {
        if (node.has("balancerTag")) {
            problems.error(
                    node.member("balancerTag"),
                    "is not supported by Culvert yet: name one outbound by outboundTag");
            return defaultTag;
        }
        ConfigNode tag = node.member("outboundTag");
        if (!tag.isPresent(problems, "the tag of an outbound")) {
            return defaultTag;
        }
        String text = tag.string(problems, "");
        if (tag.kind() == ConfigNode.Kind.STRING && !outboundTags.contains(text)) {
            problems.error(tag, "there is no outbound with the tag \"" + text + "\"");
        }
        return text;
    }

    private @Nullable IpSet ips(ConfigNode node) {
        List<ConfigNode> entries = node.textsOrCommas(problems);
        return entries.isEmpty() ? null : IpSet.read(entries, problems);
    }

    /** Xray ignores a condition that is there but says nothing. */
    private boolean isEmpty(ConfigNode node) {
        return switch (node.kind()) {
            case ABSENT, NULL -> true;
            case STRING -> node.string(problems, "").isEmpty();
            case ARRAY -> node.elements().isEmpty();
            case OBJECT -> node.members().isEmpty();
            default -> false;
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
