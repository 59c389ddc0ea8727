package io.culvert.proxy;

import io.culvert.wireguard.Cidr;
import java.net.InetAddress;
import java.util.List;
import java.util.Locale;

/**
 * A set of addresses as routing rules write it: {@code 10.0.0.0/8}, {@code 2001:db8::1}, {@code
 * geoip:nl}, {@code ext:FILE:LIST}, each possibly negated by a leading {@code !} ({@code geoip:!nl}
 * is the same). An address belongs to it if one of the plain entries has it, or if there are
 * negated entries and none of those has it. Immutable.
 */
final class IpSet {
    private static final String GEOIP = "geoip:";
    private static final String GEOIP_FILE = "geoip.dat";
    private static final String PRIVATE_CODE = "private";

    /** What {@code geoip:private} means: RFC 6890 and the multicast and reserved ranges. */
    private static final List<String> PRIVATE_PREFIXES =
            List.of(
                    "0.0.0.0/8",
                    "10.0.0.0/8",
                    "100.64.0.0/10",
                    "127.0.0.0/8",
                    "169.254.0.0/16",
                    "172.16.0.0/12",
                    "192.0.0.0/24",
                    "192.0.2.0/24",
                    "192.88.99.0/24",
                    "192.168.0.0/16",
                    "198.18.0.0/15",
                    "198.51.100.0/24",
                    "203.0.113.0/24",
                    "224.0.0.0/3",
                    "::/127",
                    "fc00::/7",
                    "fe80::/10",
                    "ff00::/8");

    static final IpSet PRIVATE = privateAddresses();

    private final IpRanges plain;
    private final IpRanges negated;

    private IpSet(IpRanges.Builder plain, IpRanges.Builder negated) {
        this.plain = plain.build();
        this.negated = negated.build();
    }

    /** Reads a list of entries; what can't be read is reported and left out. */
    static IpSet read(List<ConfigNode> entries, GeoFiles geo, Problems problems) {
        IpRanges.Builder plain = new IpRanges.Builder();
        IpRanges.Builder negated = new IpRanges.Builder();
        for (ConfigNode entry : entries) {
            String text = entry.string(problems, "").strip();
            boolean not = text.startsWith("!");
            String rest = not ? text.substring(1) : text;
            String lower = rest.toLowerCase(Locale.ROOT);
            String file = null;
            String code = "";
            if (lower.startsWith(GEOIP)) {
                file = GEOIP_FILE;
                code = lower.substring(GEOIP.length());
            } else if (lower.startsWith("ext:") || lower.startsWith("ext-ip:")) {
                int colon = rest.indexOf(':');
                int end = rest.lastIndexOf(':');
                if (end == colon) {
                    problems.error(entry, "must be ext:FILE:LIST, not \"" + text + "\"");
                    continue;
                }
                file = rest.substring(colon + 1, end);
                code = rest.substring(end + 1);
            }
            if (code.startsWith("!")) {
                not = !not;
                code = code.substring(1);
            }
            if (file == null) {
                addPrefix(entry, rest, not ? negated : plain, problems);
            } else if (file.equals(GEOIP_FILE) && code.equals(PRIVATE_CODE)) {
                addPrivate(not ? negated : plain);
            } else {
                GeoList list = geo.list(entry, file, code, problems);
                if (list != null) {
                    list.addTo(not ? negated : plain, not ? plain : negated, entry, problems);
                }
            }
        }
        return new IpSet(plain, negated);
    }

    private static void addPrefix(
            ConfigNode entry, String text, IpRanges.Builder to, Problems problems) {
        try {
            Cidr cidr = Cidr.parse(text);
            to.add(cidr.address().getAddress(), cidr.prefixLength());
        } catch (IllegalArgumentException e) {
            problems.error(
                    entry,
                    "\""
                            + entry.string(problems, "")
                            + "\" is not an address or prefix, such as 10.0.0.0/8, 2001:db8::1"
                            + " or geoip:private");
        }
    }

    private static void addPrivate(IpRanges.Builder to) {
        for (String text : PRIVATE_PREFIXES) {
            Cidr cidr = Cidr.parse(text);
            to.add(cidr.address().getAddress(), cidr.prefixLength());
        }
    }

    private static IpSet privateAddresses() {
        IpRanges.Builder plain = new IpRanges.Builder();
        addPrivate(plain);
        return new IpSet(plain, new IpRanges.Builder());
    }

    boolean contains(InetAddress address) {
        return plain.contains(address) || (!negated.isEmpty() && !negated.contains(address));
    }

    boolean isEmpty() {
        return plain.isEmpty() && negated.isEmpty();
    }
}
