package io.culvert.netstack;

/**
 * Path MTUs that ICMP told about destinations, forgotten after ten minutes (RFC 1191 section 6.3,
 * RFC 8201 section 4). A small table where a newcomer takes the place of another, so that nobody
 * can make it grow.
 */
final class PathMtu {
    private static final int PLACES = 256;
    private static final long LIFETIME = 600_000_000_000L;

    /** Linux's min_pmtu: less can only be an attack or a mistake. */
    static final int MIN_V4 = 552;

    private final int linkMtu;
    private final SipHash hash;
    private final long[] hi = new long[PLACES];
    private final long[] lo = new long[PLACES];
    private final int[] mtu = new int[PLACES];
    private final long[] expires = new long[PLACES];
    private boolean empty = true;

    PathMtu(int linkMtu, SipHash hash) {
        this.linkMtu = linkMtu;
        this.hash = hash;
    }

    private int place(long dstHi, long dstLo) {
        return (int) hash.table(dstHi, dstLo, 0) & (PLACES - 1);
    }

    /** Largest packet for that destination. */
    int get(long dstHi, long dstLo, long now) {
        if (empty) {
            return linkMtu;
        }
        int i = place(dstHi, dstLo);
        boolean known = mtu[i] != 0 && lo[i] == dstLo && hi[i] == dstHi && now < expires[i];
        return known ? mtu[i] : linkMtu;
    }

    /** Takes over what a validated ICMP message said, if it is less than before. */
    void lower(long dstHi, long dstLo, int told, long now) {
        int floor = IpAddress.isV4(dstHi, dstLo) ? MIN_V4 : IpHeader.V6_MIN_MTU;
        int value = Math.max(told, floor);
        if (value > get(dstHi, dstLo, now)) {
            return;
        }
        int i = place(dstHi, dstLo);
        hi[i] = dstHi;
        lo[i] = dstLo;
        mtu[i] = value;
        expires[i] = now + LIFETIME;
        empty = false;
    }
}
