package io.culvert.netstack;

import static io.culvert.netstack.IpHeader.u16;
import static io.culvert.netstack.IpHeader.u8;

import java.lang.foreign.MemorySegment;

/**
 * Walks IPv6 extension headers (RFC 8200 section 4) up to the upper-layer header, within limits, so
 * that no packet costs a long walk.
 */
final class Ipv6Extensions {
    static final int HOP_BY_HOP = 0;
    static final int ROUTING = 43;
    static final int FRAGMENT = 44;
    static final int NO_NEXT_HEADER = 59;
    static final int DESTINATION = 60;

    /** Limits on what anybody sends in earnest (RFC 8504 section 5.3 allows hosts such limits). */
    private static final int MAX_HEADERS = 6;

    private static final int MAX_OPTIONS = 8;
    private static final int MAX_BYTES = 256;

    private static final int OPTION_PAD1 = 0;
    private static final int OPTION_PADN = 1;

    /** Codes of ICMPv6 parameter problem (RFC 4443 section 3.4). */
    private static final int ERRONEOUS_FIELD = 0;

    private static final int UNKNOWN_NEXT_HEADER = 1;
    private static final int UNKNOWN_OPTION = 2;

    private final NetStack stack;

    Ipv6Extensions(NetStack stack) {
        this.stack = stack;
    }

    /**
     * Walks the chain that starts with header {@code p.protocol} at {@code p.transportOffset}, and
     * leaves there the upper-layer protocol, or the contents of a fragment. Atomic fragments are
     * passed through (RFC 6946).
     *
     * @param inFragment the chain lies behind a fragment header: no other may follow
     * @return false if the packet is to be dropped; that is counted and answered already
     */
    boolean walk(Packet p, boolean inFragment, long now) {
        long start = p.transportOffset;
        boolean fragmentSeen = inFragment;
        for (int headers = 0; ; headers++) {
            int type = p.protocol;
            if (type == NO_NEXT_HEADER) {
                stack.counters.ipInNoNextHeaders++;
                return false;
            }
            if (type != HOP_BY_HOP && type != ROUTING && type != FRAGMENT && type != DESTINATION) {
                return true;
            }
            if (type == HOP_BY_HOP && (headers > 0 || inFragment)) {
                return problem(p, UNKNOWN_NEXT_HEADER, p.nextHeaderField, now);
            }
            int size = size(p, type);
            if (headers == MAX_HEADERS
                    || size > p.transportLength
                    || p.transportOffset - start + size > MAX_BYTES) {
                stack.counters.ipInExtensionErrors++;
                return false;
            }
            if (type == FRAGMENT) {
                if (fragmentSeen) {
                    stack.counters.ipInExtensionErrors++;
                    return false;
                }
                fragmentSeen = true;
                if (enterFragment(p)) {
                    return true;
                }
            } else if (type == ROUTING) {
                if (!routing(p, now)) {
                    return false;
                }
                enter(p, size);
            } else {
                if (!options(p, size, now)) {
                    return false;
                }
                enter(p, size);
            }
        }
    }

    private static int size(Packet p, int type) {
        if (p.transportLength < 8) {
            return 8; // more than there is
        }
        return type == FRAGMENT ? 8 : (u8(p.memory, p.transportOffset + 1) + 1) * 8;
    }

    /** Moves on to the header behind the current one of {@code size} bytes. */
    private static void enter(Packet p, int size) {
        p.nextHeaderField = (int) (p.transportOffset - p.offset);
        p.protocol = u8(p.memory, p.transportOffset);
        p.transportOffset += size;
        p.transportLength -= size;
    }

    /**
     * Reads a fragment header; true if what follows is a piece of a datagram, false if all of it.
     */
    private static boolean enterFragment(Packet p) {
        int field = u16(p.memory, p.transportOffset + 2);
        p.fragmentId = p.memory.get(IpHeader.INT, p.transportOffset + 4);
        p.fragmentOffset = field & 0xfff8;
        p.moreFragments = (field & 1) != 0;
        p.fragment = p.moreFragments || p.fragmentOffset > 0;
        p.laterFragment = p.fragmentOffset > 0;
        enter(p, 8);
        return p.fragment;
    }

    /** Routing headers with nothing left to visit are passed; type 0 never is (RFC 5095). */
    private boolean routing(Packet p, long now) {
        int type = u8(p.memory, p.transportOffset + 2);
        int segmentsLeft = u8(p.memory, p.transportOffset + 3);
        if (type == 0) {
            stack.counters.ipInExtensionErrors++;
            return false;
        }
        int field = (int) (p.transportOffset - p.offset) + 2;
        return segmentsLeft == 0 || problem(p, ERRONEOUS_FIELD, field, now);
    }

    /** Options of a hop-by-hop or destination header: RFC 8200 section 4.2. */
    private boolean options(Packet p, int size, long now) {
        MemorySegment m = p.memory;
        long at = p.transportOffset + 2;
        long end = p.transportOffset + size;
        int count = 0;
        while (at < end) {
            int type = u8(m, at);
            if (type == OPTION_PAD1) {
                at++;
                continue;
            }
            if (++count > MAX_OPTIONS || at + 2 > end || at + 2 + u8(m, at + 1) > end) {
                stack.counters.ipInExtensionErrors++;
                return false;
            }
            int action = type >>> 6;
            if (type != OPTION_PADN && action != 0) {
                if (action == 1) {
                    stack.counters.ipInExtensionErrors++;
                    return false;
                }
                return problem(p, UNKNOWN_OPTION, (int) (at - p.offset), now);
            }
            at += 2 + u8(m, at + 1);
        }
        return true;
    }

    /** Counts and answers with a parameter problem; false, since the packet goes no further. */
    private boolean problem(Packet p, int code, int pointer, long now) {
        stack.counters.ipInExtensionErrors++;
        stack.icmp.parameterProblem(p, code, pointer, now);
        return false;
    }
}
