package io.culvert.proxy;

import java.net.InetAddress;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One routing rule: every condition that is given must hold.
 *
 * @param inboundTags empty = any
 * @param networks empty = any
 */
record Rule(
        Set<String> inboundTags,
        EnumSet<Network> networks,
        @Nullable PortSet ports,
        @Nullable IpSet ips,
        @Nullable PortSet sourcePorts,
        @Nullable IpSet sources,
        String outboundTag) {

    /**
     * Whether the rule takes this traffic.
     *
     * @param resolved addresses of a destination that is a name; empty = not known, and then no
     *     condition on the address holds
     */
    boolean matches(Session session, Collection<InetAddress> resolved) {
        Destination to = session.destination();
        return (inboundTags.isEmpty() || inboundTags.contains(session.inbound().tag()))
                && (networks.isEmpty() || networks.contains(to.network()))
                && (ports == null || ports.contains(to.port()))
                && (sourcePorts == null || sourcePorts.contains(session.source().getPort()))
                && (sources == null || contains(sources, session.source().getAddress()))
                && (ips == null || matchesAddress(ips, to, resolved));
    }

    /** Whether the rule takes everything of this inbound, whatever its destination. */
    boolean takesAllOf(String inboundTag) {
        return (inboundTags.isEmpty() || inboundTags.contains(inboundTag))
                && networks.isEmpty()
                && ports == null
                && ips == null
                && sourcePorts == null
                && sources == null;
    }

    private static boolean matchesAddress(
            IpSet ips, Destination to, Collection<InetAddress> resolved) {
        if (!to.isName()) {
            return contains(ips, to.address());
        }
        for (InetAddress address : resolved) {
            if (ips.contains(address)) {
                return true;
            }
        }
        return false;
    }

    private static boolean contains(IpSet set, @Nullable InetAddress address) {
        return address != null && set.contains(address);
    }
}
