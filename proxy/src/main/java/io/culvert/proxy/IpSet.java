package io.culvert.proxy;

import io.culvert.wireguard.Cidr;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A set of addresses as routing rules write it: {@code 10.0.0.0/8}, {@code 2001:db8::1}, {@code
 * geoip:private}, each possibly negated by a leading {@code !} ({@code geoip:!private} is the
 * same). An address belongs to it if one of the plain entries has it, or if there are negated
 * entries and none of those has it.
 */
final class IpSet {

    private static final int IPV6_BYTES = 16;

    /** What {@code geoip:private} means: RFC 6890 and the multicast and reserved ranges. */
    static final IpSet PRIVATE =
            new IpSet(
                    prefixes(
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
                            "ff00::/8"),
                    List.of());

    private final List<Prefix> plain;
    private final List<Prefix> negated;

    private IpSet(List<Prefix> plain, List<Prefix> negated) {
        this.plain = plain;
        this.negated = negated;
    }

    /** Reads a list of entries; what can't be read is reported and left out. */
    static IpSet read(List<ConfigNode> entries, Problems problems) {
        List<Prefix> plain = new ArrayList<>();
        List<Prefix> negated = new ArrayList<>();
        for (ConfigNode entry : entries) {
            String text = entry.string(problems, "").strip();
            boolean not = text.startsWith("!");
            String rest = not ? text.substring(1) : text;
            if (rest.toLowerCase(Locale.ROOT).startsWith("geoip:!")) {
                not = !not;
                rest = "geoip:" + rest.substring("geoip:!".length());
            }
            if (rest.equalsIgnoreCase("geoip:private")) {
                (not ? negated : plain).addAll(PRIVATE.plain);
            } else if (rest.toLowerCase(Locale.ROOT).startsWith("geoip:")
                    || rest.toLowerCase(Locale.ROOT).startsWith("ext")) {
                problems.error(
                        entry,
                        "needs a list of addresses that Culvert can't read yet; of these only"
                                + " geoip:private is known");
            } else {
                try {
                    (not ? negated : plain).add(Prefix.of(Cidr.parse(rest)));
                } catch (IllegalArgumentException e) {
                    problems.error(
                            entry,
                            "\""
                                    + text
                                    + "\" is not an address or prefix, such as 10.0.0.0/8,"
                                    + " 2001:db8::1 or geoip:private");
                }
            }
        }
        return new IpSet(plain, negated);
    }

    boolean contains(InetAddress address) {
        byte[] bytes = address.getAddress();
        boolean ipv6 = bytes.length == IPV6_BYTES;
        long high = word(bytes, 0);
        long low = ipv6 ? word(bytes, Long.BYTES) : 0;
        return anyContains(plain, ipv6, high, low)
                || (!negated.isEmpty() && !anyContains(negated, ipv6, high, low));
    }

    boolean isEmpty() {
        return plain.isEmpty() && negated.isEmpty();
    }

    private static boolean anyContains(List<Prefix> prefixes, boolean ipv6, long high, long low) {
        for (int i = 0; i < prefixes.size(); i++) {
            if (prefixes.get(i).contains(ipv6, high, low)) {
                return true;
            }
        }
        return false;
    }

    /** Up to eight bytes from an index on, big-endian, filled up with zeros. */
    private static long word(byte[] bytes, int from) {
        long word = 0;
        for (int i = from; i < from + Long.BYTES; i++) {
            word = word << Byte.SIZE | (i < bytes.length ? bytes[i] & 0xff : 0);
        }
        return word;
    }

    private static List<Prefix> prefixes(String... texts) {
        List<Prefix> prefixes = new ArrayList<>();
        for (String text : texts) {
            prefixes.add(Prefix.of(Cidr.parse(text)));
        }
        return prefixes;
    }

    /** A prefix as two words, asked for each datagram. */
    private record Prefix(boolean ipv6, long high, long low, long highMask, long lowMask) {

        static Prefix of(Cidr cidr) {
            byte[] bytes = cidr.address().getAddress();
            boolean ipv6 = bytes.length == IPV6_BYTES;
            int length = cidr.prefixLength();
            return new Prefix(
                    ipv6,
                    word(bytes, 0),
                    ipv6 ? word(bytes, Long.BYTES) : 0,
                    mask(Math.min(length, Long.SIZE)),
                    mask(Math.max(length - Long.SIZE, 0)));
        }

        boolean contains(boolean ofIpv6, long ofHigh, long ofLow) {
            return ipv6 == ofIpv6 && (ofHigh & highMask) == high && (ofLow & lowMask) == low;
        }

        private static long mask(int bits) {
            return bits == 0 ? 0 : -1L << (Long.SIZE - bits);
        }
    }
}
