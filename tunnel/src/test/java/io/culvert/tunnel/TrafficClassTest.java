package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
    private final MemorySegment slab = Arena.ofAuto().allocate(LinuxUdpTransport.RECEIVE_SLAB);

    @AfterEach
    void close() {
        for (LinuxUdpSocket socket : opened) {
            LinuxCalls.close(LinuxCalls.newCapture(Arena.ofAuto()), socket.fd());
            socket.free();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void theClassOfWhatArrivesIsTold(String host) throws IOException {
        LinuxUdpSocket receiver = open(host);
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
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void everyDatagramOfATrainLeavesWithItsClass(String host) throws IOException {
        LinuxUdpSocket receiver = open(host);
        LinuxUdpSocket sender = open(host);
        for (boolean offload : new boolean[] {true, false}) {
            if (!offload) {
                sender.disableGso();
            }
            for (int trafficClass : CLASSES) {
                sender.send(slab, 0, LENGTH, SEGMENT, receiver.local(), trafficClass);
                for (int got = 0; got < LENGTH; ) {
                    got += receive(receiver);
                    assertThat(receiver.trafficClass()).isEqualTo(trafficClass);
                }
            }
        }
    }

    @Test
    void withoutAClassNothingIsSaidToTheKernel() throws IOException {
        LinuxUdpSocket receiver = open("127.0.0.1");
        LinuxUdpSocket sender = open("127.0.0.1");
        sender.send(slab, 0, 100, 100, receiver.local(), 0);
        sender.send(slab, 0, 100, 100, receiver.local(), 2);
        assertThat(controls).containsExactly(0L, 24L);
    }

    @Test
    void aKernelWithoutClassesGetsTheDatagramsWithoutThem() throws IOException {
        LinuxUdpSocket receiver = open("127.0.0.1");
        LinuxUdpSocket sender = open("127.0.0.1");
        boolean offload = sender.gso();
        kernel.refuse(LinuxConstants.EINVAL, 1);
        for (int i = 0; i < 3; i++) {
            assertThat(sender.send(slab, 0, 100, 100, receiver.local(), 2)).isTrue();
            assertThat(receive(receiver)).isEqualTo(100);
            assertThat(receiver.trafficClass()).isZero();
        }
        assertThat(kernel.calls()).isEqualTo(1 + 3);
        assertThat(sender.gso()).isEqualTo(offload);
    }

    @Test
    void anErrorOfAnotherKindDoesNotCostTheClass() throws IOException {
        LinuxUdpSocket receiver = open("127.0.0.1");
        LinuxUdpSocket sender = open("127.0.0.1");
        kernel.refuse(LinuxConstants.EINVAL, 2);
        sender.send(slab, 0, 100, 100, receiver.local(), 2);
        sender.send(slab, 0, 200, 200, receiver.local(), 2);
        assertThat(receive(receiver)).isEqualTo(200);
        assertThat(receiver.trafficClass()).isEqualTo(2);
    }

    private LinuxUdpSocket open(String host) throws IOException {
        LinuxUdpSocket socket =
                LinuxUdpSocket.open(
                        new InetSocketAddress(InetAddress.ofLiteral(host), 0),
                        new UdpCounters(),
                        (capture, fd, header, flags) -> {
                            controls.add(header.get(ValueLayout.JAVA_LONG, CONTROL_LENGTH));
                            return kernel.sendmsg(capture, fd, header, flags);
                        });
        opened.add(socket);
        return socket;
    }

    private int receive(LinuxUdpSocket socket) {
        long deadline = System.nanoTime() + PATIENCE;
        int length;
        while ((length = socket.receive(slab)) < 0) {
            assertThat(System.nanoTime()).as("arrived in time").isLessThan(deadline);
            Thread.onSpinWait();
        }
        return length;
    }
}
