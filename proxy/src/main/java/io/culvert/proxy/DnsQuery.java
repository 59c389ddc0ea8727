package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.dns.DefaultDnsOptEcsRecord;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DnsRecordEncoder;
import io.netty.handler.codec.dns.DnsRecordType;
import java.net.IDN;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A question for the addresses of a name (RFC 1035 section 4.1.2).
 *
 * @param name as {@link #ascii} has it
 * @param type {@link DnsRecordType#A} or {@link DnsRecordType#AAAA}
 * @param subnet whose network the answer should suit (RFC 7871); null = the server's own guess
 */
record DnsQuery(String name, DnsRecordType type, @Nullable InetAddress subnet) {
    private static final int MAX_LABEL = 63;

    /** Recursion desired. */
    private static final int FLAGS = 0x0100;

    /** What RFC 7871 section 11.1 recommends to tell at most. */
    private static final int IPV4_PREFIX = 24;

    private static final int IPV6_PREFIX = 56;

    /** What the path carries without fragments, as of DNS flag day 2020. */
    private static final int UDP_PAYLOAD = 1232;

    /**
     * A name as it travels: ASCII, lower case, without the dot of the root; null if it can't.
     *
     * @param text in any script
     */
    static @Nullable String ascii(String text) {
        String name;
        try {
            name = DomainSet.canonical(isAscii(text) ? text : IDN.toASCII(text));
        } catch (IllegalArgumentException e) {
            return null;
        }
        if (name.isEmpty() || name.length() > Destination.MAX_NAME || !isAscii(name)) {
            return null;
        }
        int label = 0;
        for (int i = 0; i < name.length(); i++) {
            label = name.charAt(i) == '.' ? 0 : label + 1;
            boolean endsEmpty = label == 0 && (i == 0 || name.charAt(i - 1) == '.');
            if (label > MAX_LABEL || endsEmpty) {
                return null;
            }
        }
        return label == 0 ? null : name.toLowerCase(Locale.ROOT);
    }

    private static boolean isAscii(String text) {
        return text.chars().allMatch(c -> c > ' ' && c < 0x7f);
    }

    /**
     * The message that asks.
     *
     * @param id 0 to 65535
     */
    ByteBuf encode(ByteBufAllocator allocator, int id) {
        ByteBuf out = allocator.buffer();
        out.writeShort(id).writeShort(FLAGS).writeShort(1).writeInt(0);
        InetAddress near = subnet;
        out.writeShort(near == null ? 0 : 1);
        try {
            DnsRecordEncoder.DEFAULT.encodeQuestion(new DefaultDnsQuestion(name, type), out);
            if (near != null) {
                int prefix = near instanceof Inet4Address ? IPV4_PREFIX : IPV6_PREFIX;
                DnsRecordEncoder.DEFAULT.encodeRecord(
                        new DefaultDnsOptEcsRecord(UDP_PAYLOAD, prefix, near.getAddress()), out);
            }
        } catch (Exception e) {
            out.release();
            throw new IllegalStateException("a name that can't be asked for: " + name, e);
        }
        return out;
    }
}
