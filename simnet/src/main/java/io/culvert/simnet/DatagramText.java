package io.culvert.simnet;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A datagram in words, for the text of a trace: WireGuard messages, and IP packets where no tunnel
 * hides them.
 */
final class DatagramText {
    private static final int ICMP = 1;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int ICMP6 = 58;

    private DatagramText() {}

    static String of(byte[] data, int length) {
        if (length < 20) {
            return "?";
        }
        return switch (data[0] >>> 4) {
            case 0 -> message(ByteBuffer.wrap(data, 0, length).order(ByteOrder.LITTLE_ENDIAN));
            case 4 -> ip(data, length, 12, 4, (data[0] & 15) * 4, data[9]);
            case 6 -> length < 40 ? "?" : ip(data, length, 8, 16, 40, data[6]);
            default -> "?";
        };
    }

    private static String message(ByteBuffer b) {
        return switch (b.get(0)) {
            case 1 -> "initiation from " + hex(b.getInt(4));
            case 2 -> "response from " + hex(b.getInt(4)) + " to " + hex(b.getInt(8));
            case 3 -> "cookie to " + hex(b.getInt(4));
            case 4 ->
                    (b.limit() == 32 ? "keepalive" : "data")
                            + " to "
                            + hex(b.getInt(4))
                            + " counter "
                            + b.getLong(8);
            default -> "?";
        };
    }

    private static String hex(int index) {
        return String.format("%08x", index);
    }

    private static String ip(
            byte[] d, int length, int addresses, int size, int header, int protocol) {
        String from = address(d, addresses, size);
        String to = address(d, addresses + size, size);
        ByteBuffer b = ByteBuffer.wrap(d, 0, length);
        if (protocol == TCP && header + 20 <= length) {
            return tcp(b, header, from, to);
        }
        if (protocol == UDP && header + 8 <= length) {
            return "udp " + from + ":" + port(b, header) + " > " + to + ":" + port(b, header + 2);
        }
        if ((protocol == ICMP || protocol == ICMP6) && header + 2 <= length) {
            return "icmp "
                    + from
                    + " > "
                    + to
                    + " type "
                    + (d[header] & 255)
                    + " code "
                    + d[header + 1];
        }
        return "protocol " + (protocol & 255) + " " + from + " > " + to;
    }

    private static String tcp(ByteBuffer b, int at, String from, String to) {
        int flags = b.get(at + 13);
        int dataOffset = (b.get(at + 12) >>> 4 & 15) * 4;
        StringBuilder s = new StringBuilder("tcp ");
        s.append(from)
                .append(':')
                .append(port(b, at))
                .append(" > ")
                .append(to)
                .append(':')
                .append(port(b, at + 2));
        s.append(' ');
        String names = "FSRPAUEC";
        for (int i = 0; i < names.length(); i++) {
            if ((flags & 1 << i) != 0) {
                s.append(names.charAt(i));
            }
        }
        s.append(" seq ").append(Integer.toUnsignedString(b.getInt(at + 4)));
        s.append(" len ").append(b.limit() - at - dataOffset);
        if ((flags & 16) != 0) {
            s.append(" ack ").append(Integer.toUnsignedString(b.getInt(at + 8)));
        }
        s.append(" win ").append(port(b, at + 14));
        options(b, at + 20, Math.min(at + dataOffset, b.limit()), s);
        return s.toString();
    }

    private static void options(ByteBuffer b, int from, int to, StringBuilder s) {
        int i = from;
        while (i + 1 < to && b.get(i) != 0) {
            if (b.get(i) == 1) {
                i++;
                continue;
            }
            int size = b.get(i + 1);
            if (size < 2 || i + size > to) {
                return;
            }
            if (b.get(i) == 2 && size == 4) {
                s.append(" mss ").append(port(b, i + 2));
            } else if (b.get(i) == 3 && size == 3) {
                s.append(" ws ").append(b.get(i + 2));
            } else if (b.get(i) == 5) {
                sack(b, i + 2, i + size, s);
            } else if (b.get(i) == 8 && size == 10) {
                s.append(" ts ").append(Integer.toUnsignedString(b.getInt(i + 2)));
                s.append(':').append(Integer.toUnsignedString(b.getInt(i + 6)));
            }
            i += size;
        }
    }

    private static void sack(ByteBuffer b, int from, int to, StringBuilder s) {
        s.append(" sack");
        for (int i = from; i + 8 <= to; i += 8) {
            s.append(' ').append(Integer.toUnsignedString(b.getInt(i)));
            s.append('-').append(Integer.toUnsignedString(b.getInt(i + 4)));
        }
    }

    private static int port(ByteBuffer b, int at) {
        return b.getShort(at) & 0xFFFF;
    }

    private static String address(byte[] d, int at, int size) {
        try {
            return InetAddress.getByAddress(Arrays.copyOfRange(d, at, at + size)).getHostAddress();
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }
}
