package io.culvert.proxy;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads the settings of an outbound {@code dns}. */
final class DnsOutboundReader {
    private static final int MAX_TYPE = 65535;
    private static final int MAX_CODE = 15;

    private final Problems problems;
    private final GeoFiles geo;

    DnsOutboundReader(Problems problems, GeoFiles geo) {
        this.problems = problems;
        this.geo = geo;
    }

    DnsOutbound.Settings read(ConfigNode settings) {
        settings.member("userLevel").accept();
        ConfigNode address = either(settings, "address", "rewriteAddress");
        String host = address.string(problems, "");
        if (!host.isEmpty() && !HostPort.isHost(host)) {
            problems.error(address, "must be an IP address or a name, not \"" + host + "\"");
        }
        int port = (int) either(settings, "port", "rewritePort").integer(problems, 0, 65535, 0);
        return new DnsOutbound.Settings(
                network(either(settings, "network", "rewriteNetwork")),
                host.isEmpty() ? null : host,
                port,
                rules(settings));
    }

    private static ConfigNode either(ConfigNode settings, String old, String fresh) {
        ConfigNode other = settings.member(fresh);
        return settings.has(old) ? settings.member(old) : other;
    }

    private @Nullable Network network(ConfigNode node) {
        if (node.kind() == ConfigNode.Kind.STRING && node.string(problems, "").isEmpty()) {
            return null;
        }
        EnumSet<Network> networks = RoutingReader.networks(node, problems);
        if (networks.size() > 1) {
            problems.error(node, "must be tcp or udp, not both");
        }
        return networks.isEmpty() ? null : networks.iterator().next();
    }

    private List<DnsRule> rules(ConfigNode settings) {
        List<DnsRule> rules = new ArrayList<>();
        ConfigNode given = settings.member("rules");
        for (ConfigNode rule : given.objects(problems)) {
            rules.add(rule(rule));
        }
        ConfigNode blocked = settings.member("blockTypes");
        ConfigNode others = settings.member("nonIPQuery");
        if (!given.isAbsent() && !(blocked.isAbsent() && others.isAbsent())) {
            problems.error(
                    blocked.isAbsent() ? others : blocked,
                    "can't stand beside rules: say it in a rule");
        }
        DnsRule.Action action = nonAddress(others);
        for (ConfigNode type : blocked.array(problems)) {
            PortSet types = type(type);
            DnsRule.Action block =
                    action == DnsRule.Action.RETURN ? DnsRule.Action.RETURN : DnsRule.Action.DROP;
            rules.add(new DnsRule(block, types, null, DnsRule.REFUSED));
        }
        rules.add(new DnsRule(DnsRule.Action.HIJACK, PortSet.of(1, 28), null, 0));
        rules.add(new DnsRule(action, null, null, DnsRule.REFUSED));
        return List.copyOf(rules);
    }

    private @Nullable PortSet type(ConfigNode type) {
        if (type.kind() != ConfigNode.Kind.INTEGER) {
            problems.error(type, "must be the number of a record type, such as 65");
            return null;
        }
        return PortSet.of((int) type.integer(problems, 0, MAX_TYPE, 0));
    }

    /** Written as ports are. */
    private @Nullable PortSet types(ConfigNode node) {
        Problems inside = new Problems();
        PortSet types = PortSet.read(node, inside);
        if (inside.hasErrors()) {
            problems.error(node, "must be record types such as 65 or \"1,28,64-65\"");
        }
        return types;
    }

    private DnsRule.Action nonAddress(ConfigNode node) {
        String text = node.string(problems, "");
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "", "reject" -> DnsRule.Action.RETURN;
            case "drop" -> DnsRule.Action.DROP;
            case "skip" -> DnsRule.Action.DIRECT;
            default -> {
                problems.error(node, "must be reject, drop or skip, not \"" + text + "\"");
                yield DnsRule.Action.RETURN;
            }
        };
    }

    private DnsRule rule(ConfigNode node) {
        ConfigNode action = node.member("action");
        String text = action.string(problems, "");
        int code = (int) node.member("rCode").integer(problems, 0, MAX_CODE, 0);
        List<ConfigNode> domains = node.member("domain").textsOrCommas(problems);
        PortSet types = types(node.member("qType"));
        DnsRule.Action known =
                switch (text.toLowerCase(Locale.ROOT)) {
                    case "direct", "accept" -> DnsRule.Action.DIRECT;
                    case "drop" -> DnsRule.Action.DROP;
                    case "return" -> DnsRule.Action.RETURN;
                    case "reject", "refuse" -> {
                        code = DnsRule.REFUSED;
                        yield DnsRule.Action.RETURN;
                    }
                    case "hijack" -> DnsRule.Action.HIJACK;
                    default -> {
                        problems.error(
                                action,
                                "must be direct, drop, return or hijack, not \"" + text + "\"");
                        yield DnsRule.Action.DROP;
                    }
                };
        return new DnsRule(
                known,
                types,
                domains.isEmpty()
                        ? null
                        : new DomainReader(geo, problems).read(domains, DomainReader.Plain.KEYWORD),
                code);
    }
}
