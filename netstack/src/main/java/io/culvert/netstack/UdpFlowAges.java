package io.culvert.netstack;

import org.jspecify.annotations.Nullable;

/**
 * Forwarded flows in the order of their last traffic, separately for each class of clients (a hash
 * of the address). When there are too many, the longest idle one of the client with the most gives
 * way: a client that opens flows without end only pushes out its own.
 */
final class UdpFlowAges {
    private static final int CLIENTS = 256;

    private final SipHash hash;
    private final @Nullable UdpSocket[] oldest = new @Nullable UdpSocket[CLIENTS];
    private final @Nullable UdpSocket[] newest = new @Nullable UdpSocket[CLIENTS];
    private final int[] counts = new int[CLIENTS];

    UdpFlowAges(SipHash hash) {
        this.hash = hash;
    }

    void add(UdpSocket flow) {
        // One client of IPv6 often has all of a /64.
        long low = IpAddress.isV4(flow.keyHi, flow.keyLo) ? flow.keyLo : 0;
        flow.client = (int) hash.table(flow.keyHi, low, 0) & (CLIENTS - 1);
        counts[flow.client]++;
        append(flow);
    }

    void remove(UdpSocket flow) {
        counts[flow.client]--;
        unlink(flow);
    }

    /** The flow had traffic. */
    void touch(UdpSocket flow) {
        if (flow.newer != null) {
            unlink(flow);
            append(flow);
        }
    }

    /** The flow that gives way; null only if there is none. */
    @Nullable UdpSocket victim() {
        int most = 0;
        for (int i = 1; i < CLIENTS; i++) {
            if (counts[i] > counts[most]) {
                most = i;
            }
        }
        return oldest[most];
    }

    private void append(UdpSocket flow) {
        UdpSocket before = newest[flow.client];
        flow.older = before;
        flow.newer = null;
        if (before == null) {
            oldest[flow.client] = flow;
        } else {
            before.newer = flow;
        }
        newest[flow.client] = flow;
    }

    private void unlink(UdpSocket flow) {
        if (flow.older == null) {
            oldest[flow.client] = flow.newer;
        } else {
            flow.older.newer = flow.newer;
        }
        if (flow.newer == null) {
            newest[flow.client] = flow.older;
        } else {
            flow.newer.older = flow.older;
        }
        flow.older = null;
        flow.newer = null;
    }
}
