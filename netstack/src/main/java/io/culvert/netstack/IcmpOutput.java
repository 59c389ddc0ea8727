package io.culvert.netstack;

import static io.culvert.netstack.IpHeader.INT;
import static io.culvert.netstack.IpHeader.LONG;
import static io.culvert.netstack.IpHeader.u16;
import static io.culvert.netstack.IpHeader.u8;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Writes ICMP messages (RFC 792, RFC 4443) into a bounded queue, within a rate. */
final class IcmpOutput {
    private static final int QUEUE_BYTES = 256 * 1024;

    /** Error messages are at most so long: RFC 1812 section 4.3.2.3, RFC 4443 section 3.1. */
    private static final int MAX_ERROR_V4 = 576;

    private static final int MAX_ERROR_V6 = 1280;

    /** Senders are told apart by a hash; all together may cause this many times as much as one. */
    private static final int SENDERS = 256;

    private static final int ALL_SENDERS = 4;

    /** Echo replies are as many as a diligent ping sends, not what a flood asks for. */
    private static final int ECHOS_PER_SECOND = 10_000;

    private static final int ECHO_BURST = 1_000;

    private final NetStack stack;
    private final Counters counters;
    private final SipHash hash;
    private final RecordQueue queue;
    private final FlowLabel label = new FlowLabel();
    private final RateLimit ofSender;
    private final RateLimit ofAll;
    private final RateLimit echos = new RateLimit(ECHOS_PER_SECOND, ECHO_BURST, SENDERS);
    private long errors;

    IcmpOutput(NetStack stack, SipHash hash) {
        this.stack = stack;
        this.hash = hash;
        counters = stack.counters;
        queue = new RecordQueue(stack.pool, QUEUE_BYTES);
        int rate = stack.config.icmpPerSecond();
        int burst = stack.config.icmpBurst();
        ofSender = new RateLimit(rate, burst, SENDERS);
        ofAll = new RateLimit(rate * ALL_SENDERS, burst * ALL_SENDERS, 1);
    }

    /** Of the last message. */
    FlowLabel label() {
        return label;
    }

    /** Messages that wait to be pulled; source and destination are in their records. */
    RecordQueue queue() {
        return queue;
    }

    /**
     * Answers a packet, given by its first bytes from the IP header on, with the ICMP error that
     * tells {@code how}; {@link Refusal#RESET} is port unreachable, {@link Refusal#SILENT} nothing.
     * The sender of the error is the packet's destination when {@code how} is RESET or the stack
     * has no own address of the family, else the stack's own address.
     *
     * @param original memory with the original packet's header and at least 8 bytes behind it
     */
    void unreachable(MemorySegment original, long offset, int length, Refusal how, long now) {
        boolean v6 = u8(original, offset) >>> 4 == 6;
        int type = v6 ? Icmp.V6_UNREACHABLE : Icmp.V4_UNREACHABLE;
        int code =
                switch (how) {
                    case RESET -> v6 ? Icmp.V6_PORT : Icmp.V4_PORT;
                    case HOST_UNREACHABLE -> v6 ? Icmp.V6_ADDRESS : Icmp.V4_HOST;
                    case NET_UNREACHABLE -> v6 ? Icmp.V6_NO_ROUTE : Icmp.V4_NET;
                    case PROHIBITED -> v6 ? Icmp.V6_PROHIBITED : Icmp.V4_PROHIBITED;
                    case SILENT -> -1;
                };
        if (code >= 0) {
            boolean asDestination = how == Refusal.RESET;
            error(original, offset, length, type, code, 0, asDestination, now);
        }
    }

    /** The packet's port has nobody. */
    void portUnreachable(Packet p, long now) {
        unreachable(p.memory, p.offset, p.length, Refusal.RESET, now);
    }

    /** The packet's protocol isn't spoken here: RFC 1122 section 3.2.2.1, RFC 4443 section 3.4. */
    void protocolUnreachable(Packet p, long now) {
        if (p.v6) {
            parameterProblem(p, Icmp.V6_UNKNOWN_NEXT_HEADER, p.nextHeaderField, now);
        } else {
            error(p, Icmp.V4_UNREACHABLE, Icmp.V4_PROTOCOL, 0, now);
        }
    }

    /** ICMPv6 only. */
    void parameterProblem(Packet p, int code, int pointer, long now) {
        error(p, Icmp.V6_PARAMETER_PROBLEM, code, pointer, now);
    }

    void hopLimitExceeded(Packet p, long now) {
        error(p, p.v6 ? Icmp.V6_TIME_EXCEEDED : Icmp.V4_TIME_EXCEEDED, Icmp.HOP_LIMIT, 0, now);
    }

    void reassemblyTimeExceeded(MemorySegment original, long offset, int length, long now) {
        boolean v6 = u8(original, offset) >>> 4 == 6;
        int type = v6 ? Icmp.V6_TIME_EXCEEDED : Icmp.V4_TIME_EXCEEDED;
        error(original, offset, length, type, Icmp.REASSEMBLY, 0, false, now);
    }

    private void error(Packet p, int type, int code, int rest, long now) {
        error(p.memory, p.offset, p.length, type, code, rest, false, now);
    }

    private void error(
            MemorySegment original,
            long offset,
            int length,
            int type,
            int code,
            int rest,
            boolean asDestination,
            long now) {
        boolean v6 = u8(original, offset) >>> 4 == 6;
        long toHi = v6 ? original.get(LONG, offset + 8) : 0;
        long toLo =
                v6 ? original.get(LONG, offset + 16) : IpAddress.v4(original.get(INT, offset + 12));
        long fromHi = v6 ? original.get(LONG, offset + 24) : 0;
        long fromLo =
                v6 ? original.get(LONG, offset + 32) : IpAddress.v4(original.get(INT, offset + 16));
        if (!mayReport(original, offset, length, v6)
                || !IpAddress.isUnicast(toHi, toLo)
                || !IpAddress.isUnicast(fromHi, fromLo)) {
            return;
        }
        if (!asDestination
                && stack.addresses.has(v6)
                && !stack.addresses.contains(fromHi, fromLo)) {
            fromHi = stack.addresses.hi(v6);
            fromLo = stack.addresses.lo(v6);
        }
        long sender = hash.table(toHi, v6 ? 0 : toLo, 0);
        if (!ofSender.allow(sender, now) || !ofAll.allow(0, costOfOne(), now)) {
            counters.icmpOutRateLimited++;
            return;
        }
        int most = v6 ? MAX_ERROR_V6 - IpHeader.V6_LENGTH : MAX_ERROR_V4 - IpHeader.V4_LENGTH;
        int quoted = Math.min(length, most - Icmp.HEADER);
        if (!queue.reserve(Icmp.HEADER + quoted)) {
            counters.icmpOutDropped++;
            return;
        }
        MemorySegment m = queue.reservedMemory();
        long at = queue.reservedOffset();
        m.set(INT, at, type << 24 | code << 16);
        m.set(INT, at + 4, rest);
        MemorySegment.copy(original, offset, m, at + Icmp.HEADER, quoted);
        int protocol = v6 ? IpHeader.PROTOCOL_ICMP6 : IpHeader.PROTOCOL_ICMP;
        queue.commit(Icmp.HEADER + quoted, IpOutput.meta(protocol, 0), fromHi, fromLo, toHi, toLo);
        counters.icmpOutMsgs++;
    }

    /**
     * 0, 1 or 2, which nobody can foresee: else the limit of all would tell one host what others
     * were sent (CVE-2020-25705).
     */
    private int costOfOne() {
        return (int) Long.remainderUnsigned(hash.strong(errors++, 0, 2), 3);
    }

    /**
     * Never about an ICMP error, nor about a later fragment: RFC 1122 section 3.2.2, RFC 4443 2.4.
     */
    private static boolean mayReport(MemorySegment m, long offset, int length, boolean v6) {
        if (!v6) {
            int header = (u8(m, offset) & 15) * 4;
            if ((u16(m, offset + 6) & 0x1fff) != 0) {
                return false;
            }
            return u8(m, offset + 9) != IpHeader.PROTOCOL_ICMP
                    || (length > header && !Icmp.isError(false, u8(m, offset + header)));
        }
        int next = u8(m, offset + 6);
        int at = IpHeader.V6_LENGTH;
        while (next == Ipv6Extensions.HOP_BY_HOP
                || next == Ipv6Extensions.ROUTING
                || next == Ipv6Extensions.DESTINATION
                || next == Ipv6Extensions.FRAGMENT) {
            if (at + 8 > length) {
                return true;
            }
            boolean fragment = next == Ipv6Extensions.FRAGMENT;
            if (fragment && (u16(m, offset + at + 2) & 0xfff8) != 0) {
                return false;
            }
            next = u8(m, offset + at);
            at += fragment ? 8 : (u8(m, offset + at + 1) + 1) * 8;
        }
        return next != IpHeader.PROTOCOL_ICMP6
                || (length > at && !Icmp.isError(true, u8(m, offset + at)));
    }

    /**
     * Sends an echo request from the own address of the family.
     *
     * @return false if too much waits already, or memory is short
     */
    boolean echoRequest(boolean v6, long hi, long lo, int identifier, int number, byte[] data) {
        int length = Icmp.HEADER + data.length;
        if (!queue.reserve(length)) {
            counters.icmpOutDropped++;
            return false;
        }
        MemorySegment m = queue.reservedMemory();
        long at = queue.reservedOffset();
        m.set(INT, at, (v6 ? Icmp.V6_ECHO : Icmp.V4_ECHO) << 24);
        m.set(INT, at + 4, identifier << 16 | number);
        MemorySegment.copy(data, 0, m, ValueLayout.JAVA_BYTE, at + Icmp.HEADER, data.length);
        int protocol = v6 ? IpHeader.PROTOCOL_ICMP6 : IpHeader.PROTOCOL_ICMP;
        long fromHi = stack.addresses.hi(v6);
        queue.commit(length, IpOutput.meta(protocol, 0), fromHi, stack.addresses.lo(v6), hi, lo);
        counters.icmpOutMsgs++;
        return true;
    }

    /** Whether one more echo request of that host is answered. */
    boolean admitsEcho(Packet p, long now) {
        boolean admitted = echos.allow(hash.table(p.srcHi, p.v6 ? 0 : p.srcLo, 0), now);
        counters.icmpOutRateLimited += admitted ? 0 : 1;
        return admitted;
    }

    /** Answers an admitted echo request as the address that it was sent to. */
    void echoReply(Packet p) {
        if (!queue.reserve(p.transportLength)) {
            counters.icmpOutDropped++;
            return;
        }
        MemorySegment m = queue.reservedMemory();
        long at = queue.reservedOffset();
        MemorySegment.copy(p.memory, p.transportOffset, m, at, p.transportLength);
        m.set(INT, at, (p.v6 ? Icmp.V6_ECHO_REPLY : Icmp.V4_ECHO_REPLY) << 24);
        int protocol = p.v6 ? IpHeader.PROTOCOL_ICMP6 : IpHeader.PROTOCOL_ICMP;
        int meta = IpOutput.meta(protocol, p.trafficClass & ~3);
        queue.commit(p.transportLength, meta, p.dstHi, p.dstLo, p.srcHi, p.srcLo);
        counters.icmpInEchos++;
        counters.icmpOutMsgs++;
    }
}
