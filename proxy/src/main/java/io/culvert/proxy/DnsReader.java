package io.culvert.proxy;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the {@code dns} object. */
final class DnsReader {

    /** As Xray waits for a server. */
    private static final long TIMEOUT_MILLIS = 4000;

    private static final long MAX_TIMEOUT_MILLIS = 600_000;
    private static final long MAX_UNSIGNED = 0xffffffffL;

    /** Stale for ever, as far as a cache lives. */
    private static final long FOR_EVER = 100L * 365 * 24 * 3600;

    private final Problems problems;
    private final GeoFiles geo;

    DnsReader(Problems problems, GeoFiles geo) {
        this.problems = problems;
        this.geo = geo;
    }

    /** What holds for servers that don't say otherwise. */
    private record Defaults(
            DnsSettings.Strategy strategy,
            String tag,
            boolean disableCache,
            boolean serveStale,
            long staleSeconds,
            @Nullable InetAddress subnet) {}

    /**
     * Reads the object; null if there is none.
     *
     * @param fakeDns the file's section of that name
     */
    @Nullable DnsSettings read(ConfigNode node, ConfigNode fakeDns) {
        List<FakeNames.Pool> pools = new FakePoolReader(problems).read(fakeDns);
        if (node.isAbsent()) {
            return null;
        }
        ConfigNode dns = node.object(problems);
        Defaults defaults =
                new Defaults(
                        strategy(dns.member("queryStrategy"), DnsSettings.Strategy.BOTH),
                        dns.member("tag").string(problems, ""),
                        dns.member("disableCache").bool(problems, false),
                        dns.member("serveStale").bool(problems, false),
                        dns.member("serveExpiredTTL").integer(problems, 0, MAX_UNSIGNED, 0),
                        address(dns.member("clientIp")));
        List<DnsSettings.Server> servers = new ArrayList<>();
        for (ConfigNode each : dns.member("servers").array(problems)) {
            DnsSettings.Server server = server(each, defaults);
            if (server != null) {
                servers.add(server);
            }
        }
        if (servers.isEmpty()) {
            servers.add(plain(DnsSettings.Address.SYSTEM, defaults));
        }
        boolean fakes = servers.stream().anyMatch(DnsSettings.Server::isFake);
        if (!fakes) {
            pools = List.of();
        } else if (pools.isEmpty()) {
            pools = FakePoolReader.usual(defaults.strategy);
        }
        return new DnsSettings(
                hosts(dns.member("hosts")),
                List.copyOf(servers),
                defaults.strategy,
                dns.member("disableFallback").bool(problems, false),
                dns.member("disableFallbackIfMatch").bool(problems, false),
                pools,
                dns.member("enableParallelQuery").bool(problems, false),
                dns.member("useSystemHosts").bool(problems, false),
                Fingerprint.of(dns).whole() + pools);
    }

    private DnsSettings.@Nullable Server server(ConfigNode node, Defaults defaults) {
        if (node.kind() == ConfigNode.Kind.STRING) {
            DnsSettings.Address address = new DnsAddressReader(problems).read(node, 0);
            return address == null ? null : plain(address, defaults);
        }
        if (node.kind() != ConfigNode.Kind.OBJECT) {
            problems.error(node, "must be the address of a name server, or an object with one");
            return null;
        }
        ConfigNode where = node.member("address");
        int port = (int) node.member("port").integer(problems, 0, 65535, 0);
        DnsSettings.Address address =
                where.isPresent(problems, "the address of a name server")
                        ? new DnsAddressReader(problems).read(where, port)
                        : null;
        ConfigNode expect =
                node.has("expectedIPs") ? node.member("expectedIPs") : node.member("expectIPs");
        Ips expected = ips(expect);
        Ips unexpected = ips(node.member("unexpectedIPs"));
        List<ConfigNode> entries = node.member("domains").textsOrCommas(problems);
        DomainSet domains =
                entries.isEmpty()
                        ? null
                        : new DomainReader(geo, problems).read(entries, DomainReader.Plain.KEYWORD);
        DnsSettings.Strategy strategy = serverStrategy(node.member("queryStrategy"), defaults);
        Defaults own = own(node, defaults);
        boolean skipFallback = node.member("skipFallback").bool(problems, false);
        boolean finalQuery = node.member("finalQuery").bool(problems, false);
        NameServer.Policy policy =
                policy(
                        own,
                        node.member("timeoutMs")
                                .integer(problems, 0, MAX_TIMEOUT_MILLIS, TIMEOUT_MILLIS));
        return address == null
                ? null
                : new DnsSettings.Server(
                        address,
                        domains,
                        expected.set,
                        expected.soft,
                        unexpected.set,
                        unexpected.soft,
                        skipFallback,
                        finalQuery,
                        strategy,
                        own.tag,
                        policy,
                        alikeness(node, entries, expect, strategy, policy, skipFallback));
    }

    private Defaults own(ConfigNode node, Defaults of) {
        InetAddress subnet = address(node.member("clientIp"));
        return new Defaults(
                of.strategy,
                node.member("tag").string(problems, of.tag),
                node.member("disableCache").bool(problems, of.disableCache),
                node.member("serveStale").bool(problems, of.serveStale),
                node.member("serveExpiredTTL").integer(problems, 0, MAX_UNSIGNED, of.staleSeconds),
                subnet == null ? of.subnet : subnet);
    }

    private DnsSettings.Server plain(DnsSettings.Address address, Defaults defaults) {
        return new DnsSettings.Server(
                address,
                null,
                null,
                false,
                null,
                false,
                false,
                false,
                defaults.strategy,
                defaults.tag,
                policy(defaults, TIMEOUT_MILLIS),
                "");
    }

    private static NameServer.Policy policy(Defaults of, long timeoutMillis) {
        long stale = !of.serveStale ? 0 : of.staleSeconds == 0 ? FOR_EVER : of.staleSeconds;
        return new NameServer.Policy(
                timeoutMillis == 0 ? TIMEOUT_MILLIS : timeoutMillis,
                !of.disableCache,
                stale,
                of.subnet);
    }

    /** Servers in a row with the same text here differ in nothing but where they are. */
    private String alikeness(
            ConfigNode node,
            List<ConfigNode> domains,
            ConfigNode expected,
            DnsSettings.Strategy strategy,
            NameServer.Policy policy,
            boolean skipFallback) {
        StringBuilder text = new StringBuilder();
        domains.forEach(each -> text.append(each.string(problems, "")).append(' '));
        text.append('|');
        expected.textsOrCommas(problems)
                .forEach(each -> text.append(each.string(problems, "")).append(' '));
        text.append('|');
        node.member("unexpectedIPs")
                .textsOrCommas(problems)
                .forEach(each -> text.append(each.string(problems, "")).append(' '));
        return text.append('|')
                .append(strategy)
                .append(policy.cached())
                .append(policy.staleSeconds())
                .append(policy.subnet())
                .append(skipFallback)
                .append(node.member("finalQuery").bool(problems, false))
                .append(node.member("tag").string(problems, ""))
                .toString();
    }

    /** A set, and whether it is only a wish: {@code *} among its entries. */
    private record Ips(@Nullable IpSet set, boolean soft) {}

    private Ips ips(ConfigNode node) {
        List<ConfigNode> entries = new ArrayList<>(node.textsOrCommas(problems));
        boolean soft = entries.removeIf(entry -> entry.string(problems, "").equals("*"));
        return new Ips(entries.isEmpty() ? null : IpSet.read(entries, geo, problems), soft);
    }

    private @Nullable InetAddress address(ConfigNode node) {
        String text = node.string(problems, "");
        InetAddress address = Destination.literal(text);
        if (address == null && !text.isEmpty()) {
            problems.error(node, "must be an IP address, not \"" + text + "\"");
        }
        return address;
    }

    private DnsSettings.Strategy serverStrategy(ConfigNode node, Defaults defaults) {
        DnsSettings.Strategy own = strategy(node, defaults.strategy);
        boolean four = defaults.strategy == DnsSettings.Strategy.IPV4;
        boolean six = defaults.strategy == DnsSettings.Strategy.IPV6;
        if ((four && own == DnsSettings.Strategy.IPV6)
                || (six && own == DnsSettings.Strategy.IPV4)) {
            problems.error(node, "leaves nothing to ask for: dns.queryStrategy has it otherwise");
        }
        return four || six ? defaults.strategy : own;
    }

    private DnsSettings.Strategy strategy(ConfigNode node, DnsSettings.Strategy usual) {
        String text = node.string(problems, "");
        return switch (text.toLowerCase(Locale.ROOT).replace("_", "").replace("-", "")) {
            case "" -> usual;
            case "useip" -> DnsSettings.Strategy.BOTH;
            case "useip4", "useipv4" -> DnsSettings.Strategy.IPV4;
            case "useip6", "useipv6" -> DnsSettings.Strategy.IPV6;
            case "usesys", "usesystem" -> DnsSettings.Strategy.SYSTEM;
            default -> {
                problems.error(
                        node, "must be UseIP, UseIPv4, UseIPv6 or UseSystem, not \"" + text + "\"");
                yield usual;
            }
        };
    }

    private DnsHosts hosts(ConfigNode node) {
        DnsHosts.Builder hosts = new DnsHosts.Builder();
        for (Map.Entry<String, ConfigNode> each : node.object(problems).members().entrySet()) {
            DnsHosts.Entry entry = host(each.getValue());
            String name = spelled(node, each);
            int colon = name.indexOf(':');
            String kind = name.substring(0, Math.max(0, colon)).toLowerCase(Locale.ROOT);
            if (entry == null) {
                continue;
            }
            if (colon < 0 || kind.equals("full")) {
                hosts.add(name.substring(colon + 1), entry);
            } else if (kind.equals("domain")) {
                hosts.addBelow(name.substring(colon + 1), entry);
            } else {
                ConfigNode domain = ConfigNode.string(each.getValue().place(), name);
                hosts.add(
                        new DomainReader(geo, problems)
                                .read(List.of(domain), DomainReader.Plain.FULL),
                        entry);
            }
        }
        return hosts.build();
    }

    /** A key as the file has it: in a regular expression, case matters. */
    private static String spelled(ConfigNode hosts, Map.Entry<String, ConfigNode> member) {
        String prefix = hosts.path() + ".";
        String path = member.getValue().path();
        String key = path.startsWith(prefix) ? path.substring(prefix.length()) : "";
        return key.equalsIgnoreCase(member.getKey()) ? key : member.getKey();
    }

    private DnsHosts.@Nullable Entry host(ConfigNode node) {
        List<ConfigNode> values =
                node.kind() == ConfigNode.Kind.STRING ? List.of(node) : node.texts(problems);
        List<InetAddress> addresses = new ArrayList<>();
        String alias = null;
        int code = 0;
        for (ConfigNode value : values) {
            String text = value.string(problems, "");
            InetAddress address = Destination.literal(text);
            if (address != null) {
                addresses.add(address);
            } else if (text.matches("#[0-9]{1,2}") && Integer.parseInt(text.substring(1)) < 16) {
                code = Integer.parseInt(text.substring(1));
            } else if (DnsQuery.ascii(text) != null && HostPort.isHost(text)) {
                alias = alias == null ? DnsQuery.ascii(text) : alias;
            } else if (!text.isEmpty()) {
                problems.error(value, "\"" + text + "\" is neither an IP address nor a name");
            }
        }
        if (values.isEmpty() || (addresses.isEmpty() && alias == null && code == 0)) {
            if (!problems.hasErrors()) {
                problems.error(node, "must be an IP address, a list of them, or a name");
            }
            return null;
        }
        return new DnsHosts.Entry(List.copyOf(addresses), alias, code);
    }
}
