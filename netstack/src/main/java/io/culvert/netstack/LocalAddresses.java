package io.culvert.netstack;

import java.net.InetAddress;
import java.util.List;

/** The stack's own addresses. */
final class LocalAddresses {
    private final long[] hi;
    private final long[] lo;
    private final int v4;
    private final int v6;

    LocalAddresses(List<InetAddress> addresses) {
        hi = new long[addresses.size()];
        lo = new long[addresses.size()];
        int first4 = -1;
        int first6 = -1;
        for (int i = 0; i < hi.length; i++) {
            hi[i] = IpAddress.hi(addresses.get(i));
            lo[i] = IpAddress.lo(addresses.get(i));
            if (IpAddress.isV4(hi[i], lo[i])) {
                first4 = first4 < 0 ? i : first4;
            } else {
                first6 = first6 < 0 ? i : first6;
            }
        }
        v4 = first4;
        v6 = first6;
    }

    boolean contains(long addressHi, long addressLo) {
        for (int i = 0; i < hi.length; i++) {
            if (lo[i] == addressLo && hi[i] == addressHi) {
                return true;
            }
        }
        return false;
    }

    boolean has(boolean ipv6) {
        return (ipv6 ? v6 : v4) >= 0;
    }

    /** High long of the first address of the family, which must be there. */
    long hi(boolean ipv6) {
        return hi[ipv6 ? v6 : v4];
    }

    /** Low long of the first address of the family, which must be there. */
    long lo(boolean ipv6) {
        return lo[ipv6 ? v6 : v4];
    }
}
