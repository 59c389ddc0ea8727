package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Both families on one port, or what there is of them. */
@Tag("A12.1")
@EnabledOnOs(OS.LINUX)
class LinuxUdpSocketsTest {
    private final List<LinuxUdpSocket> opened = new ArrayList<>();

    /** A kernel without some families, on which a number of IPv6 ports turns out to be taken. */
    private static final class Poor implements KernelCalls {
        private final List<Integer> missing;
        private int taken;
        int binds;

        Poor(int taken, Integer... missing) {
            this.taken = taken;
            this.missing = List.of(missing);
        }

        @Override
        public long sendmsg(MemorySegment capture, int fd, MemorySegment header, int flags) {
            return LinuxCalls.sendmsg(capture, fd, header, flags);
        }

        @Override
        public int socket(MemorySegment capture, int domain, int type, int protocol) {
            if (missing.contains(domain)) {
                LinuxCalls.errno(capture, LinuxConstants.EAFNOSUPPORT);
                return -1;
            }
            return LinuxCalls.socket(capture, domain, type, protocol);
        }

        @Override
        public int bind(MemorySegment capture, int fd, MemorySegment address, int length) {
            binds++;
            if (length == SocketAddresses.CAPACITY && taken > 0) {
                taken--;
                LinuxCalls.errno(capture, LinuxConstants.EADDRINUSE);
                return -1;
            }
            return LinuxCalls.bind(capture, fd, address, length);
        }
    }

    @AfterEach
    void close() {
        for (LinuxUdpSocket socket : opened) {
            LinuxCalls.close(LinuxCalls.newCapture(Arena.ofAuto()), socket.fd());
            socket.free();
        }
    }

    @Test
    void bothFamiliesHaveThePortThatTheFirstWasGiven() throws IOException {
        List<LinuxUdpSocket> sockets = bind(new Poor(0), 0);
        assertThat(sockets).hasSize(2);
        assertThat(port(sockets.get(1))).isEqualTo(port(sockets.get(0))).isPositive();
    }

    @Test
    void withoutIpv4ThePortAskedForIsKept() throws IOException {
        int free = freePort();
        List<LinuxUdpSocket> sockets = bind(new Poor(0, LinuxConstants.AF_INET), free);
        assertThat(sockets).hasSize(1);
        assertThat(port(sockets.getFirst())).isEqualTo(free);
        assertThat(SocketAddresses.isIpv6(sockets.getFirst().local())).isTrue();
    }

    @Test
    void withoutIpv6ThePortGivenIsReported() throws IOException {
        List<LinuxUdpSocket> sockets = bind(new Poor(0, LinuxConstants.AF_INET6), 0);
        assertThat(sockets).hasSize(1);
        assertThat(port(sockets.getFirst())).isPositive();
    }

    @Test
    void withoutBothThereIsNoTunnel() {
        Poor kernel = new Poor(0, LinuxConstants.AF_INET, LinuxConstants.AF_INET6);
        assertThatThrownBy(() -> bind(kernel, 0))
                .isInstanceOf(SocketException.class)
                .hasMessage("the kernel has neither IPv4 nor IPv6");
    }

    @Test
    void aPortOfOurChoiceThatIsTakenInOneFamilyIsExchanged() throws IOException {
        Poor kernel = new Poor(99);
        List<LinuxUdpSocket> sockets = bind(kernel, 0);
        assertThat(port(sockets.get(1))).isEqualTo(port(sockets.get(0)));
        assertThat(kernel.binds).isEqualTo(2 * 100);
    }

    @Test
    void afterAHundredPortsItGivesUp() {
        Poor kernel = new Poor(1000);
        assertThatThrownBy(() -> bind(kernel, 0)).isInstanceOf(BindException.class);
        assertThat(kernel.binds).isEqualTo(2 * 100);
    }

    @Test
    void aPortThatWasAskedForIsNotExchanged() throws IOException {
        int free = freePort();
        Poor kernel = new Poor(1);
        assertThatThrownBy(() -> bind(kernel, free)).isInstanceOf(BindException.class);
        assertThat(kernel.binds).isEqualTo(2);
    }

    private List<LinuxUdpSocket> bind(KernelCalls kernel, int port) throws IOException {
        List<LinuxUdpSocket> sockets =
                new LinuxUdpSockets(new UdpCounters(), kernel, UdpLevel.GSO, List.of(), 0, false)
                        .bind(WildcardAddress.IPV4.port(port));
        opened.addAll(sockets);
        return sockets;
    }

    private static int port(LinuxUdpSocket socket) throws IOException {
        InetSocketAddress local = socket.local();
        return local.getPort();
    }

    private static int freePort() throws IOException {
        try (DatagramSocket probe = new DatagramSocket(0)) {
            return probe.getLocalPort();
        }
    }
}
