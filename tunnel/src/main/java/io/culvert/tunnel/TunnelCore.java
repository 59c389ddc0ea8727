package io.culvert.tunnel;

import io.culvert.netstack.NetStack;
import io.culvert.wireguard.Device;
import io.culvert.wireguard.Peer;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A WireGuard device and a TCP/IP stack joined: datagrams on one side, connections on the other.
 * (Or, in the stack's place, an interface of the system's.)
 *
 * <p>Pure: no thread, socket or clock. The live {@link Tunnel} and the simulated network drive the
 * same object in the same order of a turn: {@link #receive} as often as datagrams arrived, {@link
 * #settle} once, {@link #pull} until it returns 0 or the socket is full, then sleep until {@link
 * #nextDeadline} and call {@link #handleTimers}. All times are monotonic nanoseconds. Not
 * thread-safe: one driver, one thread.
 */
public final class TunnelCore {
    private final Device device;
    private final PacketSide inside;
    private @Nullable InetSocketAddress destination;
    private long unroutable;

    /** Joins the two; both are driven by this object alone from now on. */
    public TunnelCore(Device device, NetStack stack) {
        this(device, new StackSide(stack));
    }

    TunnelCore(Device device, PacketSide inside) {
        this.device = device;
        this.inside = inside;
    }

    public Device device() {
        return device;
    }

    /**
     * Our stack.
     *
     * @throws IllegalStateException if there is none
     */
    public NetStack stack() {
        if (inside instanceof StackSide(NetStack stack)) {
            return stack;
        }
        throw new IllegalStateException("the tunnel's packets are the system's");
    }

    PacketSide inside() {
        return inside;
    }

    /** Takes a train of datagrams of which it isn't known how the network marked them. */
    public void receive(
            MemorySegment slab,
            long offset,
            int length,
            int segmentSize,
            InetSocketAddress source,
            long now) {
        receive(slab, offset, length, segmentSize, source, 0, now);
    }

    /**
     * Takes a train of datagrams from one source, decrypting in place.
     *
     * @param length bytes of the whole train, at {@code offset} of {@code slab}
     * @param segmentSize bytes of each datagram; the last may be shorter
     * @param ecn the two ECN bits of the packets that brought them, 0 if unknown
     * @param now arrival time of the batch
     */
    public void receive(
            MemorySegment slab,
            long offset,
            int length,
            int segmentSize,
            InetSocketAddress source,
            int ecn,
            long now) {
        for (int done = 0; done < length; done += segmentSize) {
            int datagram = Math.min(segmentSize, length - done);
            int packet = device.receive(slab, offset + done, datagram, source, ecn, now);
            if (packet > 0) {
                inside.input(slab, offset + done + Device.HEADER, packet, party(), now);
            }
        }
        inside.endTrain();
    }

    /** Names the sender to the stack, which shares its memory out among peers. */
    private int party() {
        Peer sender = device.sender();
        return sender == null ? -1 : sender.publicKey().hashCode() & Integer.MAX_VALUE;
    }

    /** Ends a batch: each touched peer and flow decides once, then the handlers run. */
    public void settle(long now) {
        device.endBatch(now);
        inside.endBatch(now);
        inside.deliver();
    }

    /**
     * Writes the next datagram at {@code offset}: the protocol's own first, then the stack's next
     * packet, encrypted where it was written.
     *
     * @param capacity bytes free at {@code offset}; at least the tunnel's MTU plus {@link
     *     Device#OVERHEAD} plus {@link Device#MAX_PADDING}
     * @return the datagram's length; 0 when there is nothing to send
     */
    public int pull(MemorySegment slab, long offset, int capacity, long now) {
        int own = device.pollTransmit(slab, offset, capacity, now);
        if (own > 0) {
            destination = device.destination();
            return own;
        }
        int room = capacity - Device.OVERHEAD - Device.MAX_PADDING;
        while (true) {
            int packet = inside.pull(slab, offset + Device.HEADER, room, now);
            if (packet <= 0) {
                return 0;
            }
            int datagram = device.seal(slab, offset, packet, now);
            if (datagram > 0) {
                destination = device.destination();
                return datagram;
            }
            if (datagram == Device.STAGED) {
                // Staging may have asked for a handshake, which goes out ahead of more data.
                int initiation = device.pollTransmit(slab, offset, capacity, now);
                if (initiation > 0) {
                    destination = device.destination();
                    return initiation;
                }
            } else {
                unroutable++;
            }
        }
    }

    /** Where the datagram just pulled goes. */
    public @Nullable InetSocketAddress destination() {
        return destination;
    }

    /** Whose it is; null for a cookie reply. */
    public @Nullable Peer recipient() {
        return device.recipient();
    }

    /** The DSCP and ECN byte that its outer packet should have. */
    public int trafficClass() {
        return device.trafficClass();
    }

    /** When {@link #handleTimers} is due; {@link Long#MAX_VALUE} for never. */
    public long nextDeadline() {
        return Math.min(device.nextDeadline(), inside.nextDeadline());
    }

    /** Runs everything that is due; {@link #settle} and {@link #pull} follow. */
    public void handleTimers(long now) {
        if (device.nextDeadline() <= now) {
            device.handleTimers(now);
        }
        if (inside.nextDeadline() <= now) {
            inside.handleTimers(now);
        }
    }

    /** Packets of the stack that no peer's allowed IPs cover, or whose peer has no endpoint. */
    public long unroutable() {
        return unroutable;
    }
}
