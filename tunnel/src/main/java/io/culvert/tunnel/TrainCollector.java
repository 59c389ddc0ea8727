package io.culvert.tunnel;

import io.netty.buffer.ByteBuf;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Puts datagrams that arrive one by one together to trains: equal ones of one source, of which the
 * last may be shorter. Event loop only.
 */
final class TrainCollector {
    /** The largest UDP datagram, and the largest that a kernel coalesces: never truncated. */
    static final int CAPACITY = 65535;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment slab = arena.allocate(CAPACITY, 64);
    private final ByteBuffer slabBuffer = slab.asByteBuffer();
    private final UdpCounters counters;
    private UdpTransport.@Nullable Receiver receiver;
    private boolean freed;

    // The train being put together in the slab; empty when trainLength is 0.
    private int trainLength;
    private int trainSegment;
    private boolean trainEnded;
    private @Nullable InetSocketAddress trainSource;

    TrainCollector(UdpCounters counters) {
        this.counters = counters;
    }

    /** Who gets the trains; until this is known they are dropped. */
    void receiver(UdpTransport.Receiver receiver) {
        this.receiver = receiver;
    }

    /** Copies a datagram, after the train before it is delivered if it doesn't belong to it. */
    void add(ByteBuf datagram, InetSocketAddress source) {
        int length = datagram.readableBytes();
        if (length == 0 || length > CAPACITY) {
            return;
        }
        if (!joins(length, source)) {
            deliver();
        }
        if (freed) {
            return; // what was delivered was the end of the tunnel
        }
        if (trainLength == 0) {
            trainSegment = length;
            trainSource = steady(source);
        } else {
            trainEnded = length < trainSegment;
        }
        datagram.readBytes(slabBuffer.clear().position(trainLength).limit(trainLength + length));
        trainLength += length;
    }

    private boolean joins(int length, InetSocketAddress source) {
        InetSocketAddress of = trainSource;
        return !trainEnded
                && trainLength > 0
                && length <= trainSegment
                && trainLength + length <= CAPACITY
                && of != null
                && same(source, of);
    }

    /** The object used before when the address is the same, so that later compares are cheap. */
    private InetSocketAddress steady(InetSocketAddress source) {
        InetSocketAddress before = trainSource;
        return before != null && same(source, before) ? before : withoutZone(source);
    }

    /** Netty's epoll gives every IPv6 address a zone, 0 where there is none. */
    private static InetSocketAddress withoutZone(InetSocketAddress source) {
        if (!(source.getAddress() instanceof Inet6Address v6) || v6.getScopeId() != 0) {
            return source;
        }
        try {
            InetAddress plain = InetAddress.getByAddress(v6.getAddress());
            return new InetSocketAddress(plain, source.getPort());
        } catch (UnknownHostException e) {
            throw new AssertionError("16 bytes are an address", e);
        }
    }

    private static boolean same(InetSocketAddress a, InetSocketAddress b) {
        return a.equals(b) && scope(a) == scope(b);
    }

    private static int scope(InetSocketAddress a) {
        return a.getAddress() instanceof Inet6Address v6 ? v6.getScopeId() : 0;
    }

    /** Hands over the train that is being put together, if there is one. */
    void deliver() {
        int length = trainLength;
        InetSocketAddress source = trainSource;
        trainLength = 0;
        trainEnded = false;
        if (length == 0 || freed || receiver == null || source == null) {
            return;
        }
        counters.receivedTrains++;
        counters.receivedBytes += length;
        receiver.datagrams(slab, 0, length, trainSegment, source, 0);
    }

    /** Frees the memory; what comes is dropped. */
    void free() {
        if (!freed) {
            freed = true;
            arena.close();
        }
    }
}
