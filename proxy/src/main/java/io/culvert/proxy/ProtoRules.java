package io.culvert.proxy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Routing rules as Xray's Protocol Buffers messages, as the tree that a file would give. Fields
 * that can't be said there are refused.
 */
final class ProtoRules {
    private static final Place PLACE = new Place("api", 0, 0, "");
    private static final int TCP = 2;
    private static final List<String> DOMAIN_TYPES =
            List.of("keyword:", "regexp:", "domain:", "full:");

    private final Problems problems;

    private ProtoRules(Problems problems) {
        this.problems = problems;
    }

    /** A typed {@code xray.app.router.Config}, of which the rules alone count. */
    static ConfigNode of(ProtoFields typed, Problems problems) {
        ConfigNode rules = ConfigNode.array(PLACE);
        if (!typed.text(1).equals("xray.app.router.Config")) {
            problems.error(PLACE, "rules come in xray.app.router.Config, not in " + typed.text(1));
            return rules;
        }
        ProtoRules reader = new ProtoRules(problems);
        ProtoFields config = ProtoFields.of(ByteBuffer.wrap(typed.bytes(2)));
        if (config.has(3)) {
            problems.error(PLACE, "balancers cannot be added by the API");
        }
        config.messages(2).forEach(rule -> rules.add(reader.rule(rule)));
        return rules;
    }

    private ConfigNode rule(ProtoFields rule) {
        ConfigNode node = ConfigNode.object(PLACE);
        put(node, "outboundTag", rule.text(1));
        put(node, "balancerTag", rule.text(12));
        put(node, "ruleTag", rule.text(19));
        list(node, "domain", rule.messages(2).stream().map(this::domain).toList());
        list(node, "ip", prefixes(rule.messages(10)));
        list(node, "source", prefixes(rule.messages(11)));
        list(node, "localIP", prefixes(rule.messages(17)));
        put(node, "port", ports(rule.message(14)));
        put(node, "sourcePort", ports(rule.message(16)));
        put(node, "localPort", ports(rule.message(18)));
        list(node, "user", rule.texts(7));
        list(node, "inboundTag", rule.texts(8));
        list(node, "protocol", rule.texts(9));
        list(
                node,
                "network",
                rule.numbers(13).stream().map(network -> network == TCP ? "tcp" : "udp").toList());
        for (int field : new int[] {3, 15, 20, 21, 22, 23}) {
            if (rule.has(field)) {
                problems.error(PLACE, "field " + field + " of a rule cannot be given by the API");
            }
        }
        return node;
    }

    /** A list of a file of lists, or a name: in the message's old form, or the new one. */
    private String domain(ProtoFields domain) {
        if (domain.isList(1)) {
            problems.error(PLACE, "lists of domains cannot be given by the API");
            return "";
        }
        ProtoFields name = nameOf(domain);
        int type = (int) name.number(1);
        if (type < 0 || type >= DOMAIN_TYPES.size()) {
            problems.error(PLACE, "there is no type of domain " + type);
            return "";
        }
        return DOMAIN_TYPES.get(type) + name.text(2);
    }

    /** The new form has the name inside; the old one is the name, whose second field is text. */
    private static ProtoFields nameOf(ProtoFields domain) {
        try {
            ProtoFields inside = domain.message(2);
            return domain.has(1) || inside.text(2).isEmpty() ? domain : inside;
        } catch (IllegalArgumentException e) {
            return domain;
        }
    }

    /** In the message's old form several prefixes are one element, in the new one each is. */
    private List<String> prefixes(List<ProtoFields> rules) {
        List<String> prefixes = new ArrayList<>();
        for (ProtoFields rule : rules) {
            if (!rule.text(1).isEmpty() || rule.bool(3)) {
                problems.error(PLACE, "lists of addresses cannot be given by the API");
            }
            for (ProtoFields prefix : rule.messages(2)) {
                try {
                    InetAddress address = InetAddress.getByAddress(prefix.bytes(1));
                    prefixes.add(address.getHostAddress() + "/" + prefix.number(2));
                } catch (UnknownHostException e) {
                    problems.error(PLACE, "an address has 4 or 16 bytes");
                }
            }
        }
        return prefixes;
    }

    private static String ports(ProtoFields list) {
        StringBuilder text = new StringBuilder();
        for (ProtoFields range : list.messages(1)) {
            text.append(text.isEmpty() ? "" : ",")
                    .append(range.number(1))
                    .append('-')
                    .append(range.number(2));
        }
        return text.toString();
    }

    private static void put(ConfigNode node, String key, String value) {
        if (!value.isEmpty()) {
            node.put(key, ConfigNode.string(PLACE, value));
        }
    }

    private static void list(ConfigNode node, String key, List<String> values) {
        if (!values.isEmpty()) {
            ConfigNode list = ConfigNode.array(PLACE);
            values.forEach(value -> list.add(ConfigNode.string(PLACE, value)));
            node.put(key, list);
        }
    }
}
