package io.culvert.netstack;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * A bounded FIFO of datagrams in pooled chunks: small ones share a chunk, and what is known of each
 * (two addresses, an int and a time) lies before its bytes, so that a queue is no array of objects.
 * An empty queue holds no chunk.
 */
final class RecordQueue {
    /** Length, meta, two addresses and a time before the bytes. */
    static final int HEADER = 48;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private final ChunkPool pool;
    private final int limit;
    private @Nullable Chunk head;
    private @Nullable Chunk tail;
    private @Nullable Chunk reserved;
    private int headAt;
    private int bytes;

    /** The first datagram of which the time isn't known yet; null: there is none. */
    private @Nullable Chunk untimed;

    private int untimedAt;

    /**
     * @param limit bytes, headers counted, beyond which nothing more is taken; a single datagram is
     *     always
     */
    RecordQueue(ChunkPool pool, int limit) {
        this.pool = pool;
        this.limit = limit;
    }

    boolean isEmpty() {
        return head == null;
    }

    /** Bytes in the queue, headers counted. */
    int bytes() {
        return bytes;
    }

    private static int size(int length) {
        return HEADER + (length + 7 & ~7);
    }

    /**
     * Makes room for {@code length} bytes, to be written at {@link #reservedOffset} of {@link
     * #reservedMemory}; {@link #commit} or {@link #cancel} follows.
     *
     * @return false if the queue or the memory is full
     */
    boolean reserve(int length) {
        int need = size(length);
        if (bytes > 0 && bytes + need > limit) {
            return false;
        }
        Chunk last = tail;
        if (last != null && last.size() - last.used >= need) {
            reserved = last;
        } else if (pool.pressure() == ChunkPool.Pressure.IN_ORDER_ONLY) {
            return false; // the rest is for those who lose more than a datagram
        } else {
            reserved = pool.take(need);
        }
        return reserved != null;
    }

    private Chunk reserved() {
        Chunk chunk = reserved;
        if (chunk == null) {
            throw new IllegalStateException("nothing is reserved");
        }
        return chunk;
    }

    MemorySegment reservedMemory() {
        return reserved().memory();
    }

    long reservedOffset() {
        return (long) reserved().used + HEADER;
    }

    /** Appends the reserved bytes. {@code length} may be less than was reserved. */
    void commit(int length, int meta, long aHi, long aLo, long bHi, long bLo) {
        Chunk chunk = reserved();
        if (untimed == null) {
            untimed = chunk;
            untimedAt = chunk.used;
        }
        MemorySegment m = chunk.memory();
        long at = chunk.used;
        m.set(INT, at, length);
        m.set(INT, at + 4, meta);
        m.set(LONG, at + 8, aHi);
        m.set(LONG, at + 16, aLo);
        m.set(LONG, at + 24, bHi);
        m.set(LONG, at + 32, bLo);
        chunk.used += size(length);
        bytes += size(length);
        append(chunk);
        reserved = null;
    }

    /** All that came since this was said last came now: who commits needn't know the time. */
    void time(long now) {
        for (Chunk chunk = untimed; chunk != null; chunk = chunk.next) {
            while (untimedAt < chunk.used) {
                MemorySegment m = chunk.memory();
                m.set(LONG, untimedAt + 40L, now);
                untimedAt += size(m.get(INT, untimedAt));
            }
            untimedAt = 0;
        }
        untimed = null;
    }

    @SuppressWarnings("ReferenceEquality")
    private void append(Chunk chunk) {
        Chunk last = tail;
        if (last == chunk) {
            return;
        }
        if (last == null) {
            head = chunk;
            headAt = 0;
        } else {
            last.next = chunk;
        }
        tail = chunk;
    }

    /** Gives the reserved room back. */
    @SuppressWarnings("ReferenceEquality")
    void cancel() {
        Chunk chunk = reserved();
        if (chunk != tail) {
            chunk.release();
        }
        reserved = null;
    }

    /** Chunk of the first datagram; whoever keeps it retains it. */
    Chunk headChunk() {
        Chunk chunk = head;
        if (chunk == null) {
            throw new IllegalStateException("queue is empty");
        }
        return chunk;
    }

    int headOffset() {
        return headAt + HEADER;
    }

    int headLength() {
        return headChunk().memory().get(INT, headAt);
    }

    int headMeta() {
        return headChunk().memory().get(INT, headAt + 4L);
    }

    long headHiA() {
        return headChunk().memory().get(LONG, headAt + 8L);
    }

    long headLoA() {
        return headChunk().memory().get(LONG, headAt + 16L);
    }

    long headHiB() {
        return headChunk().memory().get(LONG, headAt + 24L);
    }

    long headLoB() {
        return headChunk().memory().get(LONG, headAt + 32L);
    }

    /** When it came, if {@link #time} was told since. */
    long headTime() {
        return headChunk().memory().get(LONG, headAt + 40L);
    }

    /** Bytes that wait behind the first datagram, headers counted. */
    int bytesBehindHead() {
        return bytes - size(headLength());
    }

    /** Takes the first datagram off the queue. */
    @SuppressWarnings("ReferenceEquality")
    void remove() {
        Chunk first = headChunk();
        boolean wasUntimed = untimed == first && untimedAt == headAt;
        int size = size(headLength());
        bytes -= size;
        headAt += size;
        if (headAt == first.used) {
            removeChunk(first);
        }
        if (wasUntimed) {
            untimed = head;
            untimedAt = headAt;
        }
    }

    private void removeChunk(Chunk first) {
        head = first.next;
        headAt = 0;
        if (head == null) {
            tail = null;
        }
        first.next = null;
        first.release();
    }

    void clear() {
        while (head != null) {
            remove();
        }
    }
}
