package io.culvert.proxy;

import java.util.EnumSet;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads an inbound that forwards: {@code dokodemo-door}, lately called {@code tunnel}. */
final class ForwardReader {
    private final Problems problems;

    ForwardReader(Problems problems) {
        this.problems = problems;
    }

    /** Whether this reader is the one for a protocol, in lower case. */
    static boolean isProtocol(String protocol) {
        return protocol.equals("dokodemo-door") || protocol.equals("tunnel");
    }

    /** Reads the settings of one inbound; null if (reported) wrong. */
    @Nullable InboundSettings read(ConfigNode inbound) {
        ConfigNode settings = inbound.member("settings").object(problems);
        settings.member("timeout").accept();
        ConfigNode address = either(settings, "address", "rewriteAddress");
        ConfigNode network = either(settings, "network", "allowedNetwork");
        String host = address.string(problems, "");
        if (!host.isEmpty() && !HostPort.isHost(host)) {
            problems.error(address, "\"" + host + "\" is not an IP address or a name");
            return null;
        }
        int port = (int) either(settings, "port", "rewritePort").integer(problems, 0, 65535, 0);
        ForwardTargets targets =
                new ForwardTargets(new HostPort(host, port), byPort(settings.member("portMap")));
        EnumSet<Network> networks = RoutingReader.networks(network, problems);
        if (networks.isEmpty()) {
            networks.add(Network.TCP);
        }
        ForwardInbound.Redirection redirection =
                redirection(settings.member("followRedirect"), inbound);
        if (redirection == ForwardInbound.Redirection.NONE && !targets.isGiven()) {
            problems.error(address, "is missing: give the host to forward to");
            return null;
        }
        if (redirection == ForwardInbound.Redirection.REDIRECT && networks.contains(Network.UDP)) {
            problems.warning(
                    network,
                    "has udp, whose destination only sockopt.tproxy \"tproxy\" can tell: datagrams"
                            + " go to address and port");
        }
        return new ForwardInbound.Settings(targets, networks, redirection);
    }

    private ForwardInbound.Redirection redirection(ConfigNode follow, ConfigNode inbound) {
        ConfigNode tproxy =
                inbound.member("streamSettings")
                        .object(problems)
                        .member("sockopt")
                        .object(problems)
                        .member("tproxy");
        ForwardInbound.Redirection redirection =
                switch (tproxy.string(problems, "").toLowerCase(Locale.ROOT)) {
                    case "tproxy" -> ForwardInbound.Redirection.TPROXY;
                    case "", "off", "redirect" -> ForwardInbound.Redirection.REDIRECT;
                    default -> {
                        problems.error(tproxy, "must be off, redirect or tproxy");
                        yield ForwardInbound.Redirection.REDIRECT;
                    }
                };
        if (follow.bool(problems, false)) {
            return redirection;
        }
        if (redirection == ForwardInbound.Redirection.TPROXY) {
            problems.warning(tproxy, "does nothing without followRedirect");
        }
        return ForwardInbound.Redirection.NONE;
    }

    private Map<Integer, HostPort> byPort(ConfigNode map) {
        Map<Integer, HostPort> targets = new HashMap<>();
        map.object(problems)
                .members()
                .forEach((key, value) -> {
                    int port = PortSet.port(key);
                    String text = value.string(problems, "");
                    HostPort target = ForwardTargets.parse(text);
                    if (port <= 0) {
                        problems.error(value, "\"" + key + "\" is not a port to listen on");
                    } else if (target != null) {
                        targets.put(port, target);
                    } else if (value.kind() == ConfigNode.Kind.STRING) {
                        problems.error(value, "\"" + text + "\" is not host:port, host: or :port");
                    }
                });
        return targets;
    }

    private static ConfigNode either(ConfigNode settings, String one, String other) {
        ConfigNode second = settings.member(other);
        return settings.has(one) || second.isAbsent() ? settings.member(one) : second;
    }
}
