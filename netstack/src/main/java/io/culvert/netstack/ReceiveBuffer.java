package io.culvert.netstack;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Received and not yet read bytes of one flow. Each byte of the window has its place in a row of
 * chunks, so out-of-order data is stored once and where it belongs, and memory never exceeds the
 * window. Chunks are taken when data comes and dropped when everything was handed out.
 */
final class ReceiveBuffer {
    /** Out-of-order ranges kept; more are refused (CVE-2018-5390). */
    static final int MAX_RANGES = 1024;

    /** What {@link #copyInOrder} returns when the pool is empty. */
    static final int NO_MEMORY = -1;

    private static final int KEPT_CAPACITY = 16;
    private static final @Nullable Chunk[] NO_CHUNKS = new @Nullable Chunk[0];

    private final ChunkPool pool;
    private final ReceiveBudget budget;
    private final int chunkSize;
    private final RangeSet ranges = new RangeSet(MAX_RANGES);
    private @Nullable Chunk[] ring = NO_CHUNKS;
    private int head;

    /** Position of the first byte of the chunk at {@link #head}. */
    private long base;

    private int held;
    private long readPosition;
    private long next;

    ReceiveBuffer(ChunkPool pool, ReceiveBudget budget) {
        this.pool = pool;
        this.budget = budget;
        chunkSize = pool.chunkSize();
    }

    void open(long position) {
        base = position;
        readPosition = position;
        next = position;
    }

    /** RCV.NXT, a FIN left out. */
    long next() {
        return next;
    }

    /** In-order bytes not yet read. */
    int available() {
        return (int) (next - readPosition);
    }

    long readPosition() {
        return readPosition;
    }

    RangeSet outOfOrder() {
        return ranges;
    }

    /**
     * From the first byte that is missing to the last that is here, if at least half of that is
     * here: a byte at the far end of the window proves nothing.
     */
    long behindHoles() {
        return ranges.isEmpty()
                ? 0
                : Math.min(ranges.to(ranges.count() - 1) - next, 2 * ranges.total());
    }

    /** Forgets what is out of order, which a receiver may (RFC 2018, 8). */
    void renege() {
        ranges.clear();
        int kept = chunksInOrder();
        for (int n = kept; n < ring.length; n++) {
            int i = (head + n) & (ring.length - 1);
            Chunk chunk = ring[i];
            if (chunk != null) {
                ring[i] = null;
                held--;
                chunk.release();
            }
        }
    }

    /** Chunks of what can be read, from the head on. */
    private int chunksInOrder() {
        return readPosition == next ? 0 : (int) ((next - 1 - base) / chunkSize) + 1;
    }

    /** Chunks held now. */
    int chunks() {
        return held;
    }

    /**
     * Copies bytes that follow directly on what is there, and are followed by no out-of-order data,
     * without making them readable: that is for {@link #accept}, when their checksum proved right.
     *
     * @return their partial checksum, or {@link #NO_MEMORY}
     */
    int copyInOrder(MemorySegment source, long sourceOffset, int length) {
        int done = 0;
        int sum = 0;
        while (done < length) {
            Chunk chunk = chunkFor(next + done);
            if (chunk == null) {
                return NO_MEMORY;
            }
            int at = (int) ((next + done - base) % chunkSize);
            int part = Math.min(length - done, chunkSize - at);
            int partSum =
                    Checksum.copyAndSum(source, sourceOffset + done, chunk.memory(), at, part);
            sum = Checksum.append(sum, done, partSum);
            done += part;
        }
        return sum;
    }

    /** Makes bytes of {@link #copyInOrder} readable. */
    void accept(int length) {
        next += length;
    }

    /**
     * Stores verified bytes at {@code position}, which is not below {@link #next}, wherever they
     * are not there yet: the first copy wins. False: no memory, or one range too many.
     */
    boolean store(long position, MemorySegment source, long sourceOffset, int length) {
        long end = position + length;
        long at = position;
        for (int i = ranges.firstEndingAfter(position); at < end; i++) {
            long gapEnd = i < ranges.count() ? Math.min(ranges.from(i), end) : end;
            if (gapEnd > at
                    && !copyTo(at, source, sourceOffset + at - position, (int) (gapEnd - at))) {
                return false;
            }
            if (i >= ranges.count()) {
                break;
            }
            at = ranges.to(i);
        }
        if (position > next) {
            return ranges.add(position, end);
        }
        next = Math.max(next, end);
        takeOverRanges();
        return true;
    }

    private void takeOverRanges() {
        if (ranges.isEmpty() || ranges.from(0) > next) {
            return;
        }
        int touching = ranges.firstEndingAfter(next);
        if (touching < ranges.count() && ranges.from(touching) <= next) {
            next = ranges.to(touching);
        }
        ranges.removeBefore(next);
    }

    private boolean copyTo(long position, MemorySegment source, long sourceOffset, int length) {
        int done = 0;
        while (done < length) {
            Chunk chunk = chunkFor(position + done);
            if (chunk == null) {
                return false;
            }
            int at = (int) ((position + done - base) % chunkSize);
            int part = Math.min(length - done, chunkSize - at);
            MemorySegment.copy(source, sourceOffset + done, chunk.memory(), at, part);
            done += part;
        }
        return true;
    }

    private @Nullable Chunk chunkFor(long position) {
        if (held == 0) {
            head = 0;
            base = next;
        }
        int n = (int) ((position - base) / chunkSize);
        if (n >= ring.length) {
            grow(n + 1);
        }
        int i = (head + n) & (ring.length - 1);
        Chunk chunk = ring[i];
        if (chunk == null) {
            chunk = budget.refuses(chunksInOrder()) ? null : pool.take();
            if (chunk != null) {
                ring[i] = chunk;
                held++;
            }
        }
        return chunk;
    }

    private void grow(int needed) {
        int capacity = Integer.highestOneBit(Math.max(needed, 2) - 1) * 2;
        @Nullable Chunk[] larger = new @Nullable Chunk[capacity];
        for (int n = 0; n < ring.length; n++) {
            larger[n] = ring[(head + n) & (ring.length - 1)];
        }
        ring = larger;
        head = 0;
    }

    /** Hands out the next contiguous bytes; the caller gets a reference to their chunk. */
    boolean read(Received out) {
        if (readPosition == next) {
            return false;
        }
        Chunk chunk = ring[head];
        if (chunk == null) {
            throw new IllegalStateException("no chunk at " + readPosition);
        }
        int at = (int) (readPosition - base);
        int length = (int) Math.min(next - readPosition, chunkSize - at);
        out.chunk = chunk;
        out.offset = at;
        out.length = length;
        readPosition += length;
        boolean drained = readPosition == next && ranges.isEmpty();
        if (at + length == chunkSize || drained) {
            dropHead(); // our reference becomes the reader's
        } else {
            chunk.retain();
        }
        if (drained) {
            dropSpare();
        }
        return true;
    }

    private void dropHead() {
        ring[head] = null;
        held--;
        head = (head + 1) & (ring.length - 1);
        base += chunkSize;
    }

    /** Chunks that a segment with a bad checksum left behind, and a large empty row. */
    private void dropSpare() {
        if (held > 0) {
            releaseAll();
        }
        if (ring.length > KEPT_CAPACITY) {
            ring = NO_CHUNKS;
        }
        head = 0;
    }

    private void releaseAll() {
        for (int i = 0; i < ring.length; i++) {
            Chunk chunk = ring[i];
            if (chunk != null) {
                ring[i] = null;
                chunk.release();
            }
        }
        held = 0;
    }

    /** Releases everything; what was not read is lost. */
    void clear() {
        releaseAll();
        ranges.clear();
        readPosition = next;
        ring = NO_CHUNKS;
        head = 0;
    }
}
