package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoop;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * A transport without a socket: hands each train to the other end in a later task of the event
 * loop, is full as often as told, and checks what a train may be.
 */
@SuppressWarnings("NullAway.Init") // by connect() and start()
final class WireTransport implements UdpTransport {
    record Train(int length, int segmentSize, int trafficClass) {}

    final List<Train> sent = new ArrayList<>();
    int refused;
    int rebinds;
    private final EventLoop loop;
    private final InetSocketAddress local;
    private final int refuseEvery;
    private WireTransport other;

    /** Batches that were not worth reading. */
    int rubbish;

    private Receiver receiver;
    private int calls;
    private boolean closed;

    WireTransport(EventLoop loop, InetSocketAddress local, int refuseEvery) {
        this.loop = loop;
        this.local = local;
        this.refuseEvery = refuseEvery;
    }

    void connect(WireTransport peer) {
        other = peer;
        peer.other = this;
    }

    @Override
    public void start(Receiver receiver) {
        this.receiver = receiver;
    }

    @Override
    public boolean send(TrainBatch batch) {
        while (!batch.isEmpty()) {
            assertThat(batch.destination(0)).isEqualTo(other.local);
            int length = batch.length(0);
            int segmentSize = batch.segmentSize(0);
            int trafficClass = batch.trafficClass(0);
            assertThat(length).isBetween(1, MAX_TRAIN);
            assertThat(segmentSize).isBetween(1, length);
            assertThat((length + segmentSize - 1) / segmentSize).isLessThanOrEqualTo(MAX_SEGMENTS);
            if (refuseEvery > 0 && ++calls % refuseEvery == 0) {
                refused++;
                loop.execute(this::writable);
                return false;
            }
            sent.add(new Train(length, segmentSize, trafficClass));
            MemorySegment copy = Arena.ofAuto().allocate(length);
            MemorySegment.copy(batch.memory(), batch.offset(0), copy, 0, length);
            loop.execute(() -> other.arrive(copy, length, segmentSize, trafficClass & 3));
            batch.taken(length);
        }
        return true;
    }

    private void writable() {
        if (!closed) {
            receiver.writable();
        }
    }

    private void arrive(MemorySegment train, int length, int segmentSize, int ecn) {
        if (!closed) {
            receiver.datagrams(train, 0, length, segmentSize, other.local, ecn);
            rubbish += receiver.readComplete(true) ? 0 : 1;
        }
    }

    @Override
    public void rebind(int port) {
        rebinds++;
    }

    @Override
    public int fwmark() {
        return 0;
    }

    @Override
    public void fwmark(int mark) {}

    @Override
    public InetSocketAddress local() {
        return local;
    }

    @Override
    public String description() {
        return "wire";
    }

    @Override
    public void close() {
        closed = true;
    }
}
