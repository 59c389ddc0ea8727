package io.culvert.tunnel;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The side of a tunnel on which packets are plain: a TCP/IP stack of ours, or an interface of the
 * system's. Event loop only; all times are monotonic nanoseconds.
 */
interface PacketSide {
    /**
     * Takes a packet that came through the tunnel. The memory is the caller's again after {@link
     * #endTrain}.
     *
     * @param party names its sender
     */
    void input(MemorySegment slab, long offset, int length, int party, long now);

    /** The packets since the last call lay in memory that is used anew after this one. */
    void endTrain();

    /** The batch ends here. */
    void endBatch(long now);

    /** Tells what happened to whom it concerns. */
    void deliver();

    /**
     * Writes the next packet that is to go through the tunnel.
     *
     * @param capacity bytes free at {@code offset}
     * @return its length; 0 when there is none
     */
    int pull(MemorySegment slab, long offset, int capacity, long now);

    /** When {@link #handleTimers} is due; {@link Long#MAX_VALUE} for never. */
    long nextDeadline();

    void handleTimers(long now);

    /** What a network interface did, if it is one. */
    default TunnelStats.@Nullable Tun interfaceStats() {
        return null;
    }

    /** The tunnel is being closed in order: nothing new is to begin. */
    default void closing() {}

    /** Ends everything and frees it. */
    void close();
}
