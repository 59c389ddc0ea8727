package io.culvert.proxy;

import io.netty.handler.codec.dns.DnsRecordType;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Names that the file itself knows ({@code dns.hosts}), and the system's if asked for. Immutable.
 */
final class DnsHosts {

    /** As long as Xray says. */
    private static final long TTL_SECONDS = 10;

    /** Names of names that are followed. */
    private static final int MAX_ALIASES = 5;

    /**
     * What stands for a name.
     *
     * @param alias asked for instead; null = none
     * @param code an RCODE to answer with; 0 = none
     */
    record Entry(List<InetAddress> addresses, @Nullable String alias, int code) {}

    private record Pattern(DomainSet domains, Entry entry) {}

    private final Map<String, Entry> names;
    private final Map<String, Entry> below;
    private final List<Pattern> patterns;
    private final Map<String, List<InetAddress>> system;

    private DnsHosts(
            Map<String, Entry> names,
            Map<String, Entry> below,
            List<Pattern> patterns,
            Map<String, List<InetAddress>> system) {
        this.names = Map.copyOf(names);
        this.below = Map.copyOf(below);
        this.patterns = List.copyOf(patterns);
        this.system = Map.copyOf(system);
    }

    /** The same names with the system's own behind them. */
    DnsHosts with(Map<String, List<InetAddress>> others) {
        return new DnsHosts(names, below, patterns, others);
    }

    /**
     * What a name stands for.
     *
     * @param reply null if servers have to be asked
     * @param name to ask them for
     */
    record Found(@Nullable DnsReply reply, String name) {}

    /** Looks a name up, through aliases. */
    Found find(String name, Collection<DnsRecordType> types) {
        String asked = name;
        for (int i = 0; i < MAX_ALIASES; i++) {
            Entry entry = entry(asked);
            if (entry == null) {
                return new Found(null, asked);
            }
            String alias = entry.alias();
            if (alias == null) {
                DnsReply reply =
                        entry.code() != 0
                                ? new DnsReply(entry.code(), false, List.of(), TTL_SECONDS)
                                : DnsReply.of(ofTypes(entry.addresses(), types), TTL_SECONDS);
                return new Found(reply, asked);
            }
            asked = alias;
        }
        return new Found(DnsReply.none(), asked);
    }

    private @Nullable Entry entry(String name) {
        Entry exact = names.get(name);
        if (exact != null) {
            return exact;
        }
        for (int from = 0; from >= 0 && !below.isEmpty(); ) {
            Entry entry = below.get(name.substring(from));
            if (entry != null) {
                return entry;
            }
            int dot = name.indexOf('.', from);
            from = dot < 0 ? -1 : dot + 1;
        }
        for (Pattern pattern : patterns) {
            if (pattern.domains().contains(name)) {
                return pattern.entry();
            }
        }
        List<InetAddress> known = system.get(name);
        return known == null ? null : new Entry(known, null, 0);
    }

    /** Those of the families that records of these types are for. */
    static List<InetAddress> ofTypes(List<InetAddress> addresses, Collection<DnsRecordType> types) {
        List<InetAddress> wanted = new ArrayList<>();
        for (InetAddress address : addresses) {
            boolean four = address instanceof Inet4Address;
            if (types.contains(four ? DnsRecordType.A : DnsRecordType.AAAA)) {
                wanted.add(address);
            }
        }
        return List.copyOf(wanted);
    }

    /** Collects names. */
    static final class Builder {
        private final Map<String, Entry> names = new HashMap<>();
        private final Map<String, Entry> below = new HashMap<>();
        private final List<Pattern> patterns = new ArrayList<>();

        /** A domain with all below it. */
        void addBelow(String domain, Entry entry) {
            below.put(DomainSet.canonical(domain), entry);
        }

        void add(String name, Entry entry) {
            names.put(DomainSet.canonical(name), entry);
        }

        void add(DomainSet domains, Entry entry) {
            patterns.add(new Pattern(domains, entry));
        }

        DnsHosts build() {
            return new DnsHosts(names, below, patterns, Map.of());
        }
    }
}
