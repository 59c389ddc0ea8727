package io.culvert.wireguard;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The cryptokey routing table (paper, section 2): which peer owns an inner address, by the longest
 * prefix. A prefix belongs to one peer. One {@link PrefixTable} per family; IPv4 addresses are the
 * top 32 of 128 bits, so that both families share all code.
 */
final class AllowedIps {
    private final PrefixTable ipv4 = new PrefixTable();
    private final PrefixTable ipv6 = new PrefixTable();

    /** Gives a prefix to a peer; returns who had it before. */
    @Nullable Peer insert(Cidr prefix, Peer peer) {
        byte[] bytes = prefix.address().getAddress();
        return table(prefix).insert(high(bytes), low(bytes), prefix.prefixLength(), peer);
    }

    /** Takes a prefix from the peer; nothing happens when it is another's or nobody's. */
    void remove(Cidr prefix, Peer owner) {
        byte[] bytes = prefix.address().getAddress();
        table(prefix).remove(high(bytes), low(bytes), prefix.prefixLength(), owner);
    }

    /** Owner of a 4- or 16-byte address. */
    @Nullable Peer find(byte[] address) {
        return (address.length == Integer.BYTES ? ipv4 : ipv6).find(high(address), low(address));
    }

    /** Owner of the source address of an IP packet whose header was checked. */
    @Nullable Peer findSource(MemorySegment m, long packet) {
        return InnerPacket.isIpv4(m, packet)
                ? findIpv4(m, packet + InnerPacket.IPV4_SOURCE)
                : findIpv6(m, packet + InnerPacket.IPV6_SOURCE);
    }

    /** Owner of the destination address of an IP packet whose header was checked. */
    @Nullable Peer findDestination(MemorySegment m, long packet) {
        return InnerPacket.isIpv4(m, packet)
                ? findIpv4(m, packet + InnerPacket.IPV4_DESTINATION)
                : findIpv6(m, packet + InnerPacket.IPV6_DESTINATION);
    }

    /** Prefixes of both families. */
    int size() {
        return ipv4.size() + ipv6.size();
    }

    private @Nullable Peer findIpv4(MemorySegment m, long address) {
        return ipv4.find((long) m.get(Wire.INT_BE, address) << Integer.SIZE, 0);
    }

    private @Nullable Peer findIpv6(MemorySegment m, long address) {
        return ipv6.find(m.get(Wire.LONG_BE, address), m.get(Wire.LONG_BE, address + Long.BYTES));
    }

    private PrefixTable table(Cidr prefix) {
        return prefix.isIpv4() ? ipv4 : ipv6;
    }

    private static long high(byte[] address) {
        return address.length == Integer.BYTES
                ? (long) Wire.intBe(address, 0) << Integer.SIZE
                : Wire.longBe(address, 0);
    }

    private static long low(byte[] address) {
        return address.length == Integer.BYTES ? 0 : Wire.longBe(address, Long.BYTES);
    }
}
