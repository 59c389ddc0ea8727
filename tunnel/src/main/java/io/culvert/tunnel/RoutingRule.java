package io.culvert.tunnel;

import io.culvert.wireguard.Cidr;
import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * A rule of policy routing ({@code ip rule}), of {@code <linux/fib_rules.h>}.
 *
 * @param priority rules are asked in this order
 * @param table whose routes count if it matches
 * @param from the packet's source; null for any
 * @param interfaceName the interface that the socket is bound to; null for any
 * @param fwmark the packet's mark; 0 doesn't ask
 * @param inverted it matches what it otherwise wouldn't
 * @param suppressPrefix routes whose prefix isn't longer don't count; -1 for none
 * @param udpPort the UDP port that a packet comes from; 0 for any
 * @param protocol who made it
 * @param detached the interface is gone
 */
record RoutingRule(
        boolean ipv6,
        int priority,
        int table,
        @Nullable Cidr from,
        @Nullable String interfaceName,
        int fwmark,
        boolean inverted,
        int suppressPrefix,
        int udpPort,
        int protocol,
        boolean detached) {
    /** Ours, as {@code ip rule} shows it: a number that no {@code rt_protos} has. */
    static final int PROTOCOL = 113;

    static final int MAIN_TABLE = 254;

    static final int NEW = 32;
    static final int DELETE = 33;
    static final int GET = 34;

    private static final int TO_TABLE = 1;
    private static final int INVERT = 2;
    private static final int DETACHED = 0x10;
    private static final int FIXED = 12;
    private static final int FLAGS = 8;
    private static final int COMPATIBLE_TABLE = 252;

    private static final int FRA_SRC = 2;
    private static final int FRA_PRIORITY = 6;
    private static final int FRA_FWMARK = 10;
    private static final int FRA_SUPPRESS_PREFIXLEN = 14;
    private static final int FRA_TABLE = 15;
    private static final int FRA_OIFNAME = 17;
    private static final int FRA_PROTOCOL = 21;
    private static final int FRA_IP_PROTO = 22;
    private static final int FRA_SPORT_RANGE = 23;
    private static final int UDP = 17;

    private static RoutingRule ours(
            boolean ipv6,
            int priority,
            int table,
            @Nullable Cidr from,
            @Nullable String interfaceName,
            int fwmark,
            int suppressPrefix,
            int udpPort) {
        return new RoutingRule(
                ipv6,
                priority,
                table,
                from,
                interfaceName,
                fwmark,
                fwmark != 0,
                suppressPrefix,
                udpPort,
                PROTOCOL,
                false);
    }

    /** What comes from an address of ours goes by that table. */
    static RoutingRule from(InetAddress address, int priority, int table) {
        Cidr host = new Cidr(address, address.getAddress().length * Byte.SIZE);
        return ours(isIpv6(address), priority, table, host, null, 0, -1, 0);
    }

    /** What a socket sends that is bound to the interface goes by that table. */
    static RoutingRule boundTo(boolean ipv6, String interfaceName, int priority, int table) {
        return ours(ipv6, priority, table, null, interfaceName, 0, -1, 0);
    }

    /** What doesn't have the mark goes by the table. */
    static RoutingRule unmarked(boolean ipv6, int mark, int priority, int table) {
        return ours(ipv6, priority, table, null, null, mark, -1, 0);
    }

    /** The main table counts, but for its default route. */
    static RoutingRule mainWithoutDefault(boolean ipv6, int priority) {
        return ours(ipv6, priority, MAIN_TABLE, null, null, 0, 0, 0);
    }

    /**
     * What leaves our own port goes by the main table. It is asked for what arrives there as well,
     * by strict reverse path filtering (RFC 3704), which doesn't know the mark.
     */
    static RoutingRule fromPort(int udpPort, int priority) {
        return ours(false, priority, MAIN_TABLE, null, null, 0, -1, udpPort);
    }

    static boolean isIpv6(InetAddress address) {
        return address.getAddress().length == 16;
    }

    /** As a request to make it. */
    NetlinkMessage create() {
        NetlinkMessage m = message(NEW, NetlinkMessage.CREATE | NetlinkMessage.EXCL);
        if (from != null) {
            m.put(FRA_SRC, from.address());
        }
        if (interfaceName != null) {
            m.put(FRA_OIFNAME, interfaceName);
        }
        if (fwmark != 0) {
            m.put(FRA_FWMARK, fwmark);
        }
        if (suppressPrefix >= 0) {
            m.put(FRA_SUPPRESS_PREFIXLEN, suppressPrefix);
        }
        if (udpPort != 0) {
            m.put(FRA_IP_PROTO, new byte[] {UDP});
            m.put(FRA_SPORT_RANGE, udpPort << 16 | udpPort); // two shorts, the same ones
        }
        return m;
    }

    /** As a request to take it away. */
    NetlinkMessage delete() {
        NetlinkMessage m = message(DELETE, 0);
        if (from != null) {
            m.put(FRA_SRC, from.address());
        }
        if (interfaceName != null) {
            m.put(FRA_OIFNAME, interfaceName);
        }
        return m;
    }

    private NetlinkMessage message(int type, int flags) {
        byte[] fixed =
                NetlinkMessage.family(
                        ipv6,
                        0,
                        from == null ? 0 : from.prefixLength(),
                        0,
                        table < 256 ? table : COMPATIBLE_TABLE,
                        0,
                        0,
                        TO_TABLE);
        if (inverted) {
            fixed[FLAGS] = INVERT; // of four bytes; both machines are little-endian
        }
        return NetlinkMessage.request(type, flags | NetlinkMessage.ACK, fixed)
                .put(FRA_PRIORITY, priority)
                .put(FRA_TABLE, table)
                .put(FRA_PROTOCOL, new byte[] {(byte) protocol});
    }

    /** A request for all rules of a family. */
    static NetlinkMessage list(boolean ipv6) {
        return NetlinkMessage.request(GET, NetlinkMessage.DUMP, NetlinkMessage.family(ipv6, 0, 0));
    }

    /** What the kernel says of a rule. */
    static RoutingRule decode(NetlinkMessage m) {
        InetAddress source = m.address(FIXED, FRA_SRC);
        int flags = m.fixedInt(FLAGS);
        return new RoutingRule(
                m.fixed(0) == LinuxConstants.AF_INET6,
                m.integer(FIXED, FRA_PRIORITY, 0),
                m.integer(FIXED, FRA_TABLE, m.fixed(4)),
                source == null ? null : new Cidr(source, m.fixed(2)),
                m.text(FIXED, FRA_OIFNAME),
                m.integer(FIXED, FRA_FWMARK, 0),
                (flags & INVERT) != 0,
                m.integer(FIXED, FRA_SUPPRESS_PREFIXLEN, -1),
                m.integer(FIXED, FRA_SPORT_RANGE, 0) & 0xffff,
                m.integer(FIXED, FRA_PROTOCOL, 0),
                (flags & DETACHED) != 0);
    }
}
