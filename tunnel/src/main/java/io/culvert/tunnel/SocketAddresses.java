package io.culvert.tunnel;

import static io.culvert.tunnel.LinuxConstants.AF_INET;
import static io.culvert.tunnel.LinuxConstants.AF_INET6;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Linux {@code sockaddr_in} and {@code sockaddr_in6}, and a small memory of those seen before.
 *
 * <pre>
 * sockaddr_in   family(2) port(2, network order) address(4) zero(8)
 * sockaddr_in6  family(2) port(2, network order) flowinfo(4) address(16) scope(4)
 * </pre>
 *
 * <p>Both directions are direct-mapped caches, so that a steady peer costs no object: {@link
 * #decode} returns the same {@link InetSocketAddress} for the same bytes, {@link #encode} the same
 * memory for the same object. Not thread-safe; owned by one socket.
 */
final class SocketAddresses {
    /** Size of {@code sockaddr_in6}, the larger of the two. */
    static final int CAPACITY = 28;

    private static final int SOCKADDR_IN = 16;
    private static final int PORT = 2;
    private static final int IN_ADDRESS = 4;
    private static final int IN6_ADDRESS = 8;
    private static final int IN6_SCOPE = 24;
    private static final int STRIDE = 32;
    private static final int ENTRIES = 256;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfShort NETWORK_SHORT = SHORT.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    private final @Nullable PathAddress[] decoded = new @Nullable PathAddress[ENTRIES];
    private final long[] decodedHigh = new long[ENTRIES];
    private final long[] decodedLow = new long[ENTRIES];
    private final long[] decodedRest = new long[ENTRIES];

    private final @Nullable InetSocketAddress[] encoded = new @Nullable InetSocketAddress[ENTRIES];
    private final MemorySegment[] encodings = new MemorySegment[ENTRIES];
    private @Nullable InetSocketAddress lastEncoded;
    private MemorySegment lastEncoding;

    SocketAddresses(Arena arena) {
        MemorySegment table = arena.allocate((long) ENTRIES * STRIDE, 8);
        for (int i = 0; i < ENTRIES; i++) {
            encodings[i] = table.asSlice((long) i * STRIDE, STRIDE);
        }
        lastEncoding = encodings[0];
    }

    static boolean isIpv6(InetSocketAddress address) {
        return address.getAddress() instanceof Inet6Address;
    }

    static int lengthOf(InetSocketAddress address) {
        return isIpv6(address) ? CAPACITY : SOCKADDR_IN;
    }

    /** Writes a resolved address; returns the bytes used. */
    static int write(MemorySegment m, InetSocketAddress address) {
        byte[] bytes = address.getAddress().getAddress();
        m.set(NETWORK_SHORT, PORT, (short) address.getPort());
        if (address.getAddress() instanceof Inet6Address v6) {
            m.set(SHORT, 0, (short) AF_INET6);
            m.set(INT, IN_ADDRESS, 0);
            MemorySegment.copy(bytes, 0, m, ValueLayout.JAVA_BYTE, IN6_ADDRESS, bytes.length);
            m.set(INT, IN6_SCOPE, v6.getScopeId());
            return CAPACITY;
        }
        m.set(SHORT, 0, (short) AF_INET);
        MemorySegment.copy(bytes, 0, m, ValueLayout.JAVA_BYTE, IN_ADDRESS, bytes.length);
        m.set(LONG, IN6_ADDRESS, 0);
        return SOCKADDR_IN;
    }

    /** The address in memory laid out by {@link #write}; valid until this table is reused. */
    @SuppressWarnings("ReferenceEquality") // equals() of an IPv6 address ignores the scope
    MemorySegment encode(InetSocketAddress address) {
        if (address == lastEncoded) {
            return lastEncoding;
        }
        int slot = slot(address.hashCode());
        MemorySegment m = encodings[slot];
        if (address != encoded[slot]) {
            write(m, address);
            encoded[slot] = address;
        }
        lastEncoded = address;
        lastEncoding = m;
        return m;
    }

    /**
     * The address that the kernel wrote, with the place of ours where its datagram arrived.
     *
     * @param localHigh our address, see {@link PathAddress}
     * @param interfaceIndex 0 when neither is known
     * @return null for a family that is neither IPv4 nor IPv6
     */
    @Nullable PathAddress decode(
            MemorySegment m, long localHigh, long localLow, int interfaceIndex) {
        short family = m.get(SHORT, 0);
        boolean ipv6 = family == AF_INET6;
        if (!ipv6 && family != AF_INET) {
            return null;
        }
        long scope = ipv6 ? m.get(INT, IN6_SCOPE) & 0xffffffffL : 0;
        long rest = ((long) m.get(SHORT, PORT) << 32 | scope) << 1 | (ipv6 ? 1 : 0);
        long high = ipv6 ? m.get(LONG, IN6_ADDRESS) : m.get(INT, IN_ADDRESS);
        long low = ipv6 ? m.get(LONG, IN6_ADDRESS + 8) : 0;
        int slot = slot(Long.hashCode(high * 31 + low) * 31 + Long.hashCode(rest));
        PathAddress known = decoded[slot];
        if (known != null
                && decodedRest[slot] == rest
                && decodedLow[slot] == low
                && decodedHigh[slot] == high
                && known.arrivedAt(localHigh, localLow, interfaceIndex)) {
            known.heard();
            return known;
        }
        PathAddress fresh =
                new PathAddress(read(m, ipv6), port(m), localHigh, localLow, interfaceIndex);
        decoded[slot] = fresh;
        decodedRest[slot] = rest;
        decodedLow[slot] = low;
        decodedHigh[slot] = high;
        return fresh;
    }

    /** The address that the kernel wrote. */
    static InetSocketAddress address(MemorySegment m) {
        return new InetSocketAddress(read(m, m.get(SHORT, 0) == AF_INET6), port(m));
    }

    private static int port(MemorySegment m) {
        return Short.toUnsignedInt(m.get(NETWORK_SHORT, PORT));
    }

    private static InetAddress read(MemorySegment m, boolean ipv6) {
        byte[] bytes =
                m.asSlice(ipv6 ? IN6_ADDRESS : IN_ADDRESS, ipv6 ? 16 : 4)
                        .toArray(ValueLayout.JAVA_BYTE);
        try {
            int scope = ipv6 ? m.get(INT, IN6_SCOPE) : 0;
            return scope == 0
                    ? InetAddress.getByAddress(bytes)
                    : Inet6Address.getByAddress(null, bytes, scope);
        } catch (UnknownHostException impossible) {
            throw new AssertionError(impossible); // only for a wrong length
        }
    }

    private static int slot(int hash) {
        return (hash * 0x9E3779B9) >>> 24; // Fibonacci hashing: the top 8 bits, ENTRIES = 256
    }
}
