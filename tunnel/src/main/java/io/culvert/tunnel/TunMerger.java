package io.culvert.tunnel;

import static io.culvert.tunnel.TunHeaders.*;

import io.culvert.netstack.Checksum;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Joins the packets of a train that go to the kernel, flow by flow, so that it takes each run in
 * one piece (as a network adapter's GRO). What it can't join goes as it is, in its flow's order.
 */
final class TunMerger {
    /** Takes what is to be written to the device. */
    interface Writer {
        /**
         * Writes.
         *
         * @param iov {@code count} pieces, the first begins with a {@link VirtioNetHeader}
         */
        void write(MemorySegment iov, int count, int bytes);
    }

    /** What a packet looks like that can be joined. */
    static final class Shape {
        boolean ipv6;
        boolean tcp;
        int transport;
        int headers;
        int payload;
        int pseudoHeader;
    }

    /** Flows whose packets may alternate in a train. */
    private static final int FLOWS = 8;

    private final TunAggregate[] open = new TunAggregate[FLOWS];
    private final Shape shape = new Shape();
    private final boolean datagrams;
    private final Writer writer;
    private final MemorySegment plainIov;
    private int victim;

    /**
     * A merger with nothing in it.
     *
     * @param datagrams whether the kernel takes UDP that it has to cut (Linux 6.2)
     */
    TunMerger(Arena arena, boolean datagrams, Writer writer) {
        this.datagrams = datagrams;
        this.writer = writer;
        for (int i = 0; i < FLOWS; i++) {
            open[i] = new TunAggregate(arena);
        }
        MemorySegment none = arena.allocate(VirtioNetHeader.SIZE, 8);
        plainIov = arena.allocate(32, 8);
        plainIov.set(ValueLayout.JAVA_LONG, 0, none.address());
        plainIov.set(ValueLayout.JAVA_LONG, 8, VirtioNetHeader.SIZE);
    }

    /** Takes a packet, which has to stay where it is until {@link #flush}. */
    void add(MemorySegment m, long ip, int length) {
        if (!joinable(m, ip, length)) {
            flush(); // whatever flow it is of, it must not overtake
            addPlain(m, ip, length);
            return;
        }
        TunAggregate free = null;
        for (TunAggregate aggregate : open) {
            if (aggregate.isEmpty()) {
                free = free == null ? aggregate : free;
            } else if (aggregate.isSameFlow(m, ip, shape)) {
                if (!aggregate.join(m, ip, shape)) {
                    write(aggregate);
                    aggregate.begin(m, ip, shape);
                }
                return;
            }
        }
        if (free == null) {
            free = open[victim];
            victim = (victim + 1) % FLOWS;
            write(free);
        }
        free.begin(m, ip, shape);
    }

    /** Hands a packet on as it is. */
    void addPlain(MemorySegment m, long ip, int length) {
        plainIov.set(ValueLayout.JAVA_LONG, 16, m.address() + ip);
        plainIov.set(ValueLayout.JAVA_LONG, 24, length);
        writer.write(plainIov, 2, length);
    }

    /** Hands everything on. */
    void flush() {
        for (TunAggregate aggregate : open) {
            if (!aggregate.isEmpty()) {
                write(aggregate);
            }
        }
    }

    private void write(TunAggregate aggregate) {
        aggregate.finish();
        writer.write(aggregate.iov, aggregate.pieces(), aggregate.size());
        aggregate.clear();
    }

    /**
     * Whether a packet has payload, nothing unusual about it, and a right checksum: what is joined
     * is never looked at again, so a wrong one must stay for the kernel to see.
     */
    private boolean joinable(MemorySegment m, long ip, int length) {
        if (length < IPV4_HEADER + UDP_HEADER) {
            return false;
        }
        int protocol;
        if (version(m, ip) == 4) {
            shape.ipv6 = false;
            shape.transport = IPV4_HEADER;
            protocol = u8(m, ip + IP4_PROTOCOL);
            int fragment = u16(m, ip + IP4_FRAGMENT);
            if (u8(m, ip) != 0x45
                    || u16(m, ip + IP4_LENGTH) != length
                    || (fragment & ~DONT_FRAGMENT) != 0
                    || Checksum.sum(m, ip, IPV4_HEADER) != 0xffff) {
                return false;
            }
        } else {
            shape.ipv6 = true;
            shape.transport = IPV6_HEADER;
            protocol = u8(m, ip + IP6_NEXT);
            if (length < IPV6_HEADER + UDP_HEADER
                    || version(m, ip) != 6
                    || u16(m, ip + IP6_LENGTH) != length - IPV6_HEADER) {
                return false;
            }
        }
        shape.tcp = protocol == TCP;
        return (shape.tcp ? segment(m, ip, length) : protocol == UDP && datagram(m, ip, length))
                && isIntact(m, ip, length, protocol);
    }

    private boolean segment(MemorySegment m, long ip, int length) {
        long header = ip + shape.transport;
        if (length < shape.transport + TCP_HEADER) {
            return false;
        }
        int headerLength = (u8(m, header + TCP_OFFSET) >>> 4) * 4;
        shape.headers = shape.transport + headerLength;
        shape.payload = length - shape.headers;
        int flags = u8(m, header + TCP_FLAGS);
        return headerLength >= TCP_HEADER
                && shape.payload > 0
                && (flags == ACK || flags == (ACK | PSH));
    }

    private boolean datagram(MemorySegment m, long ip, int length) {
        long header = ip + shape.transport;
        shape.headers = shape.transport + UDP_HEADER;
        shape.payload = length - shape.headers;
        return datagrams
                && shape.payload > 0
                && u16(m, header + UDP_LENGTH) == length - shape.transport
                && u16(m, header + UDP_CHECKSUM) != 0;
    }

    private boolean isIntact(MemorySegment m, long ip, int length, int protocol) {
        shape.pseudoHeader = pseudoHeader(m, ip, shape.ipv6, protocol);
        int size = length - shape.transport;
        int sum = Checksum.add(shape.pseudoHeader, size);
        return Checksum.add(sum, Checksum.sum(m, ip + shape.transport, size)) == 0xffff;
    }
}
