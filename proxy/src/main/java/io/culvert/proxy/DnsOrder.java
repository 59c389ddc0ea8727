package io.culvert.proxy;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which servers are asked for a name, in which order, and which of their answers count. */
final class DnsOrder {
    private final DnsSettings settings;

    DnsOrder(DnsSettings settings) {
        this.settings = settings;
    }

    /**
     * The servers to ask: those that are there for the name, then those for all names. A name of a
     * server itself is asked only of those before it, lest it waits for itself.
     *
     * @return may be changed; empty if the name is the first server's own
     */
    List<Dns.Server> of(String name, List<Dns.Server> all) {
        List<Dns.Server> usable = before(name, all);
        List<Dns.Server> order = new ArrayList<>();
        for (Dns.Server server : usable) {
            if (server.settings().isFor(name)) {
                order.add(server);
            }
        }
        boolean fallback =
                !settings.disableFallback()
                        && (order.isEmpty() || !settings.disableFallbackIfMatch());
        for (Dns.Server server : usable) {
            if (fallback && !order.contains(server) && !server.settings().skipFallback()) {
                order.add(server);
            }
        }
        if (order.isEmpty() && !usable.isEmpty()) {
            // As Xray does where no server is there for a name.
            order.add(usable.getFirst());
        }
        for (int i = 0; i < order.size(); i++) {
            // What a made-up address hides, nobody else is asked.
            if (order.get(i).settings().finalQuery() || order.get(i).settings().isFake()) {
                return new ArrayList<>(order.subList(0, i + 1));
            }
        }
        return order;
    }

    private static List<Dns.Server> before(String name, List<Dns.Server> all) {
        for (int i = 0; i < all.size(); i++) {
            if (name.equals(all.get(i).own())) {
                return all.subList(0, i);
            }
        }
        return all;
    }

    /** Servers that are asked at once; one by one unless that is wanted of equal ones in a row. */
    static List<List<Dns.Server>> groups(List<Dns.Server> order, boolean parallel) {
        List<List<Dns.Server>> groups = new ArrayList<>();
        for (Dns.Server server : order) {
            List<Dns.Server> last = groups.isEmpty() ? List.of() : groups.getLast();
            boolean joins =
                    parallel
                            && !last.isEmpty()
                            && last.getFirst()
                                    .settings()
                                    .alikeness()
                                    .equals(server.settings().alikeness());
            if (joins) {
                last.add(server);
            } else {
                groups.add(new ArrayList<>(List.of(server)));
            }
        }
        return groups;
    }

    /** The reply with the addresses that may be taken from this server; null if there are none. */
    static @Nullable DnsReply fitting(DnsSettings.Server server, DnsReply reply) {
        List<InetAddress> addresses = reply.addresses();
        if (addresses.isEmpty()) {
            return reply;
        }
        addresses = those(addresses, server.expected(), true, server.isExpectedPreferred());
        addresses = those(addresses, server.unexpected(), false, server.isUnexpectedDeferred());
        return addresses.isEmpty() ? null : reply.with(addresses);
    }

    private static List<InetAddress> those(
            List<InetAddress> addresses, @Nullable IpSet set, boolean within, boolean soft) {
        if (set == null) {
            return addresses;
        }
        List<InetAddress> left =
                addresses.stream().filter(address -> set.contains(address) == within).toList();
        return left.isEmpty() && soft ? addresses : left;
    }
}
