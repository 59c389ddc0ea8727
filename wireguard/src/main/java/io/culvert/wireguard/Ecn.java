package io.culvert.wireguard;

import java.lang.foreign.MemorySegment;

/**
 * Explicit congestion notification across the tunnel (RFC 6040, normal mode): the outer packet
 * takes the inner one's two bits, and what the network marked on the way is carried inside again.
 *
 * <p>An inner packet whose sender knows no ECN is never marked. Where the outer one says that it
 * met congestion all the same, RFC 6040 wants it dropped; like the kernel's WireGuard we deliver it
 * as it is, because a wrong mark of one router on the way must not become loss.
 */
final class Ecn {
    static final int NOT_ECT = 0;
    static final int ECT_1 = 1;
    static final int ECT_0 = 2;
    static final int CE = 3;

    private static final int MASK = 3;

    /** The byte that has the bits, in IPv4 as its lowest ones, in IPv6 four places higher. */
    private static final int TRAFFIC_CLASS = 1;

    private static final int IPV6_SHIFT = 4;
    private static final int IPV4_CHECKSUM = 10;

    private Ecn() {}

    /** The bits of an IP packet whose header is whole. */
    static int of(MemorySegment m, long packet) {
        int octet = m.get(Wire.BYTE, packet + TRAFFIC_CLASS);
        return (InnerPacket.isIpv4(m, packet) ? octet : octet >> IPV6_SHIFT) & MASK;
    }

    /** Applies an outer packet's bits to the IP packet that was in it (RFC 6040 section 4.2). */
    static void combine(MemorySegment m, long packet, int outer) {
        int inner = of(m, packet);
        int combined = combined(inner, outer);
        if (combined == inner) {
            return;
        }
        int octet = m.get(Wire.BYTE, packet + TRAFFIC_CLASS);
        if (InnerPacket.isIpv4(m, packet)) {
            mendChecksum(m, packet + IPV4_CHECKSUM, combined - inner);
            octet += combined - inner;
        } else {
            octet += (combined - inner) << IPV6_SHIFT;
        }
        m.set(Wire.BYTE, packet + TRAFFIC_CLASS, (byte) octet);
    }

    private static int combined(int inner, int outer) {
        if (inner == NOT_ECT || inner == CE) {
            return inner;
        }
        return outer == CE || (outer == ECT_1 && inner == ECT_0) ? outer : inner;
    }

    /** For a header word that grew by {@code by} (RFC 1624, equation 3). */
    private static void mendChecksum(MemorySegment m, long at, int by) {
        int sum = (~m.get(Wire.SHORT_BE, at) & 0xffff) + by + 0xffff; // never negative, same modulo
        sum = (sum & 0xffff) + (sum >>> 16);
        sum = (sum & 0xffff) + (sum >>> 16);
        m.set(Wire.SHORT_BE, at, (short) ~sum);
    }
}
