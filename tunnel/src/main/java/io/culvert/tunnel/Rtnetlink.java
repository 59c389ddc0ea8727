package io.culvert.tunnel;

import static io.culvert.tunnel.LinuxConstants.*;

import io.culvert.wireguard.Cidr;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The kernel's interface for links, addresses, routes and rules ({@code rtnetlink(7)}). Each call
 * waits for the kernel's answer, which takes no longer than the work itself. One thread.
 */
final class Rtnetlink implements AutoCloseable {
    private static final int NETLINK_ROUTE = 0;

    // <linux/rtnetlink.h>
    private static final int RTM_NEWLINK = 16;
    private static final int RTM_GETLINK = 18;
    private static final int RTM_NEWADDR = 20;
    private static final int RTM_NEWROUTE = 24;
    private static final int RTM_DELROUTE = 25;
    private static final int RTM_GETROUTE = 26;

    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_MTU = 4;
    private static final int LINK_FIXED = 16;
    private static final int IFF_UP = 1;

    private static final int IFA_ADDRESS = 1;
    private static final int IFA_LOCAL = 2;
    private static final int IFA_F_NODAD = 2;

    private static final int RTA_DST = 1;
    private static final int RTA_OIF = 4;
    private static final int RTA_PRIORITY = 6;
    private static final int RTA_METRICS = 8;
    private static final int RTA_TABLE = 15;
    private static final int RTAX_MTU = 2;
    private static final int ROUTE_FIXED = 12;
    private static final int PROTOCOL_BOOT = 3;
    private static final int SCOPE_LINK = 253;
    private static final int UNICAST = 1;
    private static final int UNREACHABLE = 7;

    /** As far behind all other routes as can be. */
    private static final int LAST = 0xffff_fffe;

    /** More than the kernel puts into one datagram. */
    private static final int DATAGRAM = 65536;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment capture = LinuxCalls.newCapture(arena);
    private final MessageHeader header = new MessageHeader(arena, false);
    private final MemorySegment buffer = arena.allocate(DATAGRAM, 8);
    private final MemorySegment kernel = arena.allocate(12, 4);
    private final int fd;
    private int sequence;

    private Rtnetlink() throws IOException {
        fd = LinuxCalls.socket(capture, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
        if (fd < 0) {
            IOException failure = failure("open a netlink socket", LinuxCalls.errno(capture));
            arena.close();
            throw failure;
        }
        kernel.set(ValueLayout.JAVA_SHORT, 0, (short) AF_NETLINK);
    }

    static Rtnetlink open() throws IOException {
        String reason = UdpTransportChoice.reasonAgainstNative();
        if (reason != null) {
            throw new IOException(reason);
        }
        return new Rtnetlink();
    }

    private static IOException failure(String what, int errno) {
        return new NetlinkException("cannot " + what + ": " + LinuxCalls.describe(errno), errno);
    }

    /** What the kernel refused. */
    static final class NetlinkException extends IOException {
        private static final long serialVersionUID = 1;
        final int errno;

        NetlinkException(String message, int errno) {
            super(message);
            this.errno = errno;
        }
    }

    /** The number of an interface; 0 if there is none of that name. */
    int linkIndex(String name) throws IOException {
        NetlinkMessage get =
                NetlinkMessage.request(RTM_GETLINK, 0, new byte[LINK_FIXED]).put(IFLA_IFNAME, name);
        try {
            return ask("look for " + name, get).getFirst().fixedInt(4);
        } catch (NetlinkException e) {
            if (e.errno == ENODEV) {
                return 0;
            }
            throw e;
        }
    }

    /** Sets the size of packets, and puts the interface up. */
    void linkUp(int index, int mtu) throws IOException {
        NetlinkMessage up =
                NetlinkMessage.request(RTM_NEWLINK, NetlinkMessage.ACK, link(index, IFF_UP))
                        .put(IFLA_MTU, mtu);
        ask("put the interface up", up);
    }

    /** {@code ifinfomsg family(1) pad(1) type(2) index(4) flags(4) change(4)}. */
    private static byte[] link(int index, int flags) {
        return ByteBuffer.allocate(LINK_FIXED)
                .order(ByteOrder.nativeOrder())
                .putInt(4, index)
                .putInt(8, flags)
                .putInt(12, flags)
                .array();
    }

    /** Gives an interface an address. */
    void address(int index, InetAddress address, int prefixLength) throws IOException {
        boolean ipv6 = RoutingRule.isIpv6(address);
        byte[] fixed =
                ByteBuffer.allocate(8)
                        .order(ByteOrder.nativeOrder())
                        .put(0, (byte) (ipv6 ? AF_INET6 : AF_INET))
                        .put(1, (byte) prefixLength)
                        .put(2, (byte) (ipv6 ? IFA_F_NODAD : 0))
                        .putInt(4, index)
                        .array();
        int flags = NetlinkMessage.ACK | NetlinkMessage.CREATE | NetlinkMessage.EXCL;
        NetlinkMessage add = NetlinkMessage.request(RTM_NEWADDR, flags, fixed);
        add.put(IFA_LOCAL, address).put(IFA_ADDRESS, address);
        ask("add the address " + address.getHostAddress(), add);
    }

    /**
     * Adds a route by an interface; it may be there already.
     *
     * @throws IOException also where another interface has the route
     */
    void route(int index, Cidr to, int table) throws IOException {
        boolean ipv6 = RoutingRule.isIpv6(to.address());
        byte[] fixed =
                NetlinkMessage.family(
                        ipv6,
                        to.prefixLength(),
                        0,
                        0,
                        table < 256 ? table : 0,
                        PROTOCOL_BOOT,
                        ipv6 ? 0 : SCOPE_LINK,
                        UNICAST);
        int flags = NetlinkMessage.ACK | NetlinkMessage.CREATE | NetlinkMessage.EXCL;
        NetlinkMessage add = NetlinkMessage.request(RTM_NEWROUTE, flags, fixed);
        add.put(RTA_DST, to.address()).put(RTA_OIF, index).put(RTA_TABLE, table);
        try {
            ask("add a route to " + to, add);
        } catch (NetlinkException e) {
            if (e.errno != EEXIST || !isRouted(index, to, table)) {
                throw e;
            }
        }
    }

    private boolean isRouted(int index, Cidr to, int table) throws IOException {
        for (NetlinkMessage route : routes(RoutingRule.isIpv6(to.address()), table)) {
            if (route.fixed(1) == to.prefixLength()
                    && route.integer(ROUTE_FIXED, RTA_OIF, 0) == index
                    && to.address().equals(route.address(ROUTE_FIXED, RTA_DST))) {
                return true;
            }
        }
        return false;
    }

    /**
     * Adds a route to nowhere behind all others of a table: what the others don't take, or don't
     * take any more, is refused.
     */
    void guard(boolean ipv6, int table) throws IOException {
        int flags = NetlinkMessage.ACK | NetlinkMessage.CREATE | NetlinkMessage.EXCL;
        ask("add a route to nowhere", guard(RTM_NEWROUTE, flags, ipv6, table));
    }

    /** Takes the route to nowhere away; there may be none. */
    void unguard(boolean ipv6, int table) throws IOException {
        try {
            ask("delete a route", guard(RTM_DELROUTE, NetlinkMessage.ACK, ipv6, table));
        } catch (NetlinkException e) {
            if (e.errno != ENOENT && e.errno != ESRCH && e.errno != EAFNOSUPPORT) {
                throw e;
            }
        }
    }

    private static NetlinkMessage guard(int type, int flags, boolean ipv6, int table) {
        byte[] fixed =
                NetlinkMessage.family(
                        ipv6,
                        0,
                        0,
                        0,
                        table < 256 ? table : 0,
                        RoutingRule.PROTOCOL,
                        0,
                        UNREACHABLE);
        return NetlinkMessage.request(type, flags, fixed)
                .put(RTA_TABLE, table)
                .put(RTA_PRIORITY, LAST);
    }

    /** Whether a table has a route of that family. */
    boolean hasRoutes(boolean ipv6, int table) throws IOException {
        return !routes(ipv6, table).isEmpty();
    }

    private List<NetlinkMessage> routes(boolean ipv6, int table) throws IOException {
        NetlinkMessage list =
                NetlinkMessage.request(
                        RTM_GETROUTE, NetlinkMessage.DUMP, NetlinkMessage.family(ipv6, 0, 0));
        return ask("list routes", list).stream()
                .filter(r -> r.integer(ROUTE_FIXED, RTA_TABLE, r.fixed(4)) == table)
                .toList();
    }

    /**
     * The size of packets on the way to an address: the route's, or else the interface's; 0 if
     * none.
     */
    int mtuTowards(InetAddress address) throws IOException {
        boolean ipv6 = RoutingRule.isIpv6(address);
        byte[] fixed = NetlinkMessage.family(ipv6, ipv6 ? 128 : 32, 0);
        NetlinkMessage get = NetlinkMessage.request(RTM_GETROUTE, 0, fixed).put(RTA_DST, address);
        NetlinkMessage route;
        try {
            route = ask("ask for a route", get).getFirst();
        } catch (NetlinkException _) {
            return 0; // there is none
        }
        byte[] metrics = route.attribute(ROUTE_FIXED, RTA_METRICS);
        int mtu =
                metrics == null
                        ? 0
                        : NetlinkMessage.integer(NetlinkMessage.nested(metrics, RTAX_MTU), 0);
        int index = route.integer(ROUTE_FIXED, RTA_OIF, 0);
        return mtu != 0 || index == 0 ? mtu : linkMtu(index);
    }

    private int linkMtu(int index) throws IOException {
        NetlinkMessage get = NetlinkMessage.request(RTM_GETLINK, 0, link(index, 0));
        return ask("ask for an interface", get).getFirst().integer(LINK_FIXED, IFLA_MTU, 0);
    }

    /** All rules of a family. */
    List<RoutingRule> rules(boolean ipv6) throws IOException {
        return ask("list the rules", RoutingRule.list(ipv6)).stream()
                .filter(m -> m.type() == RoutingRule.NEW)
                .map(RoutingRule::decode)
                .toList();
    }

    void add(RoutingRule rule) throws IOException {
        ask("add a routing rule", rule.create());
    }

    /** Takes a rule away; there may be none. */
    void delete(RoutingRule rule) throws IOException {
        try {
            ask("delete a routing rule", rule.delete());
        } catch (NetlinkException e) {
            if (e.errno != ENOENT && e.errno != ESRCH && e.errno != EAFNOSUPPORT) {
                throw e;
            }
        }
    }

    /** The messages of the answer, without what ends it. */
    private List<NetlinkMessage> ask(String what, NetlinkMessage request) throws IOException {
        byte[] message = request.encode(++sequence);
        MemorySegment.copy(message, 0, buffer, ValueLayout.JAVA_BYTE, 0, message.length);
        header.name(kernel, 12);
        header.prepareSend(buffer.address(), message.length, 0, null, 0);
        if (LinuxCalls.sendmsg(capture, fd, header.header, 0) < 0) {
            throw failure(what, LinuxCalls.errno(capture));
        }
        List<NetlinkMessage> answer = new ArrayList<>();
        while (true) {
            for (NetlinkMessage part : receive(what)) {
                if (part.sequence() != sequence) {
                    continue;
                }
                boolean end = part.type() == NetlinkMessage.ERROR;
                if (end && part.errno() != 0) {
                    throw failure(what, part.errno());
                }
                if (!end && part.type() != NetlinkMessage.DONE) {
                    answer.add(part);
                }
                if (end || part.type() == NetlinkMessage.DONE || isWhole(message)) {
                    return answer;
                }
            }
        }
    }

    /** Neither a list nor to be acknowledged: the answer is one message. */
    private static boolean isWhole(byte[] request) {
        int flags = ByteBuffer.wrap(request).order(ByteOrder.nativeOrder()).getShort(6);
        return (flags & (NetlinkMessage.ACK | NetlinkMessage.DUMP)) == 0;
    }

    private List<NetlinkMessage> receive(String what) throws IOException {
        header.prepareReceive(buffer);
        long n = LinuxCalls.recvmsg(capture, fd, header.header, 0);
        if (n < 0) {
            throw failure(what, LinuxCalls.errno(capture));
        }
        return NetlinkMessage.decode(buffer.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE));
    }

    @Override
    public void close() {
        LinuxCalls.close(capture, fd);
        arena.close();
    }
}
