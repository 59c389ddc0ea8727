package io.culvert.netstack;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Written and not yet acknowledged bytes of one flow: a ring of pieces of memory on loan from the
 * application. Small writes are copied together into chunks of the pool instead, so that neither
 * many tiny pieces nor large memory pinned by few bytes can build up.
 */
final class SendBuffer {
    /** Writes below this are copied. */
    static final int COPY_BELOW = 1024;

    private static final int FIRST_CAPACITY = 4;
    private static final int KEPT_CAPACITY = 16;
    private static final long[] NO_LONGS = new long[0];
    private static final MemorySegment[] NO_MEMORY = new MemorySegment[0];
    private static final @Nullable Object[] NO_OWNERS = new @Nullable Object[0];

    private final ChunkPool pool;
    private final LeaseReleases releases;
    private final SendBudget budget;
    private MemorySegment[] memory = NO_MEMORY;

    /** A {@link Lease}, or the {@link Chunk} of copied writes. */
    private @Nullable Object[] owner = NO_OWNERS;

    /** Position of the first byte of each piece. */
    private long[] from = NO_LONGS;

    /** Where that byte lies in its memory. */
    private long[] offset = NO_LONGS;

    private int first;
    private int count;
    private long origin;
    private long start;
    private long end;

    /** Index of the piece used last: sending goes on where it was. */
    private int cursor;

    SendBuffer(ChunkPool pool, LeaseReleases releases, SendBudget budget) {
        this.pool = pool;
        this.releases = releases;
        this.budget = budget;
    }

    /** The position of the first byte to be written. */
    void open(long position) {
        origin = position;
        start = position;
        end = position;
    }

    /** Where the stream began. */
    long origin() {
        return origin;
    }

    /** Position behind the last byte written. */
    long end() {
        return end;
    }

    long size() {
        return end - start;
    }

    /** How much more it may hold of {@code most} and of what all flows share; may be negative. */
    long room(long most) {
        return Math.min(most, budget.perFlow()) - size();
    }

    /** Chunks of the pool held now. */
    int chunks() {
        int held = 0;
        for (int n = 0; n < count; n++) {
            held += owner[index(n)] instanceof Chunk ? 1 : 0;
        }
        return held;
    }

    void append(MemorySegment source, long sourceOffset, int length, Lease lease) {
        if (length < COPY_BELOW && copy(source, sourceOffset, length)) {
            lease.release();
            return;
        }
        addPiece(source, sourceOffset, lease);
        end += length;
        budget.changed(length);
    }

    private boolean copy(MemorySegment source, long sourceOffset, int length) {
        int done = 0;
        Chunk tail = count == 0 ? null : tailChunk();
        if (tail != null) {
            done = Math.min(length, tail.size() - tail.used);
            fill(tail, source, sourceOffset, done);
        }
        if (done == length) {
            return true;
        }
        Chunk fresh = pool.take();
        if (fresh == null) {
            end -= done;
            if (tail != null) {
                tail.used -= done;
            }
            return false;
        }
        addPiece(fresh.memory(), 0, fresh);
        fill(fresh, source, sourceOffset + done, length - done);
        return true;
    }

    private @Nullable Chunk tailChunk() {
        return owner[index(count - 1)] instanceof Chunk chunk ? chunk : null;
    }

    private void fill(Chunk chunk, MemorySegment source, long sourceOffset, int length) {
        MemorySegment.copy(source, sourceOffset, chunk.memory(), chunk.used, length);
        chunk.used += length;
        end += length;
    }

    private void addPiece(MemorySegment piece, long pieceOffset, Object pieceOwner) {
        if (count == from.length) {
            grow();
        }
        int i = index(count++);
        memory[i] = piece;
        owner[i] = pieceOwner;
        from[i] = end;
        offset[i] = pieceOffset;
    }

    private int index(int n) {
        return (first + n) & (from.length - 1);
    }

    private void grow() {
        int capacity = Math.max(FIRST_CAPACITY, count * 2);
        MemorySegment[] newMemory = new MemorySegment[capacity];
        Arrays.fill(newMemory, MemorySegment.NULL);
        @Nullable Object[] newOwner = new @Nullable Object[capacity];
        long[] newFrom = new long[capacity];
        long[] newOffset = new long[capacity];
        for (int n = 0; n < count; n++) {
            int i = index(n);
            newMemory[n] = memory[i];
            newOwner[n] = owner[i];
            newFrom[n] = from[i];
            newOffset[n] = offset[i];
        }
        memory = newMemory;
        owner = newOwner;
        from = newFrom;
        offset = newOffset;
        first = 0;
    }

    /**
     * Copies {@code length} bytes from {@code position} on to the target.
     *
     * @return their partial checksum
     */
    int copyOut(long position, int length, MemorySegment target, long targetOffset) {
        int piece = find(position);
        int sum = 0;
        int done = 0;
        while (done < length) {
            int i = index(piece);
            long pieceEnd = piece + 1 < count ? from[index(piece + 1)] : end;
            long skip = position + done - from[i];
            int part = (int) Math.min(length - done, pieceEnd - from[i] - skip);
            int partSum =
                    Checksum.copyAndSum(
                            memory[i], offset[i] + skip, target, targetOffset + done, part);
            sum = Checksum.append(sum, done, partSum);
            done += part;
            piece++;
        }
        return sum;
    }

    private int find(long position) {
        int at = cursor;
        if (at >= count || from[index(at)] > position) {
            at = search(position);
        } else if (at + 1 < count && from[index(at + 1)] <= position) {
            at++;
            if (at + 1 < count && from[index(at + 1)] <= position) {
                at = search(position);
            }
        }
        cursor = at;
        return at;
    }

    private int search(long position) {
        int low = 0;
        int high = count - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (from[index(middle)] <= position) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    /** Gives back every piece that lies wholly below {@code position}. */
    void release(long position) {
        start = Math.max(start, Math.min(position, end));
        while (count > 0) {
            long pieceEnd = count > 1 ? from[index(1)] : end;
            if (pieceEnd > start) {
                return;
            }
            dropFirst();
        }
        if (from.length > KEPT_CAPACITY) {
            shrink();
        }
    }

    private void dropFirst() {
        Object leaving = owner[first];
        long length = (count > 1 ? from[index(1)] : end) - from[first];
        owner[first] = null;
        memory[first] = MemorySegment.NULL;
        first = index(1);
        count--;
        cursor = Math.max(0, cursor - 1);
        if (leaving instanceof Chunk chunk) {
            chunk.release();
        } else if (leaving instanceof Lease lease) {
            budget.changed(-length);
            releases.add(lease);
        }
    }

    /** Gives everything back. */
    void clear() {
        while (count > 0) {
            dropFirst();
        }
        start = end;
        shrink();
    }

    private void shrink() {
        memory = NO_MEMORY;
        owner = NO_OWNERS;
        from = NO_LONGS;
        offset = NO_LONGS;
        first = 0;
        cursor = 0;
    }
}
