package io.culvert.netstack;

import org.jspecify.annotations.Nullable;

/**
 * Forwarded flows in the order of their last traffic, separately for each class of parties (a hash
 * of the peer or, where peers aren't known, of the address). When there are too many, the longest
 * idle one of the party with the most gives way, and of a party that has its share its own: who
 * opens flows without end only pushes out its own.
 */
final class UdpFlowAges {
    private static final int CLIENTS = 256;

    private final SipHash hash;
    private final @Nullable UdpSocket[] oldest = new @Nullable UdpSocket[CLIENTS];
    private final @Nullable UdpSocket[] newest = new @Nullable UdpSocket[CLIENTS];
    private final int[] counts = new int[CLIENTS];
    private final PendingCounts byParty;

    UdpFlowAges(SipHash hash) {
        this.hash = hash;
        byParty = new PendingCounts(hash);
    }

    private int client(long partyHi, long partyLo) {
        return (int) hash.table(partyHi, partyLo, 0) & (CLIENTS - 1);
    }

    void add(UdpSocket flow) {
        flow.client = client(flow.key.partyHi(), flow.key.partyLo());
        counts[flow.client]++;
        byParty.increment(flow.key.partyHi(), flow.key.partyLo(), 0, 0);
        append(flow);
    }

    void remove(UdpSocket flow) {
        counts[flow.client]--;
        byParty.decrement(flow.key.partyHi(), flow.key.partyLo(), 0, 0);
        unlink(flow);
    }

    /** Flows of a party. */
    int count(long partyHi, long partyLo) {
        return byParty.count(partyHi, partyLo, 0, 0);
    }

    /** The party's longest idle flow, null if it has none. */
    @Nullable UdpSocket oldestOf(long partyHi, long partyLo) {
        UdpSocket s = oldest[client(partyHi, partyLo)];
        while (s != null && (s.key.partyLo() != partyLo || s.key.partyHi() != partyHi)) {
            s = s.newer;
        }
        return s;
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
