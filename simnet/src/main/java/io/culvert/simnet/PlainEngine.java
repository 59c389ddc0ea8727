package io.culvert.simnet;

import io.culvert.netstack.NetStack;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;

/**
 * A stack without a tunnel: its IP packets travel as they are, each as one datagram to the one
 * peer. Here the network sees TCP, so that {@link TcpWireCheck} can look at it, and faults reach it
 * that a tunnel would keep away.
 *
 * @param mtu of the stack in bytes
 * @param destination the peer
 */
public record PlainEngine(NetStack stack, int mtu, InetSocketAddress destination)
        implements HostEngine {
    @Override
    public int capacity() {
        return mtu;
    }

    @Override
    public void receive(
            MemorySegment slab,
            long offset,
            int length,
            int segmentSize,
            InetSocketAddress source,
            long now) {
        for (int done = 0; done < length; done += segmentSize) {
            stack.input(slab, offset + done, Math.min(segmentSize, length - done), now);
        }
    }

    @Override
    public void settle(long now) {
        stack.endBatch(now);
        stack.deliver();
    }

    @Override
    public int pull(MemorySegment slab, long offset, int capacity, long now) {
        return stack.pull(slab, offset, capacity, now);
    }

    @Override
    public long nextDeadline() {
        return stack.nextDeadline();
    }

    @Override
    public void handleTimers(long now) {
        stack.handleTimers(now);
    }

    @Override
    public void wallClock(long offset) {}
}
