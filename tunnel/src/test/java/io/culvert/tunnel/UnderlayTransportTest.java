package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Datagrams of several peers through one port of something else. */
class UnderlayTransportTest {
    private static final InetSocketAddress ONE = TunnelPair.address("192.0.2.1", 1111);
    private static final InetSocketAddress TWO = TunnelPair.address("192.0.2.2", 2222);

    private final EventLoop loop = new DefaultEventLoop();
    private final UdpCounters counters = new UdpCounters();
    private final List<Port> ports = new ArrayList<>();
    private final Inbox inbox = new Inbox();
    private final UnderlayTransport transport =
            new UnderlayTransport(
                    (on, receiver) -> {
                        assertThat(on).isEqualTo(loop);
                        Port port = new Port(receiver);
                        ports.add(port);
                        return port;
                    },
                    loop,
                    counters);

    private record Sent(InetSocketAddress to, int length, byte first) {}

    private static final class Port implements Underlay.Port {
        final Underlay.Receiver receiver;
        final List<Sent> sent = new ArrayList<>();
        int flushed;
        boolean full;
        boolean closed;

        Port(Underlay.Receiver receiver) {
            this.receiver = receiver;
        }

        @Override
        public boolean isWritable() {
            return !full;
        }

        @Override
        public void send(InetSocketAddress destination, ByteBuf payload) {
            sent.add(new Sent(destination, payload.readableBytes(), payload.getByte(0)));
            payload.release();
        }

        @Override
        public void flush() {
            flushed++;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private static final class Inbox implements UdpTransport.Receiver {
        final List<String> trains = new ArrayList<>();
        int writable;

        @Override
        public void datagrams(
                MemorySegment slab,
                long offset,
                int length,
                int segmentSize,
                InetSocketAddress source,
                int ecn) {
            trains.add(source.getPort() + ": " + length + " of " + segmentSize);
        }

        @Override
        public boolean readComplete(boolean drained) {
            trains.add("end");
            return true;
        }

        @Override
        public void writable() {
            writable++;
        }

        @Override
        public void failed(Throwable cause) {
            throw new AssertionError(cause);
        }
    }

    @BeforeEach
    void start() {
        transport.start(inbox);
    }

    @AfterEach
    void stop() {
        transport.close();
        assertThat(loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly(10_000))
                .isTrue();
    }

    private boolean send(InetSocketAddress to, int length, int segment) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment slab = arena.allocate(length);
            for (int i = 0; i < length; i++) {
                slab.set(ValueLayout.JAVA_BYTE, i, (byte) (i / segment));
            }
            return transport.send(Trains.of(slab, 0, length, segment, to, 0));
        }
    }

    private void arrive(Port at, InetSocketAddress from, int length) {
        ByteBuf payload = Unpooled.buffer(length).writeZero(length);
        at.receiver.datagram(from, payload);
        assertThat(payload.refCnt()).isZero();
    }

    @Test
    void eachDatagramOfATrainGoesToTheDestinationOfItsPeer() {
        assertThat(send(ONE, 250, 100)).isTrue();
        assertThat(send(TWO, 50, 50)).isTrue();
        Port port = ports.getFirst();
        assertThat(port.sent)
                .containsExactly(
                        new Sent(ONE, 100, (byte) 0),
                        new Sent(ONE, 100, (byte) 1),
                        new Sent(ONE, 50, (byte) 2),
                        new Sent(TWO, 50, (byte) 0));
        assertThat(port.flushed).isEqualTo(2);
        assertThat(counters.sentTrains).isEqualTo(2);
        assertThat(counters.sentBytes).isEqualTo(300);
    }

    @Test
    void whatComesBackCountsAsItsSenders() {
        Port port = ports.getFirst();
        arrive(port, ONE, 100);
        arrive(port, ONE, 100);
        arrive(port, TWO, 100);
        arrive(port, ONE, 60);
        port.receiver.readComplete();
        assertThat(inbox.trains)
                .containsExactly("1111: 200 of 100", "2222: 100 of 100", "1111: 60 of 60", "end");
    }

    @Test
    void waitsWhileThePortIsFull() {
        Port port = ports.getFirst();
        port.full = true;
        assertThat(send(ONE, 100, 100)).isFalse();
        assertThat(port.sent).isEmpty();
        assertThat(counters.socketFull).isEqualTo(1);
        port.full = false;
        port.receiver.writable();
        port.receiver.writable();
        assertThat(inbox.writable).isEqualTo(1);
        assertThat(send(ONE, 100, 100)).isTrue();
    }

    @Test
    void anotherPortTakesOverAndTheOldOneIsDeaf() throws Exception {
        Port old = ports.getFirst();
        old.full = true;
        assertThat(send(ONE, 100, 100)).isFalse();
        transport.rebind(0);
        assertThat(loop.submit(() -> inbox.writable).get()).isEqualTo(1);
        assertThat(old.closed).isTrue();
        assertThat(ports).hasSize(2);
        arrive(old, ONE, 100);
        old.receiver.readComplete();
        old.receiver.writable();
        assertThat(inbox.trains).isEmpty();
        assertThat(send(ONE, 100, 100)).isTrue();
        assertThat(ports.get(1).sent).hasSize(1);
    }

    @Test
    void closedItIsSilent() {
        Port port = ports.getFirst();
        transport.close();
        assertThat(port.closed).isTrue();
        arrive(port, ONE, 100);
        port.receiver.readComplete();
        assertThat(inbox.trains).isEmpty();
        assertThat(send(ONE, 100, 100)).isTrue();
        assertThat(port.sent).isEmpty();
        assertThatThrownBy(() -> transport.rebind(0)).isInstanceOf(SocketException.class);
    }

    @Test
    void hasNoMarkToSet() throws Exception {
        transport.fwmark(0);
        assertThat(transport.fwmark()).isZero();
        assertThatThrownBy(() -> transport.fwmark(7)).isInstanceOf(SocketException.class);
        assertThat(transport.local().getPort()).isZero();
    }
}
