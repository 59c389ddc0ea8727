package io.culvert.tunnel;

import static io.culvert.tunnel.TunHeaders.*;

import io.culvert.netstack.Checksum;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Packets of one flow that are going to the kernel as one: headers of our own, and pointers at the
 * payloads, which stay where they are. The kernel is told how to cut it again (GSO), so nothing of
 * the packets is lost; what wouldn't come out the same isn't joined.
 */
final class TunAggregate {
    /** The most segments that a train has. */
    private static final int MAX_SEGMENTS = UdpTransport.MAX_SEGMENTS;

    /** IPv4 without options, IPv6 without extensions, and the longest TCP header. */
    private static final int MAX_HEADERS = IPV6_HEADER + 60;

    private static final int MAX_PACKET = 65535;
    private static final int IOVEC = 16;

    /** {@code base(8) len(8)} of each piece, the first of which is the headers. */
    final MemorySegment iov;

    private final MemorySegment head;
    private int pieces;
    private boolean ipv6;
    private boolean tcp;
    private int transport;
    private int headers;
    private int segment;
    private int payload;
    private int pseudoHeader;
    private boolean complete;

    TunAggregate(Arena arena) {
        iov = arena.allocate((long) IOVEC * (1 + MAX_SEGMENTS), 8);
        head = arena.allocate(VirtioNetHeader.SIZE + MAX_HEADERS, 8);
    }

    boolean isEmpty() {
        return pieces == 0;
    }

    int pieces() {
        return pieces;
    }

    /** Bytes of the packet that it is by now. */
    int size() {
        return headers + payload;
    }

    void clear() {
        pieces = 0;
    }

    /** Begins with a packet that {@link TunMerger} found joinable. */
    void begin(MemorySegment m, long ip, TunMerger.Shape shape) {
        ipv6 = shape.ipv6;
        tcp = shape.tcp;
        transport = shape.transport;
        headers = shape.headers;
        segment = shape.payload;
        pseudoHeader = shape.pseudoHeader;
        payload = shape.payload;
        pieces = 2;
        complete = tcp && (u8(m, ip + transport + TCP_FLAGS) & PSH) != 0;
        MemorySegment.copy(m, ip, head, VirtioNetHeader.SIZE, headers);
        piece(0, head.address(), VirtioNetHeader.SIZE + headers);
        piece(1, m.address() + ip + headers, payload);
    }

    /** Whether the packet is of this flow: if it can't be joined, this has to go first. */
    boolean isSameFlow(MemorySegment m, long ip, TunMerger.Shape shape) {
        long addresses = ipv6 ? IP6_ADDRESSES : IP4_ADDRESSES;
        long bytes = ipv6 ? 32 : 8;
        return shape.ipv6 == ipv6
                && shape.tcp == tcp
                && equal(m, ip + shape.transport, transport, 4)
                && equal(m, ip + addresses, addresses, bytes);
    }

    /** Joins a packet of the same flow, if that can be undone exactly. */
    boolean join(MemorySegment m, long ip, TunMerger.Shape shape) {
        if (complete
                || pieces > MAX_SEGMENTS
                || shape.headers != headers
                || shape.payload > segment
                || headers + payload + shape.payload > MAX_PACKET
                || !follows(m, ip)) {
            return false;
        }
        piece(pieces++, m.address() + ip + headers, shape.payload);
        payload += shape.payload;
        complete = shape.payload < segment;
        if (tcp && (u8(m, ip + transport + TCP_FLAGS) & PSH) != 0) {
            complete = true;
            int flags = VirtioNetHeader.SIZE + transport + TCP_FLAGS;
            u8(head, flags, u8(head, flags) | PSH);
        }
        return true;
    }

    private boolean follows(MemorySegment m, long ip) {
        if (ipv6) {
            // All but the length: class, flow label, hop limit and addresses.
            if (!equal(m, ip, 0, IP6_LENGTH) || !equal(m, ip + IP6_NEXT, IP6_NEXT, 34)) {
                return false;
            }
        } else if (!follows4(m, ip)) {
            return false;
        }
        if (!tcp) {
            return true;
        }
        long here = ip + transport;
        int first = VirtioNetHeader.SIZE + transport;
        int options = headers - transport - TCP_HEADER;
        return i32(m, here + TCP_SEQUENCE) == i32(head, first + TCP_SEQUENCE) + payload
                && equal(m, here + 8, transport + 8, 5)
                && (u8(m, here + TCP_FLAGS) & ~PSH) == (u8(head, first + TCP_FLAGS) & ~PSH)
                && equal(m, here + 14, transport + 14, 2)
                && equal(m, here + 18, transport + 18, 2L + options);
    }

    /** Type of service, fragmentation, time to live; the identification counts up, or is unused. */
    private boolean follows4(MemorySegment m, long ip) {
        if (!equal(m, ip, 0, 2)
                || !equal(m, ip + IP4_FRAGMENT, IP4_FRAGMENT, 4)
                || !equal(m, ip + IP4_ADDRESSES, IP4_ADDRESSES, 8)) {
            return false;
        }
        int first = u16(head, VirtioNetHeader.SIZE + IP4_ID);
        return (u16(m, ip + IP4_FRAGMENT) & DONT_FRAGMENT) != 0
                || u16(m, ip + IP4_ID) == (first + pieces - 1 & 0xffff);
    }

    private boolean equal(MemorySegment m, long at, long inHead, long bytes) {
        long there = VirtioNetHeader.SIZE + inHead;
        return MemorySegment.mismatch(m, at, at + bytes, head, there, there + bytes) < 0;
    }

    /** Completes the headers; {@link #pieces} of {@link #iov} are what is to be written. */
    void finish() {
        if (pieces == 2) {
            VirtioNetHeader.writeNone(head, 0);
            return;
        }
        long ip = VirtioNetHeader.SIZE;
        length(head, ip, ipv6, size());
        int transportLength = size() - transport;
        int field = tcp ? TCP_CHECKSUM : UDP_CHECKSUM;
        if (!tcp) {
            u16(head, ip + transport + UDP_LENGTH, transportLength);
        }
        u16(head, ip + transport + field, Checksum.add(pseudoHeader, transportLength));
        int type =
                !tcp
                        ? VirtioNetHeader.GSO_UDP_L4
                        : ipv6 ? VirtioNetHeader.GSO_TCPV6 : VirtioNetHeader.GSO_TCPV4;
        VirtioNetHeader.writeGso(head, 0, type, headers, segment, transport, field);
    }

    private void piece(int index, long address, int length) {
        iov.set(ValueLayout.JAVA_LONG, (long) index * IOVEC, address);
        iov.set(ValueLayout.JAVA_LONG, (long) index * IOVEC + 8, length);
    }
}
