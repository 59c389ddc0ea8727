package io.culvert.wireguard;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;

/**
 * A prefix of IPv4 or IPv6 addresses. Bits behind the prefix are masked away, so equal prefixes are
 * equal records.
 *
 * @param address first address of the range
 * @param prefixLength 0..32 or 0..128
 */
public record Cidr(InetAddress address, int prefixLength) {
    private static final int IPV4_BITS = 32;
    private static final int IPV6_BITS = 128;

    /** Length of ::ffff:0:0/96, under which IPv6 maps IPv4 (RFC 4291, section 2.5.5.2). */
    private static final int MAPPED_PREFIX = IPV6_BITS - IPV4_BITS;

    /** 10.0.0.010: to Java the tenth address, to C the eighth. */
    private static final Pattern OCTAL = Pattern.compile("\\.0\\d|(^|:)0\\d+\\.");

    /**
     * @throws IllegalArgumentException if the prefix is longer than an address
     */
    public Cidr {
        byte[] bytes = address.getAddress();
        if (prefixLength < 0 || prefixLength > bytes.length * Byte.SIZE) {
            throw new IllegalArgumentException(
                    "prefix length "
                            + prefixLength
                            + " is not within 0.."
                            + bytes.length * Byte.SIZE);
        }
        for (int i = 0; i < bytes.length; i++) {
            int kept = Math.clamp(prefixLength - i * Byte.SIZE, 0, Byte.SIZE);
            bytes[i] &= (byte) (0xff00 >> kept);
        }
        address = fromBytes(bytes);
    }

    /**
     * Reads {@code 10.0.0.0/8}, {@code fd00::/8}, or an address alone, which is the host prefix.
     * Names are not resolved. IPv4-mapped IPv6 text becomes the IPv4 prefix it stands for.
     *
     * @throws IllegalArgumentException if the text is anything else
     */
    public static Cidr parse(String text) {
        int slash = text.indexOf('/');
        String host = slash < 0 ? text : text.substring(0, slash);
        boolean ipv6 = host.indexOf(':') >= 0;
        InetAddress address = parseAddress(text, host, ipv6);
        boolean mapped = ipv6 && address instanceof Inet4Address;
        int length =
                slash < 0
                        ? (ipv6 ? IPV6_BITS : IPV4_BITS)
                        : parseLength(text, text.substring(slash + 1));
        if (mapped && length < MAPPED_PREFIX) {
            throw malformed(text);
        }
        try {
            return new Cidr(address, mapped ? length - MAPPED_PREFIX : length);
        } catch (IllegalArgumentException tooLong) {
            throw new IllegalArgumentException('"' + text + "\": " + tooLong.getMessage(), tooLong);
        }
    }

    /** Tells whether the prefix covers an address; one of the other family is never covered. */
    public boolean contains(InetAddress candidate) {
        return candidate.getAddress().length == address.getAddress().length
                && new Cidr(candidate, prefixLength).address.equals(address);
    }

    boolean isIpv4() {
        return address instanceof Inet4Address;
    }

    @Override
    public String toString() {
        return address.getHostAddress() + '/' + prefixLength;
    }

    private static InetAddress parseAddress(String text, String host, boolean ipv6) {
        // ofLiteral also reads 10.1 and, with a scope, the interfaces of this machine
        boolean plain =
                ipv6
                        ? host.indexOf('%') < 0 && host.indexOf('[') < 0
                        : host.chars().filter(c -> c == '.').count() == 3;
        if (!plain || OCTAL.matcher(host).find()) {
            throw malformed(text);
        }
        try {
            return InetAddress.ofLiteral(host);
        } catch (IllegalArgumentException notAnAddress) {
            throw malformed(text);
        }
    }

    private static int parseLength(String text, String digits) {
        if (digits.isEmpty()
                || digits.length() > 3
                || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw malformed(text);
        }
        return Integer.parseInt(digits);
    }

    private static IllegalArgumentException malformed(String text) {
        return new IllegalArgumentException(
                '"' + text + "\" is not an address prefix such as 10.0.0.0/8 or fd00::/8");
    }

    private static InetAddress fromBytes(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException impossible) {
            throw new AssertionError("4 or 16 bytes are an address", impossible);
        }
    }
}
