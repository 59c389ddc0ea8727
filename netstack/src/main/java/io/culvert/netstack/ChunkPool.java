package io.culvert.netstack;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The memory budget of a stack: equal chunks of native memory, made in slabs as they are first
 * needed and never beyond a fixed capacity.
 *
 * <p>{@link #take} belongs to one thread, the stack's. Chunks may be released by any thread.
 */
public final class ChunkPool {
    /** Chunk size that suits TCP streams and every datagram that fits a packet, in bytes. */
    public static final int DEFAULT_CHUNK_SIZE = 16 * 1024;

    /** Slabs are about this large: few enough for the kernel, small enough for a small tunnel. */
    private static final int SLAB_BYTES = 1 << 20;

    /** Any datagram (RFC 768: 16 bits of length) and what a queue writes before it. */
    private static final int LARGE_CHUNK_SIZE = (1 << 16) + 1024;

    /** How near to its capacity the pool is; what the levels mean for TCP is said at each. */
    public enum Pressure {
        /** Less than half is taken: buffers may grow. */
        NORMAL,
        /** Buffers no longer grow. */
        NO_GROWTH,
        /** Nearly full: datagrams, and stream data that can't be delivered yet, are refused. */
        IN_ORDER_ONLY
    }

    private final int chunkSize;
    private final long capacity;

    /**
     * Released chunks, of any thread; the owner takes the whole list at once, so there is no ABA.
     */
    private final AtomicReference<@Nullable Chunk> returned = new AtomicReference<>();

    private final AtomicLong inUse = new AtomicLong();
    private @Nullable Chunk free;
    private @Nullable Chunk freeLarge;
    private long allocated;

    /**
     * @param chunkSize bytes of each chunk, at least 2048
     * @param capacityBytes most bytes that may be taken at the same time, at least one chunk
     */
    public ChunkPool(int chunkSize, long capacityBytes) {
        if (chunkSize < 2048) {
            throw new IllegalArgumentException("chunkSize " + chunkSize + " is below 2048");
        }
        if (capacityBytes < chunkSize) {
            throw new IllegalArgumentException(
                    "capacityBytes " + capacityBytes + " is below one chunk of " + chunkSize);
        }
        this.chunkSize = chunkSize;
        this.capacity = capacityBytes / chunkSize * chunkSize;
    }

    /** A chunk with one reference, or null when the capacity is used up. */
    public @Nullable Chunk take() {
        if (inUse.get() + chunkSize > capacity) {
            return null;
        }
        if (free == null) {
            collect();
        }
        if (free == null) {
            freeLarge = null; // its memory goes to the collector before the pool grows
            allocateSlab();
        }
        Chunk chunk = free;
        if (chunk == null) {
            return null;
        }
        free = chunk.next;
        chunk.taken();
        inUse.getAndAdd(chunkSize);
        return chunk;
    }

    /**
     * A chunk of at least {@code length} bytes, or null when the capacity is used up. Lengths above
     * the chunk size (reassembled datagrams) get a chunk of their own.
     *
     * @param length bytes wanted, at most 66560
     */
    public @Nullable Chunk take(int length) {
        if (length <= chunkSize) {
            return take();
        }
        if (length > LARGE_CHUNK_SIZE) {
            throw new IllegalArgumentException(
                    "length " + length + " is above " + LARGE_CHUNK_SIZE);
        }
        if (inUse.get() + LARGE_CHUNK_SIZE > capacity) {
            return null;
        }
        collect();
        Chunk chunk = freeLarge;
        if (chunk == null) {
            chunk = new Chunk(this, Arena.ofAuto().allocate(LARGE_CHUNK_SIZE, 64));
        } else {
            freeLarge = null;
        }
        chunk.taken();
        inUse.getAndAdd(chunk.size());
        return chunk;
    }

    /** Bytes of the chunks that are taken and not yet given back. */
    public long inUse() {
        return inUse.get();
    }

    /** Most bytes that may be taken. */
    public long capacity() {
        return capacity;
    }

    /** Bytes of an ordinary chunk. */
    public int chunkSize() {
        return chunkSize;
    }

    /** How near to its capacity the pool is. */
    public Pressure pressure() {
        long used = inUse.get();
        if (used < capacity / 2) {
            return Pressure.NORMAL;
        }
        return used < capacity / 8 * 7 ? Pressure.NO_GROWTH : Pressure.IN_ORDER_ONLY;
    }

    void giveBack(Chunk chunk) {
        inUse.getAndAdd(-chunk.size());
        Chunk head;
        do {
            head = returned.get();
            chunk.next = head;
        } while (!returned.compareAndSet(head, chunk));
    }

    private void collect() {
        Chunk chunk = returned.getAndSet(null);
        while (chunk != null) {
            Chunk following = chunk.next;
            if (chunk.size() == chunkSize) {
                chunk.next = free;
                free = chunk;
            } else {
                chunk.next = null;
                freeLarge = chunk; // one is kept, the others go to the collector
            }
            chunk = following;
        }
    }

    private void allocateSlab() {
        long room = (capacity - allocated) / chunkSize;
        int count = (int) Math.min(room, Math.max(1, SLAB_BYTES / chunkSize));
        if (count <= 0) {
            return;
        }
        MemorySegment slab = Arena.ofAuto().allocate((long) count * chunkSize, 64);
        allocated += slab.byteSize();
        for (int i = 0; i < count; i++) {
            Chunk chunk = new Chunk(this, slab.asSlice((long) i * chunkSize, chunkSize));
            chunk.next = free;
            free = chunk;
        }
    }
}
