package io.culvert.tunnel;

import io.culvert.wireguard.Device;
import io.culvert.wireguard.Peer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Pulls datagrams out of a {@link TunnelCore} one behind the other and sends them as trains.
 *
 * <p>Datagrams of one size and class to one peer make a train; a shorter one may be its last. A
 * datagram that doesn't fit in begins the next train where it lies. A long train leaves at once,
 * short ones together. What was pulled is never dropped: while the socket is full the slab keeps it
 * and nothing more is pulled.
 */
final class SendSlab {
    /** What is left to do after {@link #pump}. */
    enum Left {
        /** The core has nothing more to send. */
        NOTHING,
        /** The share of this turn is used up. */
        MORE,
        /** The socket is full; go on when it is writable. */
        SOCKET_FULL
    }

    /** Batches sent in one turn of the event loop at most, about 1 MiB. */
    private static final int BATCHES_PER_TURN = 16;

    /** Bytes that are worth a call of the kernel's. */
    private static final int WORTH_SENDING = 1 << 15;

    private static final int WRAP = 1 << 15;

    /** What begins behind WRAP, and then as much as is worth sending less one, ends before this. */
    private static final int CAPACITY = WRAP + WORTH_SENDING + (1 << 16);

    private final Arena arena = Arena.ofShared();
    private final MemorySegment slab;
    private final TrainBatch batch;
    private final TunnelCore core;
    private UdpTransport transport;
    private final Framing framing;
    private final CryptoWarmUp warmUp;
    private final int largestDatagram;

    // Behind the batch, the train lies at [start, end); a datagram that doesn't belong to it may
    // lie behind.
    private int start;
    private int end;
    private int segments;
    private int segmentSize;
    private @Nullable InetSocketAddress destination;
    private @Nullable Peer recipient;
    private int trafficClass;
    private int stragglerLength;
    private @Nullable InetSocketAddress stragglerDestination;
    private @Nullable Peer stragglerRecipient;
    private int stragglerClass;
    private boolean socketFull;

    SendSlab(
            TunnelCore core,
            UdpTransport transport,
            int mtu,
            Framing framing,
            CryptoWarmUp warmUp) {
        this.warmUp = warmUp;
        this.core = core;
        this.transport = transport;
        this.framing = framing;
        largestDatagram = mtu + Device.OVERHEAD + Device.MAX_PADDING;
        slab = arena.allocate((long) CAPACITY + largestDatagram, 64);
        batch = new TrainBatch(slab);
    }

    /** Sends what was pulled, and all that follows, by another transport. */
    void transport(UdpTransport fresh) {
        transport = fresh;
    }

    /** The socket has room again. */
    void writable() {
        socketFull = false;
    }

    /** Sends until nothing is left, the socket is full, or this turn had its share. */
    Left pump(long now) {
        if (socketFull) {
            return Left.SOCKET_FULL;
        }
        for (int batches = 0; batches < BATCHES_PER_TURN; batches++) {
            boolean more = batch.isEmpty() ? fillBatch(now) : true;
            if (!send()) {
                socketFull = true;
                return Left.SOCKET_FULL;
            }
            if (!more) {
                return Left.NOTHING;
            }
        }
        return Left.MORE;
    }

    /** Fills the batch. Returns false when the core has nothing more. */
    private boolean fillBatch(long now) {
        boolean more = true;
        while (more && !batch.isFull() && batch.bytes() < WORTH_SENDING) {
            more = fill(now);
            endTrain();
        }
        return more;
    }

    /** Completes the train. Returns false when the core has nothing more. */
    private boolean fill(long now) {
        while (!complete()) {
            int length = core.pull(slab, end, largestDatagram, now);
            if (length <= 0) {
                return false;
            }
            InetSocketAddress to = core.destination();
            if (to == null) {
                continue; // the core always has one for what it pulled
            }
            Peer peer = core.recipient();
            framing.outgoing(slab, end, peer);
            if (segments == 0) {
                begin(length, to, peer, core.trafficClass());
            } else if (joins(length, to, peer, core.trafficClass())) {
                end += length;
                segments++;
            } else {
                stragglerLength = length;
                stragglerDestination = to;
                stragglerRecipient = peer;
                stragglerClass = core.trafficClass();
                return true;
            }
        }
        return true;
    }

    private boolean complete() {
        return segments == UdpTransport.MAX_SEGMENTS
                || stragglerDestination != null
                || (segments > 0 && end - start != segments * segmentSize)
                || (segments > 0 && end - start + segmentSize > UdpTransport.MAX_TRAIN);
    }

    @SuppressWarnings("ReferenceEquality") // a peer keeps one object as long as it doesn't move
    private boolean joins(int length, InetSocketAddress to, @Nullable Peer peer, int itsClass) {
        return length <= segmentSize
                && to == destination
                && peer == recipient
                && itsClass == trafficClass;
    }

    private void begin(int length, InetSocketAddress to, @Nullable Peer peer, int itsClass) {
        segments = 1;
        segmentSize = length;
        destination = to;
        recipient = peer;
        trafficClass = itsClass;
        end = start + length;
    }

    /** The train joins the batch; what didn't belong to it begins the next. */
    private void endTrain() {
        InetSocketAddress to = destination;
        if (segments == 0 || to == null) {
            return;
        }
        batch.add(start, end - start, segmentSize, to, trafficClass);
        warmUp.moved(segmentSize, segments);
        start = end;
        InetSocketAddress next = stragglerDestination;
        segments = 0;
        if (next != null) {
            stragglerDestination = null;
            begin(stragglerLength, next, stragglerRecipient, stragglerClass);
        }
    }

    /** Sends the batch. What lies behind it moves to the front, if it is far from there. */
    private boolean send() {
        if (!transport.send(batch)) {
            return false;
        }
        int left = end - start;
        if (start > WRAP || left == 0) {
            MemorySegment.copy(slab, start, slab, 0, left);
            start = 0;
            end = left;
        }
        return true;
    }

    void free() {
        arena.close();
    }
}
