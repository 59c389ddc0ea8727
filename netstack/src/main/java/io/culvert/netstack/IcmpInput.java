package io.culvert.netstack;

import static io.culvert.netstack.IpHeader.INT;
import static io.culvert.netstack.IpHeader.LONG;
import static io.culvert.netstack.IpHeader.u16;
import static io.culvert.netstack.IpHeader.u8;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Answers echo requests, hears the answers to ours, and tells UDP and TCP what errors say about
 * packets that they really sent (RFC 5927). What has no use on a tunnel (redirects, neighbours,
 * routers) is counted and dropped.
 */
final class IcmpInput {
    private static final int FRAGMENT_HEADER = 8;

    /** RFC 791: every link carries so much. */
    private static final int MIN_MTU_V4 = 68;

    /** RFC 1191 section 7.1: what an old router's silence about the MTU may mean. */
    private static final int[] PLATEAUS = {32000, 17914, 8166, 4352, 2002, 1492, 1006, 552};

    private final NetStack stack;
    private final Counters counters;
    private final Packet quoted = new Packet();

    IcmpInput(NetStack stack) {
        this.stack = stack;
        counters = stack.counters;
    }

    void input(Packet p, long now) {
        counters.icmpInMsgs++;
        if (p.transportLength < Icmp.HEADER || !checksumHolds(p)) {
            counters.icmpInErrors++;
            return;
        }
        int type = u8(p.memory, p.transportOffset);
        int code = u8(p.memory, p.transportOffset + 1);
        if (type == (p.v6 ? Icmp.V6_ECHO : Icmp.V4_ECHO) && code == 0) {
            echo(p, now);
            return;
        }
        if (type == (p.v6 ? Icmp.V6_ECHO_REPLY : Icmp.V4_ECHO_REPLY)) {
            counters.icmpInIgnored += p.local && stack.echo.reply(p) ? 0 : 1;
            return;
        }
        Unreachable kind = p.v6 ? kindOfV6(type, code) : kindOfV4(type, code);
        if (kind == null) {
            counters.icmpInIgnored++;
        } else if (!parseQuoted(p) || !tell(p, kind, now)) {
            counters.icmpInUnmatched++;
        }
    }

    private void echo(Packet p, long now) {
        EchoPolicy policy = p.local ? EchoPolicy.FAKE : stack.config.forwardedEcho();
        if (policy == EchoPolicy.DROP) {
            counters.icmpInEchosDropped++;
        } else if (stack.icmp.admitsEcho(p, now)) {
            if (policy == EchoPolicy.FAKE) {
                stack.icmp.echoReply(p);
            } else {
                counters.icmpInEchosRelayed++;
                stack.events.add(new EchoRequest(stack, p));
            }
        }
    }

    private static boolean checksumHolds(Packet p) {
        int sum = Checksum.sum(p.memory, p.transportOffset, p.transportLength);
        if (p.v6) {
            int pseudo =
                    Checksum.pseudoHeader(
                            p.srcHi,
                            p.srcLo,
                            p.dstHi,
                            p.dstLo,
                            IpHeader.PROTOCOL_ICMP6,
                            p.transportLength);
            sum = Checksum.add(sum, pseudo);
        }
        return sum == 0xffff;
    }

    /** RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1. */
    private static @Nullable Unreachable kindOfV4(int type, int code) {
        return switch (type) {
            case Icmp.V4_UNREACHABLE ->
                    switch (code) {
                        case Icmp.V4_NET, 6, 11 -> Unreachable.NET;
                        case Icmp.V4_PROTOCOL -> Unreachable.PROTOCOL;
                        case Icmp.V4_PORT -> Unreachable.PORT;
                        case Icmp.V4_FRAGMENTATION_NEEDED -> Unreachable.PACKET_TOO_BIG;
                        case 9, 10, Icmp.V4_PROHIBITED -> Unreachable.PROHIBITED;
                        default -> code <= 15 ? Unreachable.HOST : null;
                    };
            case Icmp.V4_TIME_EXCEEDED -> Unreachable.TIME_EXCEEDED;
            case Icmp.V4_PARAMETER_PROBLEM -> Unreachable.PARAMETER_PROBLEM;
            default -> null;
        };
    }

    /** RFC 4443 section 3. */
    private static @Nullable Unreachable kindOfV6(int type, int code) {
        return switch (type) {
            case Icmp.V6_UNREACHABLE ->
                    switch (code) {
                        case Icmp.V6_NO_ROUTE -> Unreachable.NET;
                        case Icmp.V6_PROHIBITED, 5, 6 -> Unreachable.PROHIBITED;
                        case Icmp.V6_PORT -> Unreachable.PORT;
                        case 2, Icmp.V6_ADDRESS -> Unreachable.HOST;
                        default -> null;
                    };
            case Icmp.V6_PACKET_TOO_BIG -> Unreachable.PACKET_TOO_BIG;
            case Icmp.V6_TIME_EXCEEDED -> Unreachable.TIME_EXCEEDED;
            case Icmp.V6_PARAMETER_PROBLEM -> Unreachable.PARAMETER_PROBLEM;
            default -> null;
        };
    }

    /** Reads the quoted packet, which must be one from the address that the error came to. */
    private boolean parseQuoted(Packet p) {
        Packet q = quoted;
        MemorySegment m = p.memory;
        long at = p.transportOffset + Icmp.HEADER;
        int length = p.transportLength - Icmp.HEADER;
        int least = p.v6 ? IpHeader.V6_LENGTH : IpHeader.V4_LENGTH;
        if (length < least || u8(m, at) >>> 4 != (p.v6 ? 6 : 4)) {
            return false;
        }
        q.memory = m;
        q.offset = at;
        q.v6 = p.v6;
        q.arrival = p.arrival;
        q.local = p.local;
        int header = p.v6 ? quotedV6(q, m, at, length) : quotedV4(q, m, at);
        q.transportOffset = at + header;
        q.transportLength = length - header;
        return header > 0
                && q.transportLength >= Icmp.HEADER
                && q.srcLo == p.dstLo
                && q.srcHi == p.dstHi;
    }

    private static int quotedV4(Packet q, MemorySegment m, long at) {
        int header = (u8(m, at) & 15) * 4;
        q.length = u16(m, at + 2);
        q.trafficClass = u8(m, at + 1);
        q.protocol = u8(m, at + 9);
        q.srcHi = 0;
        q.srcLo = IpAddress.v4(m.get(INT, at + 12));
        q.dstHi = 0;
        q.dstLo = IpAddress.v4(m.get(INT, at + 16));
        boolean later = (u16(m, at + 6) & 0x1fff) != 0;
        return header < IpHeader.V4_LENGTH || later ? 0 : header;
    }

    /** Of extension headers, this stack only ever sends the fragment header. */
    private static int quotedV6(Packet q, MemorySegment m, long at, int length) {
        q.length = IpHeader.V6_LENGTH + u16(m, at + 4);
        q.trafficClass = m.get(INT, at) >>> 20 & 0xff;
        q.protocol = u8(m, at + 6);
        q.srcHi = m.get(LONG, at + 8);
        q.srcLo = m.get(LONG, at + 16);
        q.dstHi = m.get(LONG, at + 24);
        q.dstLo = m.get(LONG, at + 32);
        if (q.protocol != Ipv6Extensions.FRAGMENT) {
            return IpHeader.V6_LENGTH;
        }
        if (length < IpHeader.V6_LENGTH + FRAGMENT_HEADER
                || (u16(m, at + IpHeader.V6_LENGTH + 2) & 0xfff8) != 0) {
            return 0;
        }
        q.protocol = u8(m, at + IpHeader.V6_LENGTH);
        return IpHeader.V6_LENGTH + FRAGMENT_HEADER;
    }

    private boolean tell(Packet p, Unreachable kind, long now) {
        int mtu = kind == Unreachable.PACKET_TOO_BIG ? mtu(p) : 0;
        if (kind == Unreachable.PACKET_TOO_BIG && mtu == 0) {
            return false;
        }
        if (quoted.protocol == IpHeader.PROTOCOL_UDP) {
            return stack.udp.icmpError(quoted, kind, mtu, now);
        }
        if (quoted.protocol == IpHeader.PROTOCOL_TCP) {
            stack.tcp.icmpError(quoted, kind, mtu, now);
            return true;
        }
        if (quoted.protocol == (quoted.v6 ? IpHeader.PROTOCOL_ICMP6 : IpHeader.PROTOCOL_ICMP)) {
            return stack.echo.icmpError(quoted, kind, mtu, now);
        }
        return false;
    }

    /** The next hop's MTU that the message tells; 0 = none that can be. */
    private int mtu(Packet p) {
        long at = p.transportOffset;
        if (p.v6) {
            int told = p.memory.get(INT, at + 4);
            // RFC 8200 section 5: no link carries less, so nothing smaller is ever sent.
            return told < 0 ? 0 : Math.max(told, IpHeader.V6_MIN_MTU);
        }
        int told = u16(p.memory, at + 6);
        if (told == 0) {
            for (int plateau : PLATEAUS) {
                if (plateau < quoted.length) {
                    return plateau;
                }
            }
            return 0;
        }
        return told < MIN_MTU_V4 ? 0 : Math.max(told, PathMtu.MIN_V4);
    }
}
