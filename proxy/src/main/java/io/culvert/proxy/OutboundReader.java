package io.culvert.proxy;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads one element of {@code outbounds}. */
final class OutboundReader {

    /** Protocols of Xray that a file may have beside a tunnel, and that fail closed here. */
    private static final Set<String> UNSUPPORTED =
            Set.of("vless", "vmess", "trojan", "shadowsocks", "hysteria");

    private static final String PROTOCOLS =
            "wireguard, freedom, socks, http, loopback, dns or blackhole";

    private final Problems problems;
    private final GeoFiles geo;

    OutboundReader(Problems problems, GeoFiles geo) {
        this.geo = geo;
        this.problems = problems;
    }

    /** Reads the object; null if anything in it is (reported) wrong. */
    Plan.@Nullable OutboundPlan read(ConfigNode node) {
        String tag = node.member("tag").string(problems, "");
        ConfigNode protocol = node.member("protocol");
        if (!protocol.isPresent(problems, PROTOCOLS)) {
            return null;
        }
        String name = protocol.string(problems, "").toLowerCase(Locale.ROOT);
        if (UNSUPPORTED.contains(name)) {
            node.accept();
            problems.warning(
                    protocol, name + " is not supported by Culvert yet: what is routed here fails");
            return new Plan.OutboundPlan(tag, new BlackholeOutbound.Settings(name, false));
        }
        ConfigNode settings = node.member("settings").object(problems);
        DialSettings dial = new DialReader(problems).read(node, name);
        ConfigNode targets = node.member("targetStrategy");
        OutboundSettings read =
                switch (name) {
                    case "wireguard" -> wireGuard(settings, targets, dial);
                    case "freedom", "direct" -> freedom(settings, targets, dial);
                    case "blackhole", "block" -> blackhole(settings);
                    case "socks" -> new ServerReader(problems).socks(settings, targets);
                    case "http" -> new ServerReader(problems).http(settings, targets);
                    case "loopback" -> loopback(settings);
                    case "dns" -> new DnsOutboundReader(problems, geo).read(settings);
                    default -> {
                        if (protocol.kind() == ConfigNode.Kind.STRING) {
                            problems.error(
                                    protocol,
                                    "\"" + name + "\" is not a protocol: use " + PROTOCOLS);
                        }
                        yield null;
                    }
                };
        checkMux(node);
        if (name.equals("socks") || name.equals("http")) {
            PlainTransport.require(node.member("streamSettings").object(problems), problems);
        }
        return read == null ? null : new Plan.OutboundPlan(tag, read, dial);
    }

    private void checkMux(ConfigNode node) {
        ConfigNode mux = node.member("mux").object(problems);
        if (!mux.member("enabled").bool(problems, false)) {
            mux.accept();
        }
    }

    /** Which addresses are used of the names of targets, and of those of endpoints. */
    private @Nullable WireGuardSettings wireGuard(
            ConfigNode settings, ConfigNode targetStrategy, DialSettings dial) {
        WireGuardSettings read = new WireGuardReader(problems, true).read(settings);
        AddressOrder targets = targetStrategy.isAbsent() ? null : preference(targetStrategy);
        return read == null ? null : read.ordered(targets, dial.order());
    }

    private @Nullable AddressOrder preference(ConfigNode node) {
        String text = node.string(problems, "");
        AddressOrder order = AddressOrder.preference(text);
        if (order == null) {
            problems.error(node, AddressOrder.FORM + ", not \"" + text + "\"");
        }
        return text.isEmpty() || text.equalsIgnoreCase("AsIs") ? null : order;
    }

    private @Nullable OutboundSettings loopback(ConfigNode settings) {
        ConfigNode tag = settings.member("inboundTag");
        return tag.isPresent(problems, "the tag by which rules know what comes back")
                ? new LoopbackOutbound.Settings(tag.string(problems, ""))
                : null;
    }

    private OutboundSettings blackhole(ConfigNode settings) {
        ConfigNode type = settings.member("response").object(problems).member("type");
        String name = type.string(problems, "none").toLowerCase(Locale.ROOT);
        if (!name.equals("none") && !name.equals("http")) {
            problems.error(type, "must be none or http, not \"" + name + "\"");
        }
        return new BlackholeOutbound.Settings("blackhole", name.equals("http"));
    }

    private OutboundSettings freedom(
            ConfigNode settings, ConfigNode targetStrategy, DialSettings dial) {
        AddressOrder order = dial.order() == null ? AddressOrder.AS_IS : dial.order();
        for (ConfigNode node :
                List.of(
                        targetStrategy,
                        settings.member("targetStrategy"),
                        settings.member("domainStrategy"))) {
            if (!node.string(problems, "AsIs").equalsIgnoreCase("AsIs")) {
                order = order(node);
            }
        }
        settings.member("userLevel").accept();
        for (String key : List.of("fragment", "noise", "noises")) {
            if (settings.has(key)) {
                settings.member(key).accept();
                problems.warning(settings.member(key), "is not honoured by Culvert: ignored");
            }
        }
        int proxyProtocol = (int) settings.member("proxyProtocol").integer(problems, 0, 2, 0);
        return new FreedomOutbound.Settings(
                order, finalRules(settings), redirect(settings), proxyProtocol);
    }

    private @Nullable Redirect redirect(ConfigNode settings) {
        ConfigNode node = settings.member("redirect");
        String text = node.string(problems, "");
        if (text.isEmpty()) {
            return null;
        }
        Redirect redirect = Redirect.parse(text);
        if (redirect == null) {
            problems.error(
                    node,
                    "must be host:port, :port or host:0, IPv6 in brackets, not \"" + text + "\"");
        }
        return redirect;
    }

    private AddressOrder order(ConfigNode node) {
        String text = node.string(problems, "");
        AddressOrder order = AddressOrder.parse(text);
        if (order == null) {
            problems.error(node, AddressOrder.FORM + ", not \"" + text + "\"");
            return AddressOrder.ANY;
        }
        return order;
    }

    private FinalRules finalRules(ConfigNode settings) {
        List<FinalRules.FinalRule> rules = new ArrayList<>();
        ConfigNode blocked = settings.member("ipsBlocked");
        if (!blocked.isAbsent()) {
            IpSet ips = IpSet.read(blocked.textsOrCommas(problems), geo, problems);
            if (!ips.isEmpty()) {
                rules.add(
                        new FinalRules.FinalRule(
                                false, EnumSet.noneOf(Network.class), null, ips, BlockDelay.NONE));
            }
        }
        for (ConfigNode rule : settings.member("finalRules").objects(problems)) {
            ConfigNode action = rule.member("action");
            String name = action.string(problems, "").toLowerCase(Locale.ROOT);
            if (!name.equals("allow") && !name.equals("block")) {
                problems.error(action, "must be allow or block");
            }
            ConfigNode ips = rule.member("ip");
            rules.add(
                    new FinalRules.FinalRule(
                            name.equals("allow"),
                            RoutingReader.networks(rule.member("network"), problems),
                            PortSet.read(rule.member("port"), problems),
                            ips.isAbsent()
                                    ? null
                                    : IpSet.read(ips.textsOrCommas(problems), geo, problems),
                            BlockDelay.read(rule.member("blockDelay"), problems)));
        }
        return rules.isEmpty() ? FinalRules.DEFAULT : new FinalRules(List.copyOf(rules));
    }
}
