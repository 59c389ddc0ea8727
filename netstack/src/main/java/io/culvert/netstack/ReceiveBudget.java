package io.culvert.netstack;

/**
 * What all receive windows of a stack may grow by. A window is a promise of memory, so the promises
 * are kept to half of the pool: whoever got one and does not read cannot take the other half, which
 * is for everybody's first window. While there is room a flow gets what it proved; beyond that
 * every flow that grew has an equal share, and who has more gives back. Near the end of the memory
 * it goes to those who read.
 */
final class ReceiveBudget {
    /** What a flow always may hold, chunks. */
    private static final int LEAST_CHUNKS = 2;

    /** Part of the pool that is left when {@link ChunkPool.Pressure#IN_ORDER_ONLY} begins. */
    private static final int LAST_PART = 8;

    private final ChunkPool pool;
    private final long total;
    private long promised;
    private int grown;
    private int flows;

    ReceiveBudget(ChunkPool pool) {
        this.pool = pool;
        total = pool.capacity() / 2;
    }

    /** A flow begins to receive. */
    void joined() {
        flows++;
    }

    /** It ends; {@code growth} is what it had last. */
    void left(long growth) {
        flows--;
        changed(growth, 0);
    }

    /** A flow's growth beyond its first window changes. */
    void changed(long from, long to) {
        promised += to - from;
        grown += (to > 0 ? 1 : 0) - (from > 0 ? 1 : 0);
    }

    /** Sum of what all flows have grown by, bytes. */
    long promised() {
        return promised;
    }

    /** How much a flow may have grown by that has grown by {@code own} and wants {@code wanted}. */
    long allowed(long own, long wanted) {
        long unclaimed = total - (promised - own);
        long share = total / (own > 0 ? grown : grown + 1);
        long free = (pool.capacity() - pool.inUse()) / 2;
        return Math.max(Math.min(Math.min(wanted, Math.max(unclaimed, share)), free), 0);
    }

    /** The largest window that may be promised now. */
    long ceiling() {
        return isShort() ? leastBytes() : Long.MAX_VALUE;
    }

    /** Memory is near its end: only what can be read at once is taken. */
    boolean isShort() {
        return pool.pressure() == ChunkPool.Pressure.IN_ORDER_ONLY;
    }

    /** Whether a flow that holds so many unread chunks must do without another one. */
    boolean refuses(int chunks) {
        if (chunks < LEAST_CHUNKS || !isShort()) {
            return false;
        }
        long share = pool.capacity() / LAST_PART / Math.max(flows, 1);
        return (long) chunks * pool.chunkSize() >= Math.max(share, leastBytes());
    }

    private long leastBytes() {
        return (long) LEAST_CHUNKS * pool.chunkSize();
    }
}
