package io.culvert.netstack;

import org.jspecify.annotations.Nullable;

/**
 * Flows by their addresses: open addressing with linear probing and a keyed hash (SipHash-1-3), so
 * that no peer can choose addresses that collide.
 */
final class TcpFlowTable {
    private static final int FIRST_CAPACITY = 64;

    private final SipHash key;
    private @Nullable TcpFlow[] slots = new @Nullable TcpFlow[FIRST_CAPACITY];
    private int size;

    /** The flow found last: packets come in trains. */
    private @Nullable TcpFlow recent;

    TcpFlowTable(SipHash key) {
        this.key = key;
    }

    int size() {
        return size;
    }

    int hash(long localHi, long localLo, long remoteHi, long remoteLo, int ports) {
        long h = key.table(localHi, localLo, remoteHi, remoteLo, ports);
        return (int) (h ^ h >>> 32);
    }

    @Nullable TcpFlow find(long localHi, long localLo, long remoteHi, long remoteLo, int ports) {
        TcpFlow last = recent;
        if (last != null && last.isBetween(localHi, localLo, remoteHi, remoteLo, ports)) {
            return last;
        }
        int hash = hash(localHi, localLo, remoteHi, remoteLo, ports);
        int mask = slots.length - 1;
        for (int i = hash & mask; ; i = (i + 1) & mask) {
            TcpFlow flow = slots[i];
            if (flow == null) {
                return null;
            }
            if (flow.hash == hash && flow.isBetween(localHi, localLo, remoteHi, remoteLo, ports)) {
                recent = flow;
                return flow;
            }
        }
    }

    /** Adds a flow whose addresses are not in the table. */
    void add(TcpFlow flow) {
        if (4 * (size + 1) > 3 * slots.length) {
            resize(slots.length * 2);
        }
        place(flow);
        size++;
    }

    /** Puts {@code flow} where one with the same addresses is. */
    void replace(TcpFlow old, TcpFlow flow) {
        slots[indexOf(old)] = flow;
        recent = null;
    }

    void remove(TcpFlow flow) {
        int hole = indexOf(flow);
        int mask = slots.length - 1;
        recent = null;
        size--;
        // Moves back what probed past the hole, so that no tombstone is needed.
        for (int i = (hole + 1) & mask; ; i = (i + 1) & mask) {
            TcpFlow next = slots[i];
            if (next == null) {
                break;
            }
            int home = next.hash & mask;
            if (((i - home) & mask) >= ((i - hole) & mask)) {
                slots[hole] = next;
                hole = i;
            }
        }
        slots[hole] = null;
        if (slots.length > FIRST_CAPACITY && 8 * size < slots.length) {
            resize(slots.length / 2);
        }
    }

    @SuppressWarnings("ReferenceEquality") // a flow is found by what it is
    private int indexOf(TcpFlow flow) {
        int mask = slots.length - 1;
        for (int i = flow.hash & mask; ; i = (i + 1) & mask) {
            TcpFlow found = slots[i];
            if (found == flow) {
                return i;
            }
            if (found == null) {
                throw new IllegalStateException("flow is not in the table");
            }
        }
    }

    private void place(TcpFlow flow) {
        int mask = slots.length - 1;
        int i = flow.hash & mask;
        while (slots[i] != null) {
            i = (i + 1) & mask;
        }
        slots[i] = flow;
    }

    private void resize(int capacity) {
        @Nullable TcpFlow[] old = slots;
        slots = new @Nullable TcpFlow[capacity];
        for (TcpFlow flow : old) {
            if (flow != null) {
                place(flow);
            }
        }
    }

    /** Every flow, in no order, in an array that the caller may keep. */
    TcpFlow[] snapshot() {
        TcpFlow[] all = new TcpFlow[size];
        int n = 0;
        for (TcpFlow flow : slots) {
            if (flow != null) {
                all[n++] = flow;
            }
        }
        return all;
    }
}
