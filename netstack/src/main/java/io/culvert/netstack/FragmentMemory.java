package io.culvert.netstack;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The memory that all unfinished datagrams share, in blocks; made when the first fragment arrives.
 */
final class FragmentMemory {
    static final int BLOCK = 2048;

    /** 1 MiB in all. */
    static final int BLOCKS = 512;

    private @Nullable MemorySegment memory;
    private final short[] free = new short[BLOCKS];
    private int available = BLOCKS;

    FragmentMemory() {
        for (int i = 0; i < BLOCKS; i++) {
            free[i] = (short) i;
        }
    }

    MemorySegment memory() {
        MemorySegment m = memory;
        if (m == null) {
            m = Arena.ofAuto().allocate((long) BLOCK * BLOCKS, 64);
            memory = m;
        }
        return m;
    }

    int available() {
        return available;
    }

    /** A block, of which at least one must be available. */
    short take() {
        return free[--available];
    }

    void give(short block) {
        free[available++] = block;
    }
}
