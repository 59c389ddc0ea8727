package io.culvert.tunnel;

import io.culvert.wireguard.Cidr;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;

/**
 * Addresses as {@code wg} reads and prints them: IPv6 in the canonical form of RFC 5952, an
 * endpoint as {@code 192.0.2.1:51820} or {@code [fe80::1%eth0]:51820}. Names are never looked up.
 */
final class AddressText {
    private static final int GROUPS = 8;
    private static final int MAX_PORT = 65535;

    private AddressText() {}

    /**
     * Reads an endpoint. An IPv4-mapped IPv6 address becomes the IPv4 address that it stands for:
     * the IPv6 socket doesn't reach it.
     *
     * @throws IllegalArgumentException with one sentence for anything else, or port 0
     */
    static InetSocketAddress endpoint(String text) {
        boolean bracketed = text.startsWith("[");
        int colon = text.lastIndexOf(':');
        int end = bracketed ? text.indexOf(']') : text.indexOf(':');
        if (end < 1 || (bracketed ? end + 1 : end) != colon) {
            throw malformed(text);
        }
        String host = text.substring(bracketed ? 1 : 0, end);
        if (host.contains("/") || bracketed != host.contains(":")) {
            throw malformed(text);
        }
        int port = number(text.substring(colon + 1), MAX_PORT);
        if (port <= 0) {
            throw malformed(text);
        }
        int percent = host.indexOf('%');
        return new InetSocketAddress(
                percent < 0
                        ? literal(host, text)
                        : scoped(
                                literal(host.substring(0, percent), text),
                                host.substring(percent + 1),
                                text),
                port);
    }

    private static InetAddress literal(String host, String text) {
        try {
            return Cidr.parse(host).address();
        } catch (IllegalArgumentException notAnAddress) {
            throw malformed(text);
        }
    }

    private static InetAddress scoped(InetAddress address, String zone, String text) {
        int scope = number(zone, Integer.MAX_VALUE);
        try {
            NetworkInterface named = scope < 0 ? NetworkInterface.getByName(zone) : null;
            int index = named == null ? scope : named.getIndex();
            if (!(address instanceof Inet6Address) || index <= 0) {
                throw new IllegalArgumentException(
                        "endpoint " + text + " names no network interface of this machine");
            }
            return Inet6Address.getByAddress(null, address.getAddress(), index);
        } catch (SocketException | UnknownHostException e) {
            throw new IllegalArgumentException("endpoint " + text + ": " + e.getMessage(), e);
        }
    }

    /** A decimal number of digits alone; -1 if it is none, or greater than {@code max}. */
    private static int number(String digits, int max) {
        long number = 0;
        for (int i = 0; i < digits.length(); i++) {
            int digit = digits.charAt(i) - '0';
            number = number * 10 + digit;
            if (digit < 0 || digit > 9 || number > max) {
                return -1;
            }
        }
        return digits.isEmpty() ? -1 : (int) number;
    }

    private static IllegalArgumentException malformed(String text) {
        return new IllegalArgumentException(
                "endpoint "
                        + text
                        + " is not an address with a port, such as 192.0.2.1:51820 or"
                        + " [2001:db8::1]:51820");
    }

    static void append(StringBuilder out, InetSocketAddress endpoint) {
        if (endpoint.getAddress() instanceof Inet6Address ipv6) {
            out.append('[');
            append(out, ipv6);
            if (ipv6.getScopeId() != 0) {
                out.append('%').append(zone(ipv6.getScopeId()));
            }
            out.append(']');
        } else {
            append(out, endpoint.getAddress());
        }
        out.append(':').append(endpoint.getPort());
    }

    static void append(StringBuilder out, Cidr prefix) {
        append(out, prefix.address());
        out.append('/').append(prefix.prefixLength());
    }

    /** Without a scope. */
    static void append(StringBuilder out, InetAddress address) {
        byte[] bytes = address.getAddress();
        if (bytes.length == Integer.BYTES) {
            for (int i = 0; i < bytes.length; i++) {
                out.append(i == 0 ? "" : ".").append(bytes[i] & 0xff);
            }
            return;
        }
        long zeros = longestZeros(bytes);
        int from = (int) (zeros >> 32);
        int count = (int) zeros;
        for (int i = 0; i < GROUPS; i++) {
            if (i == from && count > 1) {
                out.append("::");
                i += count - 1;
            } else {
                boolean afterGroup = i > 0 && (count < 2 || i != from + count);
                out.append(afterGroup ? ":" : "").append(Integer.toHexString(group(bytes, i)));
            }
        }
    }

    /**
     * The first of the longest runs of zero groups: where it begins, and in the low half its
     * length.
     */
    private static long longestZeros(byte[] bytes) {
        int from = 0;
        int count = 0;
        int run = 0;
        for (int i = 0; i < GROUPS; i++) {
            run = group(bytes, i) == 0 ? run + 1 : 0;
            if (run > count) {
                count = run;
                from = i - run + 1;
            }
        }
        return ((long) from << 32) | count;
    }

    private static int group(byte[] bytes, int i) {
        return ((bytes[2 * i] & 0xff) << 8) | (bytes[2 * i + 1] & 0xff);
    }

    private static String zone(int scope) {
        try {
            NetworkInterface named = NetworkInterface.getByIndex(scope);
            return named == null ? Integer.toString(scope) : named.getName();
        } catch (SocketException e) {
            return Integer.toString(scope);
        }
    }
}
