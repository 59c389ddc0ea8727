package io.culvert.netstack;

import static io.culvert.netstack.IpHeader.INT;
import static io.culvert.netstack.IpHeader.LONG;
import static io.culvert.netstack.IpHeader.u16;
import static io.culvert.netstack.IpHeader.u8;

import java.lang.foreign.MemorySegment;

/**
 * Checks what arrives (RFC 1122 section 3.2.1, RFC 8200), puts fragments together and hands whole
 * packets to their protocol.
 */
final class IpInput {
    /**
     * Loose and strict source route: a host drops them unanswered (RFC 7126 sections 4.3 and 4.4).
     */
    private static final int OPTION_LSRR = 131;

    private static final int OPTION_SSRR = 137;
    private static final int OPTION_END = 0;
    private static final int OPTION_NOP = 1;

    /** fe80::/10 stays on its link (RFC 4291 section 2.5.6). */
    private static final long LINK_LOCAL_MASK = 0xffc0L << 48;

    private static final long LINK_LOCAL = 0xfe80L << 48;

    private final NetStack stack;
    private final Counters counters;
    private final Packet packet = new Packet();
    private final Ipv6Extensions extensions;
    private final Reassembly reassembly;

    IpInput(NetStack stack, Reassembly reassembly) {
        this.stack = stack;
        this.reassembly = reassembly;
        counters = stack.counters;
        extensions = new Ipv6Extensions(stack);
    }

    void receive(MemorySegment m, long offset, int length, int peer, long now) {
        counters.ipInReceives++;
        counters.ipInOctets += length;
        Packet p = packet;
        p.memory = m;
        p.offset = offset;
        p.arrival = now;
        p.fragment = false;
        p.laterFragment = false;
        p.moreFragments = false;
        p.fragmentOffset = 0;
        p.reassembled = false;
        int version = length < IpHeader.V4_LENGTH ? 0 : u8(m, offset) >>> 4;
        boolean sound = version == 4 ? parseV4(p, length) : version == 6 && parseV6(p, length);
        if (!sound) {
            counters.ipInHdrErrors++;
            return;
        }
        if (!isPlausible(p)) {
            counters.ipInAddrErrors++;
            return;
        }
        p.party(peer);
        p.local = stack.addresses.contains(p.dstHi, p.dstLo);
        if (!p.local && stack.forwarder() == null) {
            counters.ipInNoRoutes++;
            return;
        }
        if (p.v6 && !extensions.walk(p, false, now)) {
            return;
        }
        if (!p.local && p.hopLimit <= 1 && stack.config.answerHopLimitExceeded()) {
            hopLimitExceeded(p, now);
            return;
        }
        if (p.fragment && !reassemble(p, now)) {
            return;
        }
        dispatch(p, now);
    }

    private static boolean parseV4(Packet p, int length) {
        MemorySegment m = p.memory;
        long at = p.offset;
        int word0 = m.get(INT, at);
        int header = (word0 >>> 24 & 15) * 4;
        int total = word0 & 0xffff;
        if (header < IpHeader.V4_LENGTH || total < header || total > length) {
            return false;
        }
        if (Checksum.sum(m, at, header) != 0xffff) {
            return false;
        }
        if (header > IpHeader.V4_LENGTH && !optionsAreHarmless(m, at, header)) {
            return false;
        }
        int word1 = m.get(INT, at + 4);
        int word2 = m.get(INT, at + 8);
        p.v6 = false;
        p.length = total;
        p.trafficClass = word0 >>> 16 & 0xff;
        p.fragmentId = word1 >>> 16;
        p.moreFragments = (word1 & 0x2000) != 0;
        p.fragmentOffset = (word1 & 0x1fff) << 3;
        p.fragment = p.moreFragments || p.fragmentOffset > 0;
        p.laterFragment = p.fragmentOffset > 0;
        p.hopLimit = word2 >>> 24;
        p.protocol = word2 >>> 16 & 0xff;
        p.srcHi = 0;
        p.srcLo = IpAddress.v4(m.get(INT, at + 12));
        p.dstHi = 0;
        p.dstLo = IpAddress.v4(m.get(INT, at + 16));
        p.transportOffset = at + header;
        p.transportLength = total - header;
        return true;
    }

    private static boolean optionsAreHarmless(MemorySegment m, long offset, int header) {
        int at = IpHeader.V4_LENGTH;
        while (at < header) {
            int type = u8(m, offset + at);
            if (type == OPTION_END) {
                return true;
            }
            if (type == OPTION_NOP) {
                at++;
                continue;
            }
            int size = at + 1 < header ? u8(m, offset + at + 1) : 0;
            if (size < 2 || at + size > header || type == OPTION_LSRR || type == OPTION_SSRR) {
                return false;
            }
            at += size;
        }
        return true;
    }

    private static boolean parseV6(Packet p, int length) {
        MemorySegment m = p.memory;
        long at = p.offset;
        if (length < IpHeader.V6_LENGTH) {
            return false;
        }
        int payload = u16(m, at + 4);
        int next = u8(m, at + 6);
        boolean jumbogram = payload == 0 && next == Ipv6Extensions.HOP_BY_HOP;
        if (payload > length - IpHeader.V6_LENGTH || jumbogram) {
            return false;
        }
        p.v6 = true;
        p.length = IpHeader.V6_LENGTH + payload;
        p.trafficClass = m.get(INT, at) >>> 20 & 0xff;
        p.hopLimit = u8(m, at + 7);
        p.protocol = next;
        p.nextHeaderField = 6;
        p.srcHi = m.get(LONG, at + 8);
        p.srcLo = m.get(LONG, at + 16);
        p.dstHi = m.get(LONG, at + 24);
        p.dstLo = m.get(LONG, at + 32);
        p.transportOffset = at + IpHeader.V6_LENGTH;
        p.transportLength = payload;
        return true;
    }

    /** Source and destination name one host each, not the same, and the source isn't this one. */
    private boolean isPlausible(Packet p) {
        if (!IpAddress.isUnicast(p.srcHi, p.srcLo) || !IpAddress.isUnicast(p.dstHi, p.dstLo)) {
            return false;
        }
        if (p.srcLo == p.dstLo && p.srcHi == p.dstHi) {
            return false;
        }
        if (p.v6 && (IpAddress.isV4(p.srcHi, p.srcLo) || IpAddress.isV4(p.dstHi, p.dstLo))) {
            return false;
        }
        if (stack.addresses.contains(p.srcHi, p.srcLo)) {
            return false;
        }
        return (p.dstHi & LINK_LOCAL_MASK) != LINK_LOCAL
                || stack.addresses.contains(p.dstHi, p.dstLo);
    }

    private void hopLimitExceeded(Packet p, long now) {
        counters.ipInHopLimitExceeded++;
        if (!p.laterFragment) {
            stack.icmp.hopLimitExceeded(p, now);
        }
    }

    private boolean reassemble(Packet p, long now) {
        counters.ipReasmReqds++;
        if (!p.laterFragment && !startsWithWholeHeaders(p, now)) {
            counters.ipInHdrErrors++;
            return false;
        }
        return reassembly.add(p, now) && (!p.v6 || extensions.walk(p, true, now));
    }

    /**
     * The first fragment must hold all headers, else filters can be passed by overlapping or
     * splitting them (RFC 1858, RFC 7112).
     */
    private boolean startsWithWholeHeaders(Packet p, long now) {
        int protocol = p.protocol;
        long at = p.transportOffset;
        int length = p.transportLength;
        int field = p.nextHeaderField;
        boolean whole =
                (!p.v6 || extensions.walk(p, true, now))
                        && p.transportLength >= (p.protocol == IpHeader.PROTOCOL_TCP ? 20 : 8);
        p.protocol = protocol;
        p.transportOffset = at;
        p.transportLength = length;
        p.nextHeaderField = field;
        return whole;
    }

    private void dispatch(Packet p, long now) {
        switch (p.protocol) {
            case IpHeader.PROTOCOL_TCP -> stack.tcp.input(p, now);
            case IpHeader.PROTOCOL_UDP -> stack.udp.input(p, now);
            case IpHeader.PROTOCOL_ICMP, IpHeader.PROTOCOL_ICMP6 -> {
                if (p.v6 == (p.protocol == IpHeader.PROTOCOL_ICMP6)) {
                    stack.icmpInput.input(p, now);
                } else {
                    unknownProtocol(p, now);
                }
            }
            default -> unknownProtocol(p, now);
        }
    }

    private void unknownProtocol(Packet p, long now) {
        counters.ipInUnknownProtos++;
        stack.icmp.protocolUnreachable(p, now);
    }
}
