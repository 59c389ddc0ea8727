package io.culvert.tunnel;

import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;

/** Batches of one train. */
final class Trains {
    private Trains() {}

    static TrainBatch of(
            MemorySegment slab,
            int offset,
            int length,
            int segmentSize,
            InetSocketAddress destination,
            int trafficClass) {
        TrainBatch batch = new TrainBatch(slab);
        batch.add(offset, length, segmentSize, destination, trafficClass);
        return batch;
    }
}
