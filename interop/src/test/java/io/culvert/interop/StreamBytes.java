package io.culvert.interop;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Random;

/**
 * The bytes of one direction of a connection. Both ends know them from the ports alone: each stream
 * begins at a place of its own in one random block, which repeats after a prime number of bytes.
 */
final class StreamBytes {
    private static final int PERIOD = 1_000_003;

    /** Most bytes that {@link #run} gives. */
    static final int RUN = 1 << 17;

    private static final MemorySegment BLOCK = Arena.global().allocate(PERIOD + RUN);

    static {
        byte[] random = new byte[PERIOD];
        new Random(93).nextBytes(random);
        MemorySegment.copy(random, 0, BLOCK, ValueLayout.JAVA_BYTE, 0, PERIOD);
        MemorySegment.copy(BLOCK, 0, BLOCK, PERIOD, RUN);
    }

    private final int first;

    private StreamBytes(int first) {
        this.first = first;
    }

    static StreamBytes between(InetSocketAddress from, InetSocketAddress to) {
        return new StreamBytes(
                Math.floorMod(from.getPort() * 65_537L + to.getPort() * 257L, PERIOD));
    }

    /** Memory that holds them all; {@link #RUN} bytes stand at the {@link #place} of a position. */
    static MemorySegment memory() {
        return BLOCK;
    }

    long place(long position) {
        return (first + position) % PERIOD;
    }

    /** The bytes from a position on. */
    ByteBuffer run(long position, int length) {
        return BLOCK.asSlice(place(position), length).asByteBuffer();
    }

    /** Fails unless these are the bytes at that position. */
    void verify(MemorySegment m, long offset, int length, long position) {
        for (int done = 0; done < length; done += RUN) {
            int n = Math.min(RUN, length - done);
            long at = offset + done;
            long place = place(position + done);
            long wrong = MemorySegment.mismatch(m, at, at + n, BLOCK, place, place + n);
            if (wrong >= 0) {
                throw new AssertionError("wrong byte at " + (position + done + wrong));
            }
        }
    }
}
