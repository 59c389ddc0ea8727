package io.culvert.proxy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Reads one element of {@code routing.rules}. */
final class RuleReader {
    private static final String REGEXP = "regexp:";

    private static final List<String> CONDITIONS =
            List.of(
                    "inboundTag",
                    "network",
                    "port",
                    "ip",
                    "domain",
                    "domains",
                    "sourcePort",
                    "sourceIP",
                    "source",
                    "localPort",
                    "localIP",
                    "user",
                    "protocol",
                    "attrs",
                    "process",
                    "localOS",
                    "vlessRoute");

    private static final Set<String> PROTOCOLS =
            Set.of("http", "http1", "http/1.1", "http2", "tls", "quic", "bittorrent");

    private final Problems problems;
    private final GeoFiles geo;
    private final Set<String> outboundTags;
    private final Set<String> balancerTags;
    private final String system;

    /**
     * A reader of rules between these outbounds.
     *
     * @param system the operating system, as Java calls it
     */
    RuleReader(
            Problems problems,
            GeoFiles geo,
            Set<String> outboundTags,
            Set<String> balancerTags,
            String system) {
        this.problems = problems;
        this.geo = geo;
        this.outboundTags = outboundTags;
        this.balancerTags = balancerTags;
        this.system = system.toLowerCase(Locale.ROOT);
    }

    /** Reads the rule; what is wrong with it is reported. */
    Rule read(ConfigNode node) {
        node.member("type").accept();
        node.member("domainMatcher").accept();
        // It would be told of what the rule takes; nothing goes another way without that.
        if (!isEmpty(node.member("webhook"))) {
            node.member("webhook").accept();
            problems.warning(
                    node.member("webhook"), "is not supported by Culvert yet: nobody is told");
        }
        String tag = node.member("ruleTag").string(problems, "");
        Set<String> inboundTags = new HashSet<>();
        for (ConfigNode inbound : node.member("inboundTag").textsOrCommas(problems)) {
            inboundTags.add(inbound.string(problems, ""));
        }
        List<Predicate<RouteQuery>> conditions = new ArrayList<>();
        EnumSet<Rule.Need> needs = EnumSet.noneOf(Rule.Need.class);
        addAddressing(node, conditions);
        addSystems(node.member("localOS"), conditions);
        // A byte in the user id of VLESS, which no client of ours has.
        if (!isEmpty(node.member("vlessRoute"))) {
            ports(node.member("vlessRoute"));
            conditions.add(query -> false);
        }
        addUsers(node.member("user"), conditions);
        addProtocols(node.member("protocol"), conditions, needs);
        addAttributes(node.member("attrs"), conditions, needs);
        ConfigNode domains =
                isEmpty(node.member("domains")) ? node.member("domain") : node.member("domains");
        addDomains(domains, conditions, needs);
        Rule rule =
                new Rule(
                        tag,
                        inboundTags,
                        List.copyOf(conditions),
                        ips(node.member("ip")),
                        processes(node.member("process")),
                        needs,
                        way(node));
        if (CONDITIONS.stream().allMatch(key -> isEmpty(node.member(key)))) {
            problems.error(node, "has no condition: a rule needs at least one");
        }
        return rule;
    }

    private Way way(ConfigNode node) {
        ConfigNode balancer = node.member("balancerTag");
        ConfigNode outbound = node.member("outboundTag");
        // Where both are given, the outbound counts, as in Xray.
        if (!isEmpty(balancer) && isEmpty(outbound)) {
            String text = balancer.string(problems, "");
            if (balancer.kind() == ConfigNode.Kind.STRING && !balancerTags.contains(text)) {
                problems.error(balancer, "there is no balancer with the tag \"" + text + "\"");
            }
            return new Way.ByBalancer(text);
        }
        if (!outbound.isPresent(problems, "the tag of an outbound, or a balancerTag")) {
            return new Way.ByOutbound("");
        }
        String text = outbound.string(problems, "");
        if (outbound.kind() == ConfigNode.Kind.STRING && !outboundTags.contains(text)) {
            problems.error(outbound, "there is no outbound with the tag \"" + text + "\"");
        }
        return new Way.ByOutbound(text);
    }

    private void addAddressing(ConfigNode node, List<Predicate<RouteQuery>> conditions) {
        EnumSet<Network> networks = RoutingReader.networks(node.member("network"), problems);
        if (!networks.isEmpty()) {
            conditions.add(query -> query.session().destination().network().isIn(networks));
        }
        PortSet ports = ports(node.member("port"));
        if (ports != null) {
            conditions.add(query -> {
                Destination to = query.session().destination();
                return ports.contains(to.network(), to.port());
            });
        }
        PortSet sourcePorts = ports(node.member("sourcePort"));
        if (sourcePorts != null) {
            conditions.add(query -> {
                Session session = query.session();
                return sourcePorts.contains(
                        session.destination().network(), session.source().getPort());
            });
        }
        PortSet localPorts = ports(node.member("localPort"));
        if (localPorts != null) {
            conditions.add(query -> {
                InetSocketAddress local = query.session().local();
                return local != null && localPorts.contains(local.getPort());
            });
        }
        IpSet sources = ips(node.has("sourceIP") ? node.member("sourceIP") : node.member("source"));
        if (sources != null) {
            conditions.add(query -> contains(sources, query.session().source()));
        }
        IpSet locals = ips(node.member("localIP"));
        if (locals != null) {
            conditions.add(query -> contains(locals, query.session().local()));
        }
    }

    private static boolean contains(IpSet set, @Nullable InetSocketAddress socket) {
        InetAddress address = socket == null ? null : socket.getAddress();
        return address != null && set.contains(address);
    }

    private @Nullable PortSet ports(ConfigNode node) {
        return isEmpty(node) ? null : PortSet.read(node, problems);
    }

    private @Nullable IpSet ips(ConfigNode node) {
        List<ConfigNode> entries = node.textsOrCommas(problems);
        return entries.isEmpty() ? null : IpSet.read(entries, geo, problems);
    }

    private @Nullable ProcessSet processes(ConfigNode node) {
        List<ConfigNode> entries = node.textsOrCommas(problems);
        if (entries.isEmpty()) {
            return null;
        }
        if (!ProcessLookup.isSupported(system)) {
            problems.warning(
                    node, "is known on Linux alone: the rule takes nothing on this system");
        }
        return ProcessSet.read(entries, problems);
    }

    private void addDomains(
            ConfigNode node, List<Predicate<RouteQuery>> conditions, Set<Rule.Need> needs) {
        List<ConfigNode> entries = node.textsOrCommas(problems);
        if (entries.isEmpty()) {
            return;
        }
        DomainSet domains =
                new DomainReader(geo, problems).read(entries, DomainReader.Plain.KEYWORD);
        needs.add(Rule.Need.NAME);
        conditions.add(query -> {
            String name = query.name();
            return name != null && domains.contains(name);
        });
    }

    /** Names as the inbound knows them, each exact or by {@code regexp:}. */
    private void addUsers(ConfigNode node, List<Predicate<RouteQuery>> conditions) {
        Set<String> names = new HashSet<>();
        List<TextPattern> patterns = new ArrayList<>();
        List<ConfigNode> entries = node.textsOrCommas(problems);
        for (ConfigNode entry : entries) {
            String text = entry.string(problems, "");
            TextPattern pattern =
                    text.startsWith(REGEXP)
                            ? TextPattern.read(entry, text.substring(REGEXP.length()), problems)
                            : null;
            if (pattern != null) {
                patterns.add(pattern);
            } else {
                names.add(text);
            }
        }
        if (!entries.isEmpty()) {
            conditions.add(query -> {
                String user = query.session().user();
                return !user.isEmpty()
                        && (names.contains(user)
                                || patterns.stream().anyMatch(pattern -> pattern.isIn(user)));
            });
        }
    }

    private void addProtocols(
            ConfigNode node, List<Predicate<RouteQuery>> conditions, Set<Rule.Need> needs) {
        List<String> protocols = new ArrayList<>();
        for (ConfigNode entry : node.textsOrCommas(problems)) {
            String text = entry.string(problems, "").toLowerCase(Locale.ROOT);
            if (PROTOCOLS.contains(text)) {
                protocols.add(text.equals("http/1.1") ? "http1" : text);
            } else {
                problems.error(
                        entry, "must be http, tls, quic or bittorrent, not \"" + text + "\"");
            }
        }
        if (!protocols.isEmpty()) {
            needs.add(Rule.Need.PROTOCOL);
            conditions.add(query -> {
                String protocol = query.session().content().protocol();
                return protocols.stream().anyMatch(protocol::startsWith);
            });
        }
    }

    /** Regular expressions, each for an attribute that must be there. */
    private void addAttributes(
            ConfigNode node, List<Predicate<RouteQuery>> conditions, Set<Rule.Need> needs) {
        if (node.kind() == ConfigNode.Kind.STRING && !isEmpty(node)) {
            problems.error(
                    node,
                    "must be an object of regular expressions, such as {\":method\": \"GET\"}");
            return;
        }
        Map<String, TextPattern> patterns = new LinkedHashMap<>();
        if (isEmpty(node)) {
            return;
        }
        node.object(problems)
                .members()
                .forEach((key, value) -> {
                    String text = value.string(problems);
                    TextPattern pattern =
                            text == null ? null : TextPattern.read(value, text, problems);
                    if (pattern != null) {
                        patterns.put(key, pattern);
                    }
                });
        needs.add(Rule.Need.ATTRIBUTES);
        conditions.add(query -> {
            Map<String, String> attributes = query.session().content().attributes();
            for (Map.Entry<String, TextPattern> pattern : patterns.entrySet()) {
                String value = attributes.get(pattern.getKey());
                if (value == null || !pattern.getValue().isIn(value)) {
                    return false;
                }
            }
            return true;
        });
    }

    /** Holds or not for as long as the program runs. */
    private void addSystems(ConfigNode node, List<Predicate<RouteQuery>> conditions) {
        List<ConfigNode> entries = node.textsOrCommas(problems);
        boolean here = false;
        for (ConfigNode entry : entries) {
            here |= isThisSystem(entry.string(problems, "").toLowerCase(Locale.ROOT));
        }
        if (!entries.isEmpty()) {
            boolean holds = here;
            conditions.add(query -> holds);
        }
    }

    private boolean isThisSystem(String goName) {
        return switch (goName) {
            case "darwin" -> system.startsWith("mac");
            case "windows" -> system.startsWith("windows");
            default -> system.equals(goName);
        };
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
}
