package io.culvert.tunnel;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Trains that wait to be sent, in order, in one piece of memory. A transport takes them off as they
 * leave; with what is left the batch comes again, to the same transport or to its successor. Event
 * loop only.
 */
public final class TrainBatch {
    /** Most trains of a batch: as many as one call of the kernel's takes with us. */
    static final int CAPACITY = 64;

    private final MemorySegment memory;
    private final int[] offsets = new int[CAPACITY];
    private final int[] lengths = new int[CAPACITY];
    private final int[] segmentSizes = new int[CAPACITY];
    private final int[] trafficClasses = new int[CAPACITY];
    private final @Nullable InetSocketAddress[] destinations =
            new @Nullable InetSocketAddress[CAPACITY];
    private int first;
    private int end;
    private int bytes;

    TrainBatch(MemorySegment memory) {
        this.memory = memory;
    }

    /**
     * Appends a train.
     *
     * @param length bytes of the whole train, at most {@link UdpTransport#MAX_TRAIN}
     * @param segmentSize bytes of each datagram, at most {@code length}; the last may be shorter
     * @param trafficClass the DSCP and ECN byte of their packets
     */
    void add(
            int offset,
            int length,
            int segmentSize,
            InetSocketAddress destination,
            int trafficClass) {
        offsets[end] = offset;
        lengths[end] = length;
        segmentSizes[end] = segmentSize;
        destinations[end] = destination;
        trafficClasses[end] = trafficClass;
        bytes += length;
        end++;
    }

    boolean isEmpty() {
        return first == end;
    }

    /** Whether no more trains may be added before the batch has been sent. */
    boolean isFull() {
        return end == CAPACITY;
    }

    /** Trains that have not left, or not wholly. */
    int size() {
        return end - first;
    }

    /** Bytes that have not left. */
    int bytes() {
        return bytes;
    }

    MemorySegment memory() {
        return memory;
    }

    /** Where what is left of a train begins; trains count from 0, the next to leave. */
    int offset(int train) {
        return offsets[first + train];
    }

    /** Bytes that are left of a train. */
    int length(int train) {
        return lengths[first + train];
    }

    int segmentSize(int train) {
        return segmentSizes[first + train];
    }

    int trafficClass(int train) {
        return trafficClasses[first + train];
    }

    InetSocketAddress destination(int train) {
        InetSocketAddress to = destinations[first + train];
        if (to == null) {
            throw new IndexOutOfBoundsException(train);
        }
        return to;
    }

    /**
     * Takes the first train off, for senders that know datagrams only.
     *
     * @param send takes each of its datagrams over
     */
    void takeApart(ByteBufAllocator allocator, Consumer<ByteBuf> send) {
        int length = length(0);
        ByteBuf train = allocator.directBuffer(length);
        train.writeBytes(memory.asSlice(offset(0), length).asByteBuffer());
        while (train.isReadable()) {
            int datagram = Math.min(segmentSize(0), train.readableBytes());
            send.accept(train.readRetainedSlice(datagram));
        }
        train.release();
        boolean _ = taken(length);
    }

    /**
     * Takes bytes off the first train, whole datagrams of it.
     *
     * @return whether nothing is left of that train
     */
    boolean taken(int count) {
        offsets[first] += count;
        lengths[first] -= count;
        bytes -= count;
        if (lengths[first] > 0) {
            return false;
        }
        first++;
        if (first == end) {
            clear();
        }
        return true;
    }

    /** Takes off all that is left. */
    void clear() {
        Arrays.fill(destinations, 0, end, null);
        first = 0;
        end = 0;
        bytes = 0;
    }
}
