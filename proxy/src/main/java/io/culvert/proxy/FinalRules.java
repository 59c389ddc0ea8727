package io.culvert.proxy;

import java.net.InetAddress;
import java.util.EnumSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@link FreedomOutbound} may reach: the first rule that fits an address decides. Where none
 * fits, everything is allowed, except that clients of a WireGuard inbound don't get into private
 * networks, so that a VPN server does not open its own LAN by accident.
 */
record FinalRules(List<FinalRule> rules) {

    static final FinalRules DEFAULT = new FinalRules(List.of());

    private static final String GUARDED = "wireguard";

    /**
     * One rule.
     *
     * @param networks empty = any
     * @param delay before a connection that it blocks is refused
     */
    record FinalRule(
            boolean allow,
            EnumSet<Network> networks,
            @Nullable PortSet ports,
            @Nullable IpSet ips,
            BlockDelay delay) {

        boolean fits(Network network, InetAddress address, int port) {
            return network.isIn(networks)
                    && (ports == null || ports.contains(network, port))
                    && (ips == null || ips.contains(address));
        }
    }

    boolean allows(InboundIdentity inbound, Network network, InetAddress address, int port) {
        FinalRule rule = deciding(network, address, port);
        return rule == null
                ? !inbound.protocol().equals(GUARDED) || !IpSet.PRIVATE.contains(address)
                : rule.allow;
    }

    /** How long to wait before a connection that is not allowed is refused. */
    BlockDelay delay(Network network, InetAddress address, int port) {
        FinalRule rule = deciding(network, address, port);
        return rule == null ? BlockDelay.NONE : rule.delay;
    }

    private @Nullable FinalRule deciding(Network network, InetAddress address, int port) {
        for (int i = 0; i < rules.size(); i++) {
            if (rules.get(i).fits(network, address, port)) {
                return rules.get(i);
            }
        }
        return null;
    }
}
