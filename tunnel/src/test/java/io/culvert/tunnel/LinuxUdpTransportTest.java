package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class LinuxUdpTransportTest extends MarkedUdpTransportContract {
    private final RefusingKernel kernel = new RefusingKernel();

    /** The level that is tried; the classes below try the others. */
    UdpLevel level() {
        return UdpLevel.GSO;
    }

    @Override
    IoHandlerFactory handlerFactory() {
        return EpollIoHandler.newFactory();
    }

    @Override
    UdpTransport open(InetSocketAddress local, EventLoop loop, UdpCounters counters)
            throws IOException {
        return open(local, loop, counters, LinuxUdpTransport.RECEIVE_SLAB);
    }

    private LinuxUdpTransport open(
            InetSocketAddress local, EventLoop loop, UdpCounters counters, int slabSize)
            throws IOException {
        var making = new LinuxUdpSockets(counters, kernel, level(), List.of(), 0, false);
        return LinuxUdpTransport.open(local, (IoEventLoop) loop, making, slabSize);
    }

    @Override
    void clog(UdpTransport transport) {
        kernel.refuse(LinuxConstants.EAGAIN, Integer.MAX_VALUE);
    }

    @Override
    void unclog(UdpTransport transport) {
        kernel.refuse(0, 0);
    }

    @Override
    void unclogQuietly(UdpTransport transport) {
        unclog(transport);
    }

    @Override
    List<Integer> marksOf(UdpTransport transport) {
        return marks((LinuxUdpTransport) transport);
    }

    static List<Integer> marks(LinuxUdpTransport transport) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment capture = LinuxCalls.newCapture(arena);
            MemorySegment value = arena.allocate(ValueLayout.JAVA_INT);
            MemorySegment length = arena.allocate(ValueLayout.JAVA_INT);
            return transport.descriptors().stream()
                    .map(fd -> {
                        length.set(ValueLayout.JAVA_INT, 0, Integer.BYTES);
                        LinuxCalls.getsockopt(
                                capture,
                                fd,
                                LinuxConstants.SOL_SOCKET,
                                LinuxConstants.SO_MARK,
                                value,
                                length);
                        return value.get(ValueLayout.JAVA_INT, 0);
                    })
                    .toList();
        }
    }

    @Test
    void oneTrainIsOneMessageEachWay() throws Exception {
        Inbox inbox = new Inbox();
        LinuxUdpTransport receiver = (LinuxUdpTransport) bind("127.0.0.1");
        UdpTransport sender = bind("127.0.0.1");
        onLoop(() -> {
            receiver.start(inbox);
            return null;
        });
        assumeTrue(
                receiver.description().contains("GRO on, GSO on"),
                "this kernel has no UDP offload");

        send(sender, pattern(44 * 1452, 3), 1452, at("127.0.0.1", receiver));

        inbox.take(44);
        assertThat(inbox.sources).hasSize(1);
        assertThat(counters().sentTrains).isEqualTo(1);
        assertThat(counters().receivedTrains).isEqualTo(1);
        assertThat(counters().receivedBytes).isEqualTo(44 * 1452);
    }

    @Test
    void answersFromTheAddressAtWhichThePeerReachedIt() throws Exception {
        assertThat(answerTo("127.0.0.2")).isEqualTo("127.0.0.2");
        assertThat(answerTo("127.0.0.3")).isEqualTo("127.0.0.3");
    }

    @Test
    void answersFromAnotherAddressWhenThatOneIsGone() throws Exception {
        // among others, and by itself
        kernel.refuse(LinuxConstants.EADDRNOTAVAIL, level() == UdpLevel.MMSG ? 2 : 1);
        assertThat(answerTo("127.0.0.2")).isEqualTo("127.0.0.1");
        assertThat(counters().sendErrors).isZero();
    }

    /**
     * Calls a server bound to the wildcard at one of its addresses; returns where it answers from.
     */
    private String answerTo(String address) throws Exception {
        Inbox inbox = new Inbox();
        UdpTransport server = start(WildcardAddress.IPV4.port(0), inbox);
        try (DatagramSocket peer = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"))) {
            peer.setSoTimeout(30_000);
            peer.send(new DatagramPacket(pattern(10, 1), 10, at(address, server)));
            inbox.take(1);
            assertThat(inbox.sources.getFirst()).isEqualTo(peer.getLocalSocketAddress());

            send(server, pattern(2500, 2), 1000, inbox.sources.getFirst());
            DatagramPacket answer = new DatagramPacket(new byte[2000], 2000);
            peer.receive(answer);
            return answer.getAddress().getHostAddress();
        }
    }

    @Test
    void setsOptionsBeforeItIsBoundAndAgainOnNewSockets() throws Exception {
        SocketOption reusePort = SocketOption.of("SO_REUSEPORT", 1, 15, 1);
        LinuxUdpTransport first = with(reusePort, 0);
        LinuxUdpTransport second = with(reusePort, first.local().getPort());
        try {
            onLoop(() -> {
                first.rebind(0);
                return null;
            });
            onLoop(() -> {
                second.rebind(first.local().getPort());
                return null;
            });
            assertThat(second.local()).isEqualTo(first.local());
        } finally {
            onLoop(() -> {
                first.close();
                second.close();
                return null;
            });
        }
    }

    @Test
    void doesNotOpenWhereAnOptionCannotBeSet() {
        SocketOption device = SocketOption.of("SO_BINDTODEVICE", 1, 25, "nosuch0");
        assertThatThrownBy(() -> with(device, 0))
                .isInstanceOf(SocketException.class)
                .hasMessageStartingWith("cannot set SO_BINDTODEVICE: No such device");
    }

    private LinuxUdpTransport with(SocketOption option, int port) throws IOException {
        return LinuxUdpTransport.open(
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port),
                (IoEventLoop) loop,
                counters(),
                level(),
                List.of(option));
    }

    /** What fits of a train is as broken as what doesn't: where it was cut isn't known. */
    @Test
    void truncatedTrainIsDropped() throws Exception {
        Inbox inbox = new Inbox();
        LinuxUdpTransport receiver =
                open(
                        new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0),
                        loop,
                        counters(),
                        1000);
        try {
            assumeTrue(
                    receiver.description().contains("GRO on, GSO on"),
                    "this kernel has no UDP offload");
            UdpTransport sender = bind("127.0.0.1");
            onLoop(() -> {
                receiver.start(inbox);
                return null;
            });
            send(sender, pattern(1400, 1), 200, at("127.0.0.1", receiver));
            send(sender, pattern(300, 2), 300, at("127.0.0.1", receiver));

            assertThat(inbox.take(1)).singleElement().isEqualTo(pattern(300, 2));
            assertThat(counters().truncated).isEqualTo(1);
        } finally {
            onLoop(() -> {
                receiver.close();
                return null;
            });
        }
    }

    @Test
    @Tag("HEAL")
    void errorsOfReadingInARowMakeTheReaderRestButNotEnd() throws Exception {
        Inbox inbox = new Inbox();
        UdpTransport receiver = start("127.0.0.1", inbox);
        UdpTransport sender = start("127.0.0.1", new Inbox());
        onLoop(() -> {
            kernel.failToReceive(LinuxConstants.EIO, 35);
            return null;
        });
        send(sender, pattern(10, 1), 10, at("127.0.0.1", receiver));
        assertThat(inbox.take(1)).singleElement().isEqualTo(pattern(10, 1));
        assertThat(counters().receiveErrors).isEqualTo(35);
        assertThat(counters().receivePauses).isEqualTo(3);
        assertThat(inbox.failures).isEmpty();
        send(sender, pattern(20, 2), 20, at("127.0.0.1", receiver));
        assertThat(inbox.take(1)).singleElement().isEqualTo(pattern(20, 2));
    }

    @Test
    void rubbishIsReadOnAndDoesNotKeepFromSending() throws Exception {
        Inbox flooded = new Inbox();
        flooded.worthReading = false;
        Inbox other = new Inbox();
        UdpTransport a = start("127.0.0.1", flooded);
        UdpTransport b = start("127.0.0.1", other);
        for (int i = 0; i < 50; i++) {
            send(b, pattern(10, i), 10, at("127.0.0.1", a));
            assertThat(flooded.take(1)).singleElement().isEqualTo(pattern(10, i));
            send(a, pattern(20, i), 20, at("127.0.0.1", b));
            assertThat(other.take(1)).singleElement().isEqualTo(pattern(20, i));
        }
        assertThat(counters().receivePauses).as("pauses for errors").isZero();
    }

    @Test
    void truncatedDatagramIsDropped() throws Exception {
        assumeTrue(level() != UdpLevel.MMSG, "there is room for the longest");
        Inbox inbox = new Inbox();
        LinuxUdpTransport receiver =
                open(
                        new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0),
                        loop,
                        counters(),
                        500);
        try (DatagramSocket plain = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"))) {
            onLoop(() -> {
                receiver.start(inbox);
                return null;
            });
            InetSocketAddress to = at("127.0.0.1", receiver);
            plain.send(new DatagramPacket(pattern(501, 1), 501, to));
            plain.send(new DatagramPacket(pattern(500, 2), 500, to));

            assertThat(inbox.take(1)).singleElement().isEqualTo(pattern(500, 2));
            assertThat(counters().truncated).isEqualTo(1);
        } finally {
            onLoop(() -> {
                receiver.close();
                return null;
            });
        }
    }
}
