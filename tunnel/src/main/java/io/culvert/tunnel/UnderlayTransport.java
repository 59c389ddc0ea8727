package io.culvert.tunnel;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.net.SocketException;
import org.jspecify.annotations.Nullable;

/**
 * Sends and receives through an {@link Underlay} instead of sockets. One port serves all peers:
 * each datagram goes to the destination it was made for, and what comes back counts as its
 * sender's. While the port is full the tunnel waits. Nothing is known of traffic classes.
 */
final class UnderlayTransport implements UdpTransport {
    private final Underlay underlay;
    private final EventLoop loop;
    private final UdpCounters counters;
    private final TrainCollector collector;
    private @Nullable Side side;
    private boolean waitingForRoom;
    private boolean closed;

    /** A transport without a port, until it is started. Any thread. */
    UnderlayTransport(Underlay underlay, EventLoop loop, UdpCounters counters) {
        this.underlay = underlay;
        this.loop = loop;
        this.counters = counters;
        collector = new TrainCollector(counters);
    }

    @Override
    public void start(Receiver receiver) {
        collector.receiver(receiver);
        side = new Side(receiver);
    }

    /** Takes another port; which number it has is the underlay's business. */
    @Override
    public void rebind(int port) throws SocketException {
        if (closed) {
            throw new SocketException("the way below the tunnel is closed");
        }
        Side old = side;
        if (old == null) {
            return;
        }
        side = new Side(old.receiver);
        old.close();
        if (waitingForRoom) {
            waitingForRoom = false;
            loop.execute(old.receiver::writable);
        }
    }

    @Override
    public int fwmark() {
        return 0;
    }

    @Override
    public void fwmark(int mark) throws SocketException {
        if (mark != 0) {
            throw new SocketException("a tunnel without sockets of its own has no firewall mark");
        }
    }

    @Override
    public boolean send(TrainBatch batch) {
        Side current = side;
        while (!batch.isEmpty() && !closed && current != null) {
            if (!current.port.isWritable()) {
                waitingForRoom = true;
                counters.socketFull++;
                return false;
            }
            write(batch, current.port);
        }
        batch.clear();
        return true;
    }

    private void write(TrainBatch batch, Underlay.Port port) {
        InetSocketAddress to = batch.destination(0);
        counters.sentTrains++;
        counters.sentBytes += batch.length(0);
        batch.takeApart(PooledByteBufAllocator.DEFAULT, datagram -> port.send(to, datagram));
        port.flush();
    }

    @Override
    public InetSocketAddress local() {
        return WildcardAddress.IPV4.port(0);
    }

    @Override
    public String description() {
        return underlay.toString();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            collector.free();
            if (side != null) {
                side.close();
            }
        }
    }

    /** One port; those before it are deaf. */
    private final class Side implements Underlay.Receiver {
        final Receiver receiver;
        final Underlay.Port port;

        Side(Receiver receiver) {
            this.receiver = receiver;
            port = underlay.open(loop, this);
        }

        void close() {
            port.close();
        }

        private boolean isCurrent() {
            return !closed && equals(side);
        }

        @Override
        public void datagram(InetSocketAddress source, ByteBuf payload) {
            try {
                if (isCurrent()) {
                    collector.add(payload, source);
                }
            } finally {
                payload.release();
            }
        }

        @Override
        public void readComplete() {
            if (isCurrent()) {
                collector.deliver();
                boolean _ = receiver.readComplete(true);
            }
        }

        @Override
        public void writable() {
            if (waitingForRoom && isCurrent()) {
                waitingForRoom = false;
                receiver.writable();
            }
        }
    }
}
