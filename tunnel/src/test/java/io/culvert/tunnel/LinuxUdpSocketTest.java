package io.culvert.tunnel;

import static io.culvert.tunnel.LinuxConstants.EACCES;
import static io.culvert.tunnel.LinuxConstants.EAGAIN;
import static io.culvert.tunnel.LinuxConstants.ECONNREFUSED;
import static io.culvert.tunnel.LinuxConstants.EINVAL;
import static io.culvert.tunnel.LinuxConstants.EIO;
import static io.culvert.tunnel.LinuxConstants.EMSGSIZE;
import static io.culvert.tunnel.LinuxConstants.ENOSYS;
import static io.culvert.tunnel.LinuxConstants.EPERM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the socket does when the kernel refuses a train, on each level. */
@EnabledOnOs(OS.LINUX)
@SuppressWarnings("NullAway.Init") // by open(UdpLevel)
class LinuxUdpSocketTest {
    private static final int SEGMENT = 1000;
    private static final int LENGTH = 3500;

    private final UdpCounters counters = new UdpCounters();
    private final RefusingKernel kernel = new RefusingKernel();
    private final MemorySegment slab = Arena.ofAuto().allocate(LENGTH);
    private DatagramSocket peer;
    private InetSocketAddress destination;
    private LinuxUdpSocket socket;

    @BeforeEach
    void open() throws IOException {
        InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
        peer = new DatagramSocket(0, loopback);
        peer.setSoTimeout(30_000);
        destination = new InetSocketAddress(loopback, peer.getLocalPort());
        for (int i = 0; i < LENGTH; i++) {
            slab.set(ValueLayout.JAVA_BYTE, i, (byte) (i / SEGMENT));
        }
    }

    private void open(UdpLevel level) throws IOException {
        socket =
                LinuxUdpSocket.open(
                        new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0),
                        counters,
                        kernel,
                        level,
                        List.of(),
                        0,
                        false);
    }

    private void openWithGso() throws IOException {
        open(UdpLevel.GSO);
        assumeTrue(socket.gso(), "this kernel cannot cut trains");
    }

    @AfterEach
    void close() {
        if (socket != null) {
            LinuxCalls.close(LinuxCalls.newCapture(Arena.ofAuto()), socket.fd());
            socket.free();
        }
        peer.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {EIO, EINVAL})
    void refusedSegmentationIsSentOnceByOneCallForAllAndStaysOff(int errno) throws IOException {
        openWithGso();
        kernel.refuse(errno, 1);
        assertThat(send()).isTrue();
        expectTrain();
        assertThat(socket.gso()).isFalse();
        assertThat(kernel.calls()).isEqualTo(1 + 1);
        assertThat(kernel.accepted()).isEqualTo(4);

        assertThat(send()).isTrue();
        expectTrain();
        assertThat(kernel.calls()).isEqualTo(1 + 1 + 1);
        assertThat(kernel.accepted()).isEqualTo(4 + 4);
        assertThat(counters.sendErrors).isZero();
        assertThat(counters.sentTrains).isEqualTo(2);
        assertThat(counters.sentBytes).isEqualTo(2 * LENGTH);
    }

    @ParameterizedTest
    @ValueSource(ints = {EIO, EINVAL})
    void refusedSegmentationIsSentOneByOneWhereCallsForManyAreForbidden(int errno)
            throws IOException {
        kernel.refuseBatches(EPERM);
        openWithGso();
        kernel.refuse(errno, 1);
        for (int i = 1; i <= 2; i++) {
            assertThat(send()).isTrue();
            expectTrain();
            assertThat(kernel.calls()).isEqualTo(1 + i * 4);
        }
        assertThat(socket.gso()).isFalse();
        assertThat(counters.sendErrors).isZero();
    }

    /** One of three trains is refused: what is before it and behind it leaves once. */
    @Test
    void refusedSegmentationInTheMiddleOfABatchConcernsWhatIsLeft() throws IOException {
        openWithGso();
        TrainBatch batch = new TrainBatch(slab);
        batch.add(0, 1000, 500, destination, 0);
        batch.add(1000, 1000, 500, destination, 0);
        batch.add(2000, 1000, 500, destination, 0);
        kernel.acceptFirst(1);
        kernel.refuse(EIO, 2); // by the second call for many, and by itself
        assertThat(socket.send(batch)).isTrue();
        assertThat(socket.gso()).isFalse();
        for (int i = 0; i < 6; i++) {
            expect(500, i / 2);
        }
        expectNothing();
        assertThat(counters.sentTrains).isEqualTo(3);
        assertThat(counters.sentBytes).isEqualTo(3000);
    }

    @Test
    void trainTooLargeForTheDeviceIsCutByUsOnce() throws IOException {
        openWithGso();
        kernel.refuse(EMSGSIZE, 1);
        assertThat(send()).isTrue();
        expectTrain();
        assertThat(socket.gso()).isTrue();
        assertThat(kernel.accepted()).isEqualTo(4);
        assertThat(send()).isTrue();
        expectTrain();
        assertThat(kernel.accepted()).isEqualTo(5);
    }

    @ParameterizedTest
    @ValueSource(ints = {ENOSYS, EPERM})
    void callsForManyThatAreForbiddenAreNotTriedAgain(int errno) throws IOException {
        kernel.refuseBatches(errno);
        open(UdpLevel.MMSG);
        assertThat(socket.help()).isEqualTo("GRO off, GSO off");
        assertThat(send()).isTrue();
        expectTrain();
        assertThat(kernel.calls()).isEqualTo(4);
        assertThat(counters.sendErrors).isZero();

        peer.send(new DatagramPacket(new byte[77], 77, socket.local()));
        assertThat(receive()).isEqualTo(77);
        assertThat(counters.receiveErrors).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void aCallThatTakesLessThanItWasGivenIsFollowedByAnother(int most) throws IOException {
        open(UdpLevel.MMSG);
        kernel.atMost(most);
        assertThat(send()).isTrue();
        expectTrain();
        expectNothing();
        assertThat(kernel.accepted()).isEqualTo(4);
    }

    @ParameterizedTest
    @EnumSource(names = {"MMSG", "SINGLE"})
    void fullInTheMiddleResumesWhereItStopped(UdpLevel level) throws IOException {
        open(level);
        TrainBatch batch = batch();
        kernel.acceptFirst(2);
        kernel.refuse(EAGAIN, 2);
        assertThat(socket.send(batch)).isFalse();
        assertThat(batch.bytes()).isEqualTo(LENGTH - 2 * SEGMENT);
        assertThat(socket.send(batch)).isFalse();
        assertThat(socket.send(batch)).isTrue();
        expectTrain();
        expectNothing();
        assertThat(kernel.accepted()).isEqualTo(4);
        assertThat(counters.socketFull).isEqualTo(2);
        assertThat(counters.sentTrains).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(names = {"GSO", "MMSG", "SINGLE"})
    void errorOfEarlierDatagramDoesNotCostThisOne(UdpLevel level) throws IOException {
        open(level);
        kernel.refuse(ECONNREFUSED, 1);
        assertThat(send()).isTrue();
        expectTrain();
        assertThat(counters.sendErrors).isZero();
    }

    @Test
    void administrativelyProhibitedTrainIsDroppedAndCounted() throws IOException {
        openWithGso();
        kernel.refuse(EACCES, 1);
        assertThat(send()).isTrue();
        assertThat(counters.sendErrors).isEqualTo(1);
        assertThat(send()).isTrue();
        expectTrain();
    }

    @ParameterizedTest
    @EnumSource(names = {"MMSG", "SINGLE"})
    void datagramsBehindTheOneThatWasRefusedStillLeave(UdpLevel level) throws IOException {
        open(level);
        kernel.acceptFirst(1);
        kernel.refuse(EACCES, level == UdpLevel.MMSG ? 2 : 1); // among many, and by itself
        assertThat(send()).isTrue();
        for (int piece : new int[] {0, 2, 3}) {
            expect(Math.min(SEGMENT, LENGTH - piece * SEGMENT), piece);
        }
        expectNothing();
        assertThat(counters.sendErrors).isEqualTo(1);
    }

    @Test
    @Tag("A12.4")
    void buffersAreAsLargeAsTheKernelAllowsUpToSevenMebibytes() throws IOException {
        open(UdpLevel.GSO);
        Path limit = Path.of("/proc/sys/net/core/rmem_max");
        assumeTrue(Files.isReadable(limit), "the kernel doesn't tell its limit");
        int allowed = Integer.parseInt(Files.readString(limit).strip());
        // the kernel doubles what it grants, for its bookkeeping, and a privileged user may exceed
        assertThat(socket.receiveBuffer()).isBetween(2 * Math.min(allowed, 7 << 20), 2 * (7 << 20));
    }

    private boolean send() {
        return socket.send(batch());
    }

    private TrainBatch batch() {
        return Trains.of(slab, 0, LENGTH, SEGMENT, destination, 0);
    }

    private int receive() {
        ReceiveSlab into = new ReceiveSlab(Arena.ofAuto(), LinuxUdpTransport.RECEIVE_SLAB);
        int length = TrainReceiver.WOULD_BLOCK;
        while (length == TrainReceiver.WOULD_BLOCK) {
            length = socket.receive(into, new UdpTransportContract.Inbox());
        }
        return length;
    }

    private void expectTrain() throws IOException {
        for (int piece = 0; piece * SEGMENT < LENGTH; piece++) {
            expect(Math.min(SEGMENT, LENGTH - piece * SEGMENT), piece);
        }
    }

    private void expect(int length, int content) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[2 * SEGMENT], 2 * SEGMENT);
        peer.receive(packet);
        assertThat(packet.getLength()).isEqualTo(length);
        assertThat(packet.getData()[length - 1]).isEqualTo((byte) content);
    }

    /** Loopback delivers within the call that sends. */
    private void expectNothing() throws IOException {
        InetSocketAddress us = (InetSocketAddress) peer.getLocalSocketAddress();
        peer.send(new DatagramPacket(new byte[] {99}, 1, us));
        expect(1, 99);
    }
}
