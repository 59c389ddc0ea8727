package io.culvert.cli;

import java.net.InetAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Hides the end of every IP address in a line of a log, as Xray's {@code maskAddress} does, so that
 * the log can be shown to others.
 *
 * @param bits4 how many bits of an IPv4 address stay, a multiple of 8
 * @param bits6 the same of an IPv6 address, a multiple of 16
 */
record AddressMask(int bits4, int bits6) {
    /** Hides nothing. */
    static final AddressMask NONE = new AddressMask(32, 128);

    /** For messages. */
    static final String CHOICE = "quarter, half, full or lengths such as /16+/32";

    private static final Pattern LENGTHS = Pattern.compile("(?:/?(\\d{1,3}))?(?:\\+/?(\\d{1,3}))?");
    private static final Pattern IPV4 =
            Pattern.compile("(?<![\\w.])(\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3})(?![\\w.])");
    private static final Pattern IPV6 =
            Pattern.compile("(?<![\\w:.])((?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F.]{0,15})(?:%\\w+)?");

    /** The mask of that name; null when there is none. */
    static @Nullable AddressMask named(String name) {
        return switch (name) {
            case "" -> NONE;
            case "quarter" -> new AddressMask(8, 16);
            case "half" -> new AddressMask(16, 32);
            case "full" -> new AddressMask(0, 0);
            default -> ofLengths(name);
        };
    }

    /** What isn't given hides everything, as in Xray. */
    private static @Nullable AddressMask ofLengths(String text) {
        Matcher lengths = LENGTHS.matcher(text);
        if (!lengths.matches()) {
            return null;
        }
        int bits4 = lengths.group(1) == null ? 0 : Integer.parseInt(lengths.group(1));
        int bits6 = lengths.group(2) == null ? 0 : Integer.parseInt(lengths.group(2));
        boolean whole = bits4 <= 32 && bits4 % 8 == 0 && bits6 <= 128 && bits6 % 16 == 0;
        return whole ? new AddressMask(bits4, bits6) : null;
    }

    /** The line with its addresses masked. */
    String apply(String line) {
        if (equals(NONE)) {
            return line;
        }
        String masked =
                IPV4.matcher(line).replaceAll(m -> Matcher.quoteReplacement(ipv4(m.group(1))));
        return masked.indexOf(':') < 0
                ? masked
                : IPV6.matcher(masked)
                        .replaceAll(m -> Matcher.quoteReplacement(ipv6(m.group(1), m.group())));
    }

    private String ipv4(String address) {
        if (bits4 == 0) {
            return "[Masked IPv4]";
        }
        String[] parts = address.split("\\.", -1);
        for (int i = bits4 / 8; i < parts.length; i++) {
            parts[i] = "*";
        }
        return String.join(".", parts);
    }

    /** What only looks like an address, say a time of day, stays as it is. */
    private String ipv6(String address, String found) {
        byte[] bytes;
        try {
            bytes = InetAddress.ofLiteral(address).getAddress();
        } catch (IllegalArgumentException e) {
            return found;
        }
        if (bits6 == 0) {
            // In brackets mostly, which the line has already.
            return "Masked IPv6";
        }
        if (bits6 == 128) {
            return found;
        }
        StringBuilder shown = new StringBuilder();
        for (int i = 0; i < bits6 / 8; i += 2) {
            shown.append(Integer.toHexString((bytes[i] & 0xff) << 8 | (bytes[i + 1] & 0xff)))
                    .append(':');
        }
        return shown.append(":/").append(bits6).toString();
    }
}
