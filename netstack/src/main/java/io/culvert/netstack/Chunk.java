package io.culvert.netstack;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A reference-counted piece of native memory of a {@link ChunkPool}.
 *
 * <p>A chunk is taken with one reference. {@link #retain} and {@link #release} may be called from
 * any thread; the last release returns it to its pool. The memory may only be touched while a
 * reference is held.
 */
public final class Chunk {
    private static final VarHandle REFERENCES;

    static {
        try {
            REFERENCES = MethodHandles.lookup().findVarHandle(Chunk.class, "references", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final ChunkPool pool;
    private final MemorySegment memory;
    private final ByteBuffer buffer;

    @SuppressWarnings("unused") // through REFERENCES
    private volatile int references;

    /** Link of the one list (free list or queue) that the chunk is in. */
    @Nullable Chunk next;

    /** Bytes filled from the start, kept by the queue that fills the chunk. */
    int used;

    /**
     * Whatever the user wants to keep beside the memory for as long as the pool lives, such as
     * another library's view of it; the stack doesn't touch it.
     */
    public @Nullable Object attachment;

    Chunk(ChunkPool pool, MemorySegment memory) {
        this.pool = pool;
        this.memory = memory;
        this.buffer = memory.asByteBuffer();
    }

    /** The chunk's whole memory. */
    public MemorySegment memory() {
        return memory;
    }

    /**
     * The same memory as a direct buffer. The same object every time: make a duplicate or a slice
     * instead of moving its position or limit.
     */
    public ByteBuffer buffer() {
        return buffer;
    }

    /** Size in bytes. */
    public int size() {
        return (int) memory.byteSize();
    }

    /**
     * Adds a reference.
     *
     * @throws IllegalStateException if the chunk was already released
     */
    public void retain() {
        int before = (int) REFERENCES.getAndAdd(this, 1);
        if (before <= 0) {
            REFERENCES.getAndAdd(this, -1);
            throw new IllegalStateException("retain of a released chunk");
        }
    }

    /**
     * Drops a reference; the last one returns the chunk to its pool.
     *
     * @throws IllegalStateException if no reference was left
     */
    public void release() {
        int before = (int) REFERENCES.getAndAdd(this, -1);
        if (before == 1) {
            pool.giveBack(this);
        } else if (before <= 0) {
            REFERENCES.getAndAdd(this, 1);
            throw new IllegalStateException("release of a released chunk");
        }
    }

    /** References held now. */
    int references() {
        return (int) REFERENCES.getVolatile(this);
    }

    void taken() {
        REFERENCES.setVolatile(this, 1);
        next = null;
        used = 0;
    }
}
