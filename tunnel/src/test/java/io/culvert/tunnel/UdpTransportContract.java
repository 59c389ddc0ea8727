package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link UdpTransport} does, on real loopback sockets. */
abstract class UdpTransportContract {
    private static final long PATIENCE_SECONDS = 30;
    private static final int FULL = 1452;

    /** Not 0: with 0, Netty's loop may end without telling what is registered with it. */
    private static final long QUIET_MILLIS = 10;

    private final List<UdpTransport> opened = new ArrayList<>();
    private final UdpCounters counters = new UdpCounters();
    private EventLoopGroup group;
    EventLoop loop;

    abstract IoHandlerFactory handlerFactory();

    abstract UdpTransport open(InetSocketAddress local, EventLoop loop, UdpCounters counters)
            throws IOException;

    /** Makes the socket refuse data, until {@link #unclog}. Loopback never does so by itself. */
    abstract void clog(UdpTransport transport) throws Exception;

    abstract void unclog(UdpTransport transport) throws Exception;

    @BeforeEach
    void startLoop() {
        group = new MultiThreadIoEventLoopGroup(1, handlerFactory());
        loop = group.next();
    }

    @AfterEach
    void stopLoop() throws Exception {
        onLoop(() -> {
            opened.forEach(UdpTransport::close);
            return null;
        });
        assertThat(
                        group.shutdownGracefully(QUIET_MILLIS, 5000, TimeUnit.MILLISECONDS)
                                .await(PATIENCE_SECONDS, TimeUnit.SECONDS))
                .isTrue();
    }

    /** As when a tunnel is opened by the first connection, once its name was found out. */
    @Test
    void opensOnItsLoopAlsoBelowManyListeners() throws Exception {
        // Netty leaves the eighth to a turn of its own.
        for (int listeners = 0; listeners < 9; listeners++) {
            int depth = listeners;
            Promise<UdpTransport> result = loop.newPromise();
            loop.execute(() -> openBelow(depth, result));
            assertThat(result.await(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .as("at %d", depth)
                    .isTrue();
            assertThat(result.getNow().local().getPort()).isPositive();
        }
    }

    private void openBelow(int listeners, Promise<UdpTransport> result) {
        if (listeners == 0) {
            try {
                UdpTransport transport = open(TunnelPair.address("127.0.0.1", 0), loop, counters);
                opened.add(transport);
                result.setSuccess(transport);
            } catch (IOException e) {
                result.setFailure(e);
            }
            return;
        }
        Promise<Void> step = loop.newPromise();
        step.addListener(_ -> openBelow(listeners - 1, result));
        step.setSuccess(null);
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void deliversTrainWithShorterLastDatagram(String host) throws Exception {
        Inbox inbox = new Inbox();
        UdpTransport receiver = start(host, inbox);
        UdpTransport sender = start(host, new Inbox());
        byte[] train = pattern(7 * FULL + 400, 1);

        send(sender, train, FULL, at(host, receiver));

        List<byte[]> datagrams = inbox.take(8);
        assertThat(datagrams)
                .extracting(d -> d.length)
                .containsExactly(FULL, FULL, FULL, FULL, FULL, FULL, FULL, 400);
        assertThat(concatenated(datagrams)).isEqualTo(train);
        assertThat(inbox.sources).containsOnly(at(host, sender));
        assertThat(inbox.sources).allSatisfy(s -> assertThat(s.toString()).doesNotContain("%"));
    }

    @Test
    void deliversLargestTrain() throws Exception {
        Inbox inbox = new Inbox();
        UdpTransport receiver = start("127.0.0.1", inbox);
        UdpTransport sender = start("127.0.0.1", new Inbox());
        int segment = UdpTransport.MAX_TRAIN / UdpTransport.MAX_SEGMENTS;
        byte[] train = pattern(segment * UdpTransport.MAX_SEGMENTS, 2);

        send(sender, train, segment, at("127.0.0.1", receiver));

        assertThat(concatenated(inbox.take(UdpTransport.MAX_SEGMENTS))).isEqualTo(train);
    }

    @Test
    void deliversSingleDatagramsOfEverySizeClass() throws Exception {
        Inbox inbox = new Inbox();
        UdpTransport receiver = start("127.0.0.1", inbox);
        UdpTransport sender = start("127.0.0.1", new Inbox());

        for (int size : new int[] {1, 32, 148, 1280, 9000, 65507}) {
            byte[] datagram = pattern(size, size);
            send(sender, datagram, size, at("127.0.0.1", receiver));
            assertThat(inbox.take(1)).singleElement().isEqualTo(datagram);
        }
    }

    @Test
    void wildcardServesBothFamiliesOnOnePort() throws Exception {
        Inbox inbox = new Inbox();
        UdpTransport server = start(WildcardAddress.IPV4.port(0), inbox);
        Inbox v4Inbox = new Inbox();
        Inbox v6Inbox = new Inbox();
        UdpTransport v4 = start("127.0.0.1", v4Inbox);
        UdpTransport v6 = start("::1", v6Inbox);

        send(v4, pattern(100, 4), 100, at("127.0.0.1", server));
        assertThat(inbox.take(1)).singleElement().isEqualTo(pattern(100, 4));
        send(v6, pattern(200, 6), 200, at("::1", server));
        assertThat(inbox.take(1)).singleElement().isEqualTo(pattern(200, 6));
        assertThat(inbox.sources).containsExactly(at("127.0.0.1", v4), at("::1", v6));

        send(server, pattern(300, 8), 300, at("127.0.0.1", v4));
        send(server, pattern(400, 9), 400, at("::1", v6));
        assertThat(v4Inbox.take(1)).singleElement().isEqualTo(pattern(300, 8));
        assertThat(v6Inbox.take(1)).singleElement().isEqualTo(pattern(400, 9));
    }

    @Test
    void hearsPlainSocketsAndKeepsSourceObjectOfSteadyPeer() throws Exception {
        Inbox inbox = new Inbox();
        UdpTransport receiver = start("127.0.0.1", inbox);
        try (DatagramSocket plain = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"))) {
            for (int i = 1; i <= 3; i++) {
                plain.send(new DatagramPacket(pattern(i, i), i, at("127.0.0.1", receiver)));
                assertThat(inbox.take(1)).singleElement().isEqualTo(pattern(i, i));
            }
        }
        assertThat(inbox.sources).hasSize(3);
        assertThat(inbox.sources.get(1)).isSameAs(inbox.sources.get(0));
        assertThat(inbox.sources.get(2)).isSameAs(inbox.sources.get(0));
    }

    @Test
    void emptyDatagramIsIgnored() throws Exception {
        Inbox inbox = new Inbox();
        UdpTransport receiver = start("127.0.0.1", inbox);
        try (DatagramSocket plain = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"))) {
            plain.send(new DatagramPacket(new byte[0], 0, at("127.0.0.1", receiver)));
            plain.send(new DatagramPacket(pattern(5, 5), 5, at("127.0.0.1", receiver)));
        }
        assertThat(inbox.take(1)).singleElement().isEqualTo(pattern(5, 5));
    }

    @Test
    void fullSocketKeepsTrainAndReportsWritable() throws Exception {
        Inbox inbox = new Inbox();
        InetSocketAddress destination = at("127.0.0.1", start("127.0.0.1", inbox));
        UdpTransport sender = bind("127.0.0.1");
        Retry retry = new Retry(sender, destination);
        clog(sender);
        onLoop(() -> {
            sender.start(retry);
            retry.writable();
            return null;
        });
        assertThat(retry.refused.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(inbox.datagrams).isEmpty();

        unclog(sender);

        assertThat(retry.sent.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(concatenated(inbox.take(3))).isEqualTo(Retry.TRAIN);
        onLoop(() -> null);
        assertThat(inbox.datagrams).isEmpty();
        assertThat(counters.socketFull).isPositive();
    }

    @Test
    void trainsOfABatchGoWhereTheyShallInOrder() throws Exception {
        Inbox one = new Inbox();
        Inbox other = new Inbox();
        InetSocketAddress toOne = at("127.0.0.1", start("127.0.0.1", one));
        InetSocketAddress toOther = at("::1", start("::1", other));
        UdpTransport sender = start(WildcardAddress.IPV4.port(0), new Inbox());
        byte[] bytes = pattern(TrainBatch.CAPACITY * 250, 12);
        boolean sent =
                onLoop(() -> {
                    MemorySegment slab = Arena.ofAuto().allocate(bytes.length);
                    MemorySegment.copy(bytes, 0, slab, ValueLayout.JAVA_BYTE, 0, bytes.length);
                    TrainBatch batch = new TrainBatch(slab);
                    for (int i = 0; i < TrainBatch.CAPACITY; i++) {
                        batch.add(i * 250, 250, 100, i % 8 == 7 ? toOther : toOne, 0);
                    }
                    return sender.send(batch) && batch.isEmpty();
                });
        assertThat(sent).isTrue();
        for (int i = 0; i < TrainBatch.CAPACITY; i++) {
            assertThat(concatenated((i % 8 == 7 ? other : one).take(3)))
                    .isEqualTo(Arrays.copyOfRange(bytes, i * 250, i * 250 + 250));
        }
        assertThat(counters.sentBytes).isEqualTo(bytes.length);
        assertThat(counters.sentTrains).isEqualTo(TrainBatch.CAPACITY);
    }

    @Test
    void unreachablePortIsNotFatal() throws Exception {
        Inbox inbox = new Inbox();
        UdpTransport receiver = start("127.0.0.1", inbox);
        UdpTransport sender = start("127.0.0.1", new Inbox());
        InetSocketAddress closedPort;
        try (DatagramSocket gone = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"))) {
            closedPort =
                    new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), gone.getLocalPort());
        }
        for (int i = 0; i < 3; i++) {
            send(sender, pattern(10, i), 10, closedPort);
        }
        send(sender, pattern(20, 1), 20, at("127.0.0.1", receiver));
        assertThat(inbox.take(1)).singleElement().isEqualTo(pattern(20, 1));
    }

    @Test
    void destinationOfMissingFamilyIsDroppedNotFatal() throws Exception {
        Inbox inbox = new Inbox();
        UdpTransport receiver = start("127.0.0.1", inbox);
        UdpTransport sender = start("127.0.0.1", new Inbox());
        send(sender, pattern(10, 1), 10, new InetSocketAddress(InetAddress.ofLiteral("::1"), 9));
        send(sender, pattern(20, 1), 20, at("127.0.0.1", receiver));
        assertThat(inbox.take(1)).singleElement().isEqualTo(pattern(20, 1));
        assertThat(counters.sendErrors).isEqualTo(1);
    }

    @Test
    void takenPortIsBindException() throws Exception {
        UdpTransport first = bind("127.0.0.1");
        assertThatThrownBy(() -> open(first.local(), loop, counters))
                .isInstanceOf(BindException.class);
    }

    @Test
    void takenPortOfOneFamilyIsBindExceptionForWildcard() throws Exception {
        UdpTransport first = bind("::1");
        assertThatThrownBy(() ->
                        open(WildcardAddress.IPV4.port(first.local().getPort()), loop, counters))
                .isInstanceOf(BindException.class);
    }

    @Test
    void opensOnItsOwnEventLoop() throws Exception {
        UdpTransport transport =
                onLoop(() ->
                        open(
                                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0),
                                loop,
                                counters));
        opened.add(transport);
        assertThat(transport.local().getPort()).isPositive();
    }

    @Test
    void closeFreesPortAndIsSilent() throws Exception {
        Inbox inbox = new Inbox();
        UdpTransport first = start("127.0.0.1", inbox);
        onLoop(() -> {
            first.close();
            first.close();
            return null;
        });
        awaitPoll();
        UdpTransport second = open(first.local(), loop, counters);
        opened.add(second);
        assertThat(second.local()).isEqualTo(first.local());
        assertThat(inbox.failures).isEmpty();
    }

    /** A selector frees the descriptor of what was closed when it polls the next time. */
    private void awaitPoll() throws Exception {
        CountDownLatch polled = new CountDownLatch(1);
        SingleThreadEventLoop l = (SingleThreadEventLoop) loop;
        l.execute(() -> l.executeAfterEventLoopIteration(() -> l.execute(polled::countDown)));
        assertThat(polled.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    @Tag("A12.2")
    @Tag("HEAL")
    void movesToAnotherPort() throws Exception {
        Inbox inbox = new Inbox();
        UdpTransport mover = start("127.0.0.1", inbox);
        int before = mover.local().getPort();
        rebind(mover, 0);
        assertThat(mover.local().getPort()).isPositive().isNotEqualTo(before);
        expectServing(mover, inbox);
        awaitPoll();
        new DatagramSocket(before, InetAddress.ofLiteral("127.0.0.1")).close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1", "0.0.0.0"})
    @Tag("A12.2")
    @Tag("HEAL")
    void takesFreshSocketsOnTheSamePort(String host) throws Exception {
        Inbox inbox = new Inbox();
        UdpTransport mover = start(host, inbox);
        InetSocketAddress before = mover.local();
        for (int i = 0; i < 3; i++) {
            rebind(mover, before.getPort());
            assertThat(mover.local()).isEqualTo(before);
            if (!host.equals("0.0.0.0")) {
                expectServing(mover, inbox);
            }
        }
        assertThatThrownBy(() -> open(before, loop, counters)).isInstanceOf(BindException.class);
    }

    @Test
    @Tag("A12.2")
    @Tag("HEAL")
    void staysWhereItIsWhenTheOtherPortIsTaken() throws Exception {
        Inbox inbox = new Inbox();
        UdpTransport mover = start("127.0.0.1", inbox);
        InetSocketAddress before = mover.local();
        UdpTransport other = bind("127.0.0.1");
        assertThatThrownBy(() -> rebind(mover, other.local().getPort()))
                .hasCauseInstanceOf(BindException.class);
        assertThat(mover.local()).isEqualTo(before);
        expectServing(mover, inbox);
        assertThatThrownBy(() -> open(before, loop, counters)).isInstanceOf(BindException.class);
    }

    @Test
    @Tag("HEAL")
    void aTrainThatWaitsForRoomLeavesThroughTheNewSocket() throws Exception {
        Inbox inbox = new Inbox();
        InetSocketAddress destination = at("127.0.0.1", start("127.0.0.1", inbox));
        UdpTransport sender = bind("127.0.0.1");
        Retry retry = new Retry(sender, destination);
        clog(sender);
        onLoop(() -> {
            sender.start(retry);
            retry.writable();
            return null;
        });
        assertThat(retry.refused.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        unclogQuietly(sender);

        rebind(sender, 0);

        assertThat(retry.sent.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(concatenated(inbox.take(3))).isEqualTo(Retry.TRAIN);
    }

    /** Lets the kernel take data again; Netty's queue is not told. */
    void unclogQuietly(UdpTransport transport) throws Exception {}

    private void rebind(UdpTransport transport, int port) throws Exception {
        onLoop(() -> {
            transport.rebind(port);
            return null;
        });
    }

    private void expectServing(UdpTransport transport, Inbox inbox) throws Exception {
        String host = transport.local().getAddress().getHostAddress();
        Inbox answers = new Inbox();
        UdpTransport other = start(host, answers);
        send(other, pattern(3000, 1), 1000, transport.local());
        assertThat(concatenated(inbox.take(3))).isEqualTo(pattern(3000, 1));
        send(transport, pattern(3000, 2), 1000, other.local());
        assertThat(concatenated(answers.take(3))).isEqualTo(pattern(3000, 2));
        assertThat(answers.sources).containsOnly(transport.local());
    }

    @Test
    void closeInsideReceiverIsSafe() throws Exception {
        LinkedBlockingQueue<String> log = new LinkedBlockingQueue<>();
        UdpTransport[] self = new UdpTransport[1];
        UdpTransport receiver = bind("127.0.0.1");
        self[0] = receiver;
        onLoop(() -> {
            receiver.start(
                    new Inbox() {
                        @Override
                        public void datagrams(
                                MemorySegment slab,
                                long offset,
                                int length,
                                int segmentSize,
                                InetSocketAddress source,
                                int ecn) {
                            self[0].close();
                            log.add("closed");
                        }
                    });
            return null;
        });
        UdpTransport sender = start("127.0.0.1", new Inbox());
        send(sender, pattern(10, 1), 10, at("127.0.0.1", receiver));
        send(sender, pattern(10, 1), 10, at("127.0.0.1", receiver));
        assertThat(log.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("closed");
        onLoop(() -> null);
        assertThat(log).isEmpty();
    }

    @Test
    void loopShutdownIsReportedAsFailure() throws Exception {
        Inbox inbox = new Inbox();
        start("127.0.0.1", inbox);
        opened.clear();
        group.shutdownGracefully(QUIET_MILLIS, 5000, TimeUnit.MILLISECONDS)
                .await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(inbox.failures).hasSize(1);
        startLoop();
    }

    /** Sends one train, again whenever it is told that there is room. */
    private static final class Retry extends Inbox {
        static final byte[] TRAIN = pattern(2500, 11);
        final CountDownLatch refused = new CountDownLatch(1);
        final CountDownLatch sent = new CountDownLatch(1);
        private final MemorySegment slab = Arena.ofAuto().allocate(TRAIN.length);
        private final UdpTransport sender;
        private final TrainBatch batch;

        Retry(UdpTransport sender, InetSocketAddress destination) {
            this.sender = sender;
            batch = Trains.of(slab, 0, TRAIN.length, 1000, destination, 0);
            MemorySegment.copy(TRAIN, 0, slab, ValueLayout.JAVA_BYTE, 0, TRAIN.length);
        }

        @Override
        public void writable() {
            if (sender.send(batch)) {
                sent.countDown();
            } else {
                refused.countDown();
            }
        }
    }

    UdpTransport bind(String host) throws IOException {
        UdpTransport transport =
                open(new InetSocketAddress(InetAddress.ofLiteral(host), 0), loop, counters);
        opened.add(transport);
        return transport;
    }

    UdpTransport start(String host, UdpTransport.Receiver receiver) throws Exception {
        return start(new InetSocketAddress(InetAddress.ofLiteral(host), 0), receiver);
    }

    UdpTransport start(InetSocketAddress local, UdpTransport.Receiver receiver) throws Exception {
        UdpTransport transport = open(local, loop, counters);
        opened.add(transport);
        return onLoop(() -> {
            transport.start(receiver);
            return transport;
        });
    }

    void send(UdpTransport sender, byte[] train, int segment, InetSocketAddress to)
            throws Exception {
        boolean sent =
                onLoop(() -> {
                    MemorySegment slab = Arena.ofAuto().allocate(train.length + 3);
                    MemorySegment.copy(train, 0, slab, ValueLayout.JAVA_BYTE, 3, train.length);
                    return sender.send(Trains.of(slab, 3, train.length, segment, to, 0));
                });
        assertThat(sent).isTrue();
    }

    <T> T onLoop(Callable<T> work) throws Exception {
        return loop.submit(work).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    UdpCounters counters() {
        return counters;
    }

    static InetSocketAddress at(String host, UdpTransport transport) {
        return new InetSocketAddress(InetAddress.ofLiteral(host), transport.local().getPort());
    }

    static byte[] pattern(int length, int seed) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 31 + seed * 7 + (i >> 8));
        }
        return bytes;
    }

    private static byte[] concatenated(List<byte[]> datagrams) {
        byte[] all = new byte[datagrams.stream().mapToInt(d -> d.length).sum()];
        int at = 0;
        for (byte[] d : datagrams) {
            System.arraycopy(d, 0, all, at, d.length);
            at += d.length;
        }
        return all;
    }

    /** Collects what arrives, cut into datagrams. */
    static class Inbox implements UdpTransport.Receiver {
        final BlockingQueue<byte[]> datagrams = new LinkedBlockingQueue<>();
        final List<InetSocketAddress> sources = new ArrayList<>();
        final List<Throwable> failures = new ArrayList<>();
        volatile boolean worthReading = true;

        @Override
        public void datagrams(
                MemorySegment slab,
                long offset,
                int length,
                int segmentSize,
                InetSocketAddress source,
                int ecn) {
            sources.add(source);
            byte[] all = slab.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
            for (int at = 0; at < length; at += segmentSize) {
                datagrams.add(Arrays.copyOfRange(all, at, Math.min(at + segmentSize, length)));
            }
        }

        @Override
        public boolean readComplete(boolean drained) {
            return worthReading;
        }

        @Override
        public void writable() {}

        @Override
        public void failed(Throwable cause) {
            failures.add(cause);
        }

        List<byte[]> take(int count) throws InterruptedException {
            List<byte[]> taken = new ArrayList<>();
            while (taken.size() < count) {
                byte[] d = datagrams.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
                assertThat(d).as("datagram %d of %d", taken.size() + 1, count).isNotNull();
                taken.add(d);
            }
            return taken;
        }
    }
}
