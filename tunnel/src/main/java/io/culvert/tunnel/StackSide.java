package io.culvert.tunnel;

import io.culvert.netstack.NetStack;
import java.lang.foreign.MemorySegment;

/** Our own stack as a tunnel sees it. */
record StackSide(NetStack stack) implements PacketSide {
    @Override
    public void input(MemorySegment slab, long offset, int length, int party, long now) {
        stack.input(slab, offset, length, party, now);
    }

    /** The stack has copied what it keeps. */
    @Override
    public void endTrain() {}

    @Override
    public void endBatch(long now) {
        stack.endBatch(now);
    }

    @Override
    public void deliver() {
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
    public void closing() {
        stack.forwarder(RefuseEverything.INSTANCE);
    }

    @Override
    public void close() {
        stack.close();
        stack.deliver();
    }
}
