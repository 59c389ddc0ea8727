package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.tunnel.UdpTransportContract.Inbox;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The DSCP and ECN byte of real datagrams over loopback. */
@Tag("A13")
@EnabledOnOs(OS.LINUX)
class TrafficClassTest {
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);
    private static final int SEGMENT = 1000;
    private static final int LENGTH = 3500;
    private static final int[] CLASSES = {0, 1, 0x88, 2, 3, 0xb8 | 2, 0xff, 0};

    /** Of the last {@code struct msghdr} given to the kernel. */
    private static final int CONTROL_LENGTH = 40;

    private final List<LinuxUdpSocket> opened = new ArrayList<>();
    private final List<Long> controls = new ArrayList<>();
    private final RefusingKernel kernel = new RefusingKernel();
    private final MemorySegment slab = Arena.ofAuto().allocate(LENGTH);
    private final ReceiveSlab received =
            new ReceiveSlab(Arena.ofAuto(), LinuxUdpTransport.RECEIVE_SLAB);

    @AfterEach
    void close() {
        for (LinuxUdpSocket socket : opened) {
            LinuxCalls.close(LinuxCalls.newCapture(Arena.ofAuto()), socket.fd());
            socket.free();
        }
    }

    @ParameterizedTest
    @MethodSource("hostsAndLevels")
    void theClassOfWhatArrivesIsTold(String host, UdpLevel level) throws IOException {
        LinuxUdpSocket receiver = open(host, level);
        InetAddress address = InetAddress.ofLiteral(host);
        try (DatagramSocket plain = new DatagramSocket(0, address)) {
            for (int trafficClass : CLASSES) {
                plain.setTrafficClass(trafficClass);
                plain.send(new DatagramPacket(new byte[100], 100, receiver.local()));
                assertThat(receive(receiver)).isEqualTo(100);
                assertThat(receiver.trafficClass()).isEqualTo(trafficClass);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("hostsAndLevels")
    void everyDatagramOfATrainLeavesWithItsClass(String host, UdpLevel level) throws IOException {
        LinuxUdpSocket receiver = open(host, level);
        LinuxUdpSocket sender = open(host, level);
        for (int trafficClass : CLASSES) {
            assertThat(send(sender, LENGTH, SEGMENT, receiver.local(), trafficClass)).isTrue();
            for (int got = 0; got < LENGTH; ) {
                got += receive(receiver);
                assertThat(receiver.trafficClass()).isEqualTo(trafficClass);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("hostsAndLevels")
    void datagramsThatDifferInTheirMarksAreTrainsOfTheirOwn(String host, UdpLevel level)
            throws IOException {
        LinuxUdpSocket receiver = open(host, level);
        LinuxUdpSocket sender = open(host, level);
        TrainBatch batch = new TrainBatch(slab);
        for (int ecn = 0; ecn < 4; ecn++) {
            batch.add(ecn * 500, 500, 250, receiver.local(), ecn);
        }
        assertThat(sender.send(batch)).isTrue();
        int[] bytes = new int[4];
        Inbox inbox =
                new Inbox() {
                    @Override
                    public void datagrams(
                            MemorySegment memory,
                            long offset,
                            int length,
                            int segmentSize,
                            InetSocketAddress source,
                            int ecn) {
                        bytes[ecn] += length;
                    }
                };
        for (int got = 0; got < 2000; ) {
            got += receive(receiver, inbox);
        }
        assertThat(bytes).containsOnly(500);
    }

    static Stream<Arguments> hostsAndLevels() {
        return Stream.of("127.0.0.1", "::1")
                .flatMap(host ->
                        Stream.of(UdpLevel.GSO, UdpLevel.MMSG, UdpLevel.SINGLE)
                                .map(level -> Arguments.of(host, level)));
    }

    @Test
    void withoutAClassNothingIsSaidToTheKernel() throws IOException {
        LinuxUdpSocket receiver = open("127.0.0.1", UdpLevel.GSO);
        LinuxUdpSocket sender = open("127.0.0.1", UdpLevel.GSO);
        assertThat(send(sender, 100, 100, receiver.local(), 0)).isTrue();
        assertThat(send(sender, 100, 100, receiver.local(), 2)).isTrue();
        assertThat(controls).containsExactly(0L, 24L);
    }

    @Test
    void aKernelWithoutClassesGetsTheDatagramsWithoutThem() throws IOException {
        LinuxUdpSocket receiver = open("127.0.0.1", UdpLevel.GSO);
        LinuxUdpSocket sender = open("127.0.0.1", UdpLevel.GSO);
        boolean offload = sender.gso();
        kernel.refuse(LinuxConstants.EINVAL, 1);
        for (int i = 0; i < 3; i++) {
            assertThat(send(sender, 100, 100, receiver.local(), 2)).isTrue();
            assertThat(receive(receiver)).isEqualTo(100);
            assertThat(receiver.trafficClass()).isZero();
        }
        assertThat(kernel.calls()).isEqualTo(1 + 3);
        assertThat(sender.gso()).isEqualTo(offload);
    }

    @Test
    void anErrorOfAnotherKindDoesNotCostTheClass() throws IOException {
        LinuxUdpSocket receiver = open("127.0.0.1", UdpLevel.GSO);
        LinuxUdpSocket sender = open("127.0.0.1", UdpLevel.GSO);
        kernel.refuse(LinuxConstants.EINVAL, 2);
        assertThat(send(sender, 100, 100, receiver.local(), 2)).isTrue();
        assertThat(send(sender, 200, 200, receiver.local(), 2)).isTrue();
        assertThat(receive(receiver)).isEqualTo(200);
        assertThat(receiver.trafficClass()).isEqualTo(2);
    }

    private LinuxUdpSocket open(String host, UdpLevel level) throws IOException {
        LinuxUdpSocket socket =
                LinuxUdpSocket.open(
                        new InetSocketAddress(InetAddress.ofLiteral(host), 0),
                        new UdpCounters(),
                        (capture, fd, header, flags) -> {
                            controls.add(header.get(ValueLayout.JAVA_LONG, CONTROL_LENGTH));
                            return kernel.sendmsg(capture, fd, header, flags);
                        },
                        level,
                        List.of(),
                        0,
                        false);
        opened.add(socket);
        return socket;
    }

    private boolean send(
            LinuxUdpSocket sender,
            int length,
            int segment,
            InetSocketAddress to,
            int trafficClass) {
        return sender.send(Trains.of(slab, 0, length, segment, to, trafficClass));
    }

    private int receive(LinuxUdpSocket socket) {
        return receive(socket, new Inbox());
    }

    private int receive(LinuxUdpSocket socket, Inbox inbox) {
        long deadline = System.nanoTime() + PATIENCE;
        int length;
        while ((length = socket.receive(received, inbox)) < 0) {
            assertThat(System.nanoTime()).as("arrived in time").isLessThan(deadline);
            Thread.onSpinWait();
        }
        return length;
    }
}
