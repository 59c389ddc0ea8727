package io.culvert.simnet;

import io.culvert.netstack.NetStack;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link SimHost} drives: a tunnel, or a stack without one. The methods are those of {@link
 * io.culvert.tunnel.TunnelCore}, whose turn is also theirs.
 */
public interface HostEngine {
    /** The stack on which the host's applications run. */
    NetStack stack();

    /**
     * Bytes of the largest datagram that {@link #pull} writes, with what it needs beside while it
     * does.
     */
    int capacity();

    /** Takes a train of datagrams from one source; the memory is only borrowed. */
    void receive(
            MemorySegment slab,
            long offset,
            int length,
            int segmentSize,
            InetSocketAddress source,
            long now);

    /** Ends the batch and runs the handlers. */
    void settle(long now);

    /** Writes the next datagram and returns its length, 0 when there is none. */
    int pull(MemorySegment slab, long offset, int capacity, long now);

    /** Where the datagram just pulled goes. */
    @Nullable InetSocketAddress destination();

    /** When {@link #handleTimers} is due, {@link Long#MAX_VALUE} for never. */
    long nextDeadline();

    void handleTimers(long now);

    /** The host slept; called before {@link #handleTimers}. */
    default void resumed(long now) {}

    /** The wall clock shows {@code now + offset} nanoseconds since 1970. */
    void wallClock(long offset);
}
