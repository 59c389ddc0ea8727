package io.culvert.simnet;

import io.culvert.netstack.NetStack;
import io.culvert.tunnel.TunnelCore;
import io.culvert.wireguard.Device;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The product's own joint of WireGuard and TCP/IP as a host's engine.
 *
 * @param mtu of the tunnel, in bytes of inner IP packet
 */
public record TunnelEngine(TunnelCore core, int mtu) implements HostEngine {
    @Override
    public NetStack stack() {
        return core.stack();
    }

    @Override
    public int capacity() {
        return mtu + Device.OVERHEAD + Device.MAX_PADDING;
    }

    @Override
    public void receive(
            MemorySegment slab,
            long offset,
            int length,
            int segmentSize,
            InetSocketAddress source,
            long now) {
        core.receive(slab, offset, length, segmentSize, source, now);
    }

    @Override
    public void settle(long now) {
        core.settle(now);
    }

    @Override
    public int pull(MemorySegment slab, long offset, int capacity, long now) {
        return core.pull(slab, offset, capacity, now);
    }

    @Override
    public @Nullable InetSocketAddress destination() {
        return core.destination();
    }

    @Override
    public long nextDeadline() {
        return core.nextDeadline();
    }

    @Override
    public void handleTimers(long now) {
        core.handleTimers(now);
    }

    @Override
    public void resumed(long now) {
        core.device().resumed(now);
    }

    @Override
    public void wallClock(long offset) {
        core.device().wallClock(offset);
    }
}
