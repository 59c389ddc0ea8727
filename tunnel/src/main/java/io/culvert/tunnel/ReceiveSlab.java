package io.culvert.tunnel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** The memory into which the sockets of a transport are read, one after the other. */
final class ReceiveSlab {
    /** Takes whatever one message brings. */
    final MemorySegment train;

    private final Arena arena;
    private @Nullable DatagramBatch batch;

    /**
     * @param arena lives as long as the transport
     * @param size bytes of the longest train or datagram that is taken whole
     */
    ReceiveSlab(Arena arena, int size) {
        this.arena = arena;
        train = arena.allocate(size, 64);
    }

    /** Takes many datagrams; made when the first socket needs it. */
    DatagramBatch batch() {
        DatagramBatch made = batch;
        if (made == null) {
            made = new DatagramBatch(arena);
            batch = made;
        }
        return made;
    }
}
