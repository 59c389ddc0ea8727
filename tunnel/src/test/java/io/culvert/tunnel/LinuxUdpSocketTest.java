package io.culvert.tunnel;

import static io.culvert.tunnel.LinuxConstants.EACCES;
import static io.culvert.tunnel.LinuxConstants.EAGAIN;
import static io.culvert.tunnel.LinuxConstants.ECONNREFUSED;
import static io.culvert.tunnel.LinuxConstants.EINVAL;
import static io.culvert.tunnel.LinuxConstants.EIO;
import static io.culvert.tunnel.LinuxConstants.EMSGSIZE;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the socket does when the kernel refuses a train. */
@EnabledOnOs(OS.LINUX)
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
        socket = LinuxUdpSocket.open(new InetSocketAddress(loopback, 0), counters, kernel);
        for (int i = 0; i < LENGTH; i++) {
            slab.set(ValueLayout.JAVA_BYTE, i, (byte) (i / SEGMENT));
        }
    }

    @AfterEach
    void close() {
        LinuxCalls.close(LinuxCalls.newCapture(Arena.ofAuto()), socket.fd());
        socket.free();
        peer.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {EIO, EINVAL})
    void refusedSegmentationIsResentPieceByPieceAndStaysOff(int errno) throws IOException {
        kernel.refuse(errno, 1);
        assertThat(send()).isTrue();
        expectTrain();
        assertThat(socket.gso()).isFalse();
        assertThat(kernel.calls()).isEqualTo(1 + 4);

        assertThat(send()).isTrue();
        expectTrain();
        assertThat(kernel.calls()).isEqualTo(1 + 4 + 4);
        assertThat(counters.sendErrors).isZero();
    }

    @Test
    void trainTooLargeForTheDeviceIsResentPieceByPieceOnce() throws IOException {
        boolean before = socket.gso();
        kernel.refuse(EMSGSIZE, 1);
        assertThat(send()).isTrue();
        expectTrain();
        assertThat(socket.gso()).isEqualTo(before);
    }

    @Test
    void fullInTheMiddleResumesWhereItStopped() throws IOException {
        socket.disableGso();
        kernel.acceptFirst(2);
        kernel.refuse(EAGAIN, 2);
        assertThat(send()).isFalse();
        assertThat(send()).isFalse();
        assertThat(send()).isTrue();
        expectTrain();
        assertThat(kernel.accepted()).isEqualTo(4);
    }

    @Test
    void errorOfEarlierDatagramDoesNotCostThisOne() throws IOException {
        kernel.refuse(ECONNREFUSED, 1);
        assertThat(send()).isTrue();
        expectTrain();
        assertThat(counters.sendErrors).isZero();
    }

    @Test
    void administrativelyProhibitedTrainIsDroppedAndCounted() throws IOException {
        kernel.refuse(EACCES, 1);
        assertThat(send()).isTrue();
        assertThat(counters.sendErrors).isEqualTo(1);
        assertThat(send()).isTrue();
        expectTrain();
    }

    @Test
    @Tag("A12.4")
    void buffersAreAsLargeAsTheKernelAllowsUpToSevenMebibytes() throws IOException {
        Path limit = Path.of("/proc/sys/net/core/rmem_max");
        assumeTrue(Files.isReadable(limit), "the kernel doesn't tell its limit");
        int allowed = Integer.parseInt(Files.readString(limit).strip());
        // the kernel doubles what it grants, for its bookkeeping, and a privileged user may exceed
        assertThat(socket.receiveBuffer()).isBetween(2 * Math.min(allowed, 7 << 20), 2 * (7 << 20));
    }

    @Test
    void datagramsBehindTheOneThatWasRefusedStillLeave() throws IOException {
        socket.disableGso();
        kernel.acceptFirst(1);
        kernel.refuse(EACCES, 1);
        assertThat(send()).isTrue();
        assertThat(kernel.accepted()).isEqualTo(3);
        assertThat(counters.sendErrors).isEqualTo(1);
    }

    private boolean send() {
        return socket.send(slab, 0, LENGTH, SEGMENT, destination, 0);
    }

    private void expectTrain() throws IOException {
        for (int piece = 0; piece * SEGMENT < LENGTH; piece++) {
            DatagramPacket packet = new DatagramPacket(new byte[2 * SEGMENT], 2 * SEGMENT);
            peer.receive(packet);
            assertThat(packet.getLength()).isEqualTo(Math.min(SEGMENT, LENGTH - piece * SEGMENT));
            assertThat(packet.getData()[packet.getLength() - 1]).isEqualTo((byte) piece);
        }
    }
}
