package io.culvert.simnet;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * An endless stream of bytes of which each is a function of a seed and its position: what a
 * transfer sends, and what its receiver compares with, so that a byte lost, doubled, misplaced or
 * of another stream shows at once.
 */
public final class StreamPattern {
    private static final ValueLayout.OfLong WORD =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final long STEP = 0x9E3779B97F4A7C15L;

    private final long seed;

    public StreamPattern(long seed) {
        this.seed = SeededRandom.mix(seed);
    }

    /** The byte at a position. */
    public byte at(long position) {
        return (byte) (word(position >>> 3) >>> ((position & 7) * 8));
    }

    /** Writes the bytes from {@code position} on. */
    public void fill(long position, MemorySegment memory, long offset, int length) {
        int i = 0;
        for (; i < length && ((position + i) & 7) != 0; i++) {
            memory.set(ValueLayout.JAVA_BYTE, offset + i, at(position + i));
        }
        for (; i + 8 <= length; i += 8) {
            memory.set(WORD, offset + i, word((position + i) >>> 3));
        }
        for (; i < length; i++) {
            memory.set(ValueLayout.JAVA_BYTE, offset + i, at(position + i));
        }
    }

    /**
     * Index of the first byte that isn't the one that belongs to {@code position} plus that index;
     * -1 for none.
     */
    public int mismatch(long position, MemorySegment memory, long offset, int length) {
        int i = 0;
        while (i < length) {
            boolean whole = ((position + i) & 7) == 0 && i + 8 <= length;
            if (whole && memory.get(WORD, offset + i) == word((position + i) >>> 3)) {
                i += 8;
            } else if (memory.get(ValueLayout.JAVA_BYTE, offset + i) == at(position + i)) {
                i++;
            } else {
                return i;
            }
        }
        return -1;
    }

    private long word(long index) {
        return SeededRandom.mix(seed + index * STEP);
    }
}
