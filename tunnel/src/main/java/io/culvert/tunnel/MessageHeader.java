package io.culvert.tunnel;

import static io.culvert.tunnel.LinuxConstants.IPPROTO_IP;
import static io.culvert.tunnel.LinuxConstants.IPPROTO_IPV6;
import static io.culvert.tunnel.LinuxConstants.IPV6_PKTINFO;
import static io.culvert.tunnel.LinuxConstants.IPV6_RECVORIGDSTADDR;
import static io.culvert.tunnel.LinuxConstants.IPV6_TCLASS;
import static io.culvert.tunnel.LinuxConstants.IP_PKTINFO;
import static io.culvert.tunnel.LinuxConstants.IP_RECVORIGDSTADDR;
import static io.culvert.tunnel.LinuxConstants.IP_TOS;
import static io.culvert.tunnel.LinuxConstants.SOL_UDP;
import static io.culvert.tunnel.LinuxConstants.UDP_GRO;
import static io.culvert.tunnel.LinuxConstants.UDP_SEGMENT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A {@code struct msghdr} with one {@code iovec} or two, a place for an address and one for control
 * messages, laid out as on 64-bit Linux.
 *
 * <pre>
 * msghdr   name(8) namelen(4) pad(4) iov(8) iovlen(8) control(8) controllen(8) flags(4) pad(4)
 * iovec    base(8) len(8)
 * cmsghdr  len(8) level(4) type(4) data…, each padded to 8
 * </pre>
 */
final class MessageHeader {
    private static final int NAME = 0;
    private static final int NAME_LENGTH = 8;
    private static final int IOV = 16;
    private static final int IOV_COUNT = 24;
    private static final int CONTROL = 32;
    private static final int CONTROL_LENGTH = 40;
    private static final int FLAGS = 48;
    static final int SIZE = 56;

    private static final int NAME_CAPACITY = 32;
    private static final int IOV_BASE = 0;
    private static final int IOV_LENGTH = 8;
    private static final int IOV_SIZE = 16;

    private static final int CMSG_LENGTH = 0;
    private static final int CMSG_LEVEL = 8;
    private static final int CMSG_TYPE = 12;
    private static final int CMSG_DATA = 16;
    private static final int CONTROL_CAPACITY = 128;

    // in_pktinfo   interface(4) spec_dst(4) addr(4)
    // in6_pktinfo  addr(16) interface(4)
    private static final int PKTINFO_SPEC_DST = 4;
    private static final int PKTINFO_SIZE = 12;
    private static final int PKTINFO6_INTERFACE = 16;
    private static final int PKTINFO6_SIZE = 20;

    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    final MemorySegment header;
    final MemorySegment name;

    /** The header's {@code namelen}, as {@code getsockname} wants it. */
    final MemorySegment nameLength;

    private final MemorySegment iov;
    private final MemorySegment control;
    private final boolean ipv6;
    private int groSegmentSize;
    private int trafficClass;
    private int interfaceIndex;
    private long localHigh;
    private long localLow;
    private @Nullable MemorySegment originalDestination;

    MessageHeader(Arena arena, boolean ipv6) {
        this(arena, ipv6, arena.allocate(SIZE, 8), 1);
    }

    /**
     * @param header {@link #SIZE} bytes
     * @param pieces of memory that a message lies in
     */
    MessageHeader(Arena arena, boolean ipv6, MemorySegment header, int pieces) {
        this.ipv6 = ipv6;
        this.header = header;
        name = arena.allocate(NAME_CAPACITY, 8);
        nameLength = header.asSlice(NAME_LENGTH, 4);
        iov = arena.allocate((long) pieces * IOV_SIZE, 8);
        control = arena.allocate(CONTROL_CAPACITY, 8);
        header.set(LONG, NAME, name.address());
        header.set(LONG, IOV, iov.address());
        header.set(LONG, IOV_COUNT, pieces);
        header.set(LONG, CONTROL, control.address());
    }

    void resetName() {
        header.set(INT, NAME_LENGTH, (int) name.byteSize());
    }

    void prepareReceive(MemorySegment slab) {
        prepareReceive(slab.address(), slab.byteSize());
    }

    private void prepareReceive(long address, long length) {
        resetName();
        iov.set(LONG, IOV_BASE, address);
        iov.set(LONG, IOV_LENGTH, length);
        header.set(LONG, CONTROL_LENGTH, CONTROL_CAPACITY);
        header.set(INT, FLAGS, 0);
    }

    /** Has the first bytes of what arrives lie in one piece of memory, the rest in another. */
    void prepareReceive(long address, long length, long restAddress, long restLength) {
        prepareReceive(address, length);
        iov.set(LONG, IOV_SIZE + IOV_BASE, restAddress);
        iov.set(LONG, IOV_SIZE + IOV_LENGTH, restLength);
    }

    int flags() {
        return header.get(INT, FLAGS);
    }

    /** As {@link #readControl}; returns who sent it. */
    @Nullable InetSocketAddress readSource(SocketAddresses addresses) {
        readControl();
        return addresses.decode(name, localHigh, localLow, interfaceIndex);
    }

    /** Reads what the kernel said about what was just received. */
    void readControl() {
        groSegmentSize = 0;
        trafficClass = 0;
        interfaceIndex = 0;
        localHigh = 0;
        localLow = 0;
        originalDestination = null;
        long end = header.get(LONG, CONTROL_LENGTH);
        long at = 0;
        while (at + CMSG_DATA <= end) {
            long length = control.get(LONG, at + CMSG_LENGTH);
            if (length < CMSG_DATA || at + length > end) {
                return;
            }
            readMessage(at);
            at += (length + 7) & -8;
        }
    }

    private void readMessage(long at) {
        int level = control.get(INT, at + CMSG_LEVEL);
        int type = control.get(INT, at + CMSG_TYPE);
        long data = at + CMSG_DATA;
        if (level == SOL_UDP && type == UDP_GRO) {
            groSegmentSize = control.get(INT, data);
        } else if (level == IPPROTO_IP && type == IP_TOS) {
            trafficClass = control.get(BYTE, data) & 0xff; // one byte, unlike when sending
        } else if (level == IPPROTO_IPV6 && type == IPV6_TCLASS) {
            trafficClass = control.get(INT, data);
        } else if (level == IPPROTO_IP && type == IP_PKTINFO) {
            interfaceIndex = control.get(INT, data);
            localHigh = control.get(INT, data + PKTINFO_SPEC_DST) & 0xffffffffL;
        } else if (level == IPPROTO_IPV6 && type == IPV6_PKTINFO) {
            localHigh = control.get(LONG, data);
            localLow = control.get(LONG, data + 8);
            interfaceIndex = control.get(INT, data + PKTINFO6_INTERFACE);
        } else if ((level == IPPROTO_IP && type == IP_RECVORIGDSTADDR)
                || (level == IPPROTO_IPV6 && type == IPV6_RECVORIGDSTADDR)) {
            originalDestination = control.asSlice(data);
        }
    }

    /** The segment size that the kernel reported for a coalesced train; 0 for a single datagram. */
    int groSegmentSize() {
        return groSegmentSize;
    }

    /** DSCP and ECN of the packets that brought them; 0 when the kernel didn't say. */
    int trafficClass() {
        return trafficClass;
    }

    /** Where it was to go before netfilter, as a {@code sockaddr}; null when nobody asked. */
    @Nullable MemorySegment originalDestination() {
        return originalDestination;
    }

    /**
     * Copies where a message goes.
     *
     * @param length bytes of the {@code sockaddr}, which may be of any family
     */
    void name(MemorySegment address, int length) {
        MemorySegment.copy(address, 0, name, 0, length);
        header.set(INT, NAME_LENGTH, length);
    }

    /**
     * Points at what is to be sent.
     *
     * @param segmentSize 0 sends one datagram
     * @param from where it is to leave from; null leaves that to routing
     * @param trafficClass DSCP and ECN of its packets; 0 leaves that to the socket
     */
    void prepareSend(
            long address,
            int length,
            int segmentSize,
            @Nullable PathAddress from,
            int trafficClass) {
        iov.set(LONG, IOV_BASE, address);
        iov.set(LONG, IOV_LENGTH, length);
        long used = from == null ? 0 : writeSource(from);
        if (trafficClass != 0) {
            begin(used, ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, ipv6 ? IPV6_TCLASS : IP_TOS, 4);
            control.set(INT, used + CMSG_DATA, trafficClass);
            used += CMSG_DATA + 8;
        }
        if (segmentSize != 0) {
            begin(used, SOL_UDP, UDP_SEGMENT, 2);
            control.set(SHORT, used + CMSG_DATA, (short) segmentSize);
            used += CMSG_DATA + 8;
        }
        header.set(LONG, CONTROL_LENGTH, used);
    }

    private long writeSource(PathAddress from) {
        if (SocketAddresses.isIpv6(from)) {
            begin(0, IPPROTO_IPV6, IPV6_PKTINFO, PKTINFO6_SIZE);
            control.set(LONG, CMSG_DATA, from.localHigh);
            control.set(LONG, CMSG_DATA + 8, from.localLow);
            control.set(INT, CMSG_DATA + PKTINFO6_INTERFACE, from.interfaceIndex);
            return CMSG_DATA + 24;
        }
        begin(0, IPPROTO_IP, IP_PKTINFO, PKTINFO_SIZE);
        control.set(INT, CMSG_DATA, from.interfaceIndex);
        control.set(INT, CMSG_DATA + PKTINFO_SPEC_DST, (int) from.localHigh);
        control.set(INT, CMSG_DATA + 8, 0);
        return CMSG_DATA + 16;
    }

    private void begin(long at, int level, int type, int dataLength) {
        control.set(LONG, at + CMSG_LENGTH, CMSG_DATA + dataLength);
        control.set(INT, at + CMSG_LEVEL, level);
        control.set(INT, at + CMSG_TYPE, type);
    }
}
