package io.culvert.tunnel;

import static io.culvert.tunnel.LinuxConstants.*;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.List;

/**
 * One non-blocking UDP socket of one address family, through the C library.
 *
 * <p>It receives by {@link TrainReceiver} and sends by {@link TrainSender}, on the highest {@link
 * UdpLevel} that may be used and that the kernel has, in each direction. Bound to the wildcard
 * address it answers each peer from the address at which the peer reached it ({@link PathAddress}).
 * Each train has one DSCP and ECN byte: the kernel never coalesces datagrams that differ in it. Not
 * thread-safe.
 */
final class LinuxUdpSocket {
    /** Asked for each way, as wireguard-go does; the kernel may give less. */
    static final int SOCKET_BUFFER = 7 << 20;

    private static final Logger LOG = System.getLogger("io.culvert.tunnel");

    private final Arena arena = Arena.ofShared();
    private final MemorySegment capture = LinuxCalls.newCapture(arena);
    private final MemorySegment value = arena.allocate(8, 8);
    private final SocketAddresses addresses = new SocketAddresses(arena);
    private final KernelCalls kernel;
    private final TrainReceiver receiver;
    private final TrainSender sender;
    private final int fd;

    private LinuxUdpSocket(boolean ipv6, UdpCounters counters, KernelCalls kernel)
            throws IOException {
        this.kernel = kernel;
        int family = ipv6 ? AF_INET6 : AF_INET;
        fd = kernel.socket(capture, family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, SOL_UDP);
        if (fd < 0) {
            String reason = LinuxCalls.describe(LinuxCalls.errno(capture));
            boolean noSuchFamily = LinuxCalls.errno(capture) == EAFNOSUPPORT;
            arena.close();
            throw noSuchFamily
                    ? new UnsupportedFamilyException(reason)
                    : new SocketException("cannot open a UDP socket: " + reason);
        }
        receiver = new TrainReceiver(kernel, fd, arena, addresses, counters);
        sender = new TrainSender(kernel, fd, ipv6, arena, addresses, counters);
    }

    /** The kernel was built or booted without this address family. */
    static final class UnsupportedFamilyException extends SocketException {
        private static final long serialVersionUID = 1;

        UnsupportedFamilyException(String reason) {
            super(reason);
        }
    }

    /**
     * Opens and binds a socket of the address's family.
     *
     * @param highest the most help of the kernel's that it asks for
     * @param options set before it is bound
     * @param fwmark mark of all it sends; 0 for none
     * @param besideOld whether it takes over an address from a socket that {@link
     *     #letSuccessorBind}
     * @throws BindException when the port is taken or the address isn't ours
     * @throws UnsupportedFamilyException when the kernel doesn't know the family
     */
    static LinuxUdpSocket open(
            InetSocketAddress local,
            UdpCounters counters,
            KernelCalls kernel,
            UdpLevel highest,
            List<SocketOption> options,
            int fwmark,
            boolean besideOld)
            throws IOException {
        boolean ipv6 = SocketAddresses.isIpv6(local);
        LinuxUdpSocket socket = new LinuxUdpSocket(ipv6, counters, kernel);
        try {
            socket.configure(ipv6, local.getAddress().isAnyLocalAddress());
            socket.level(highest);
            for (SocketOption option : options) {
                socket.set(option);
            }
            if (fwmark != 0) {
                socket.fwmark(fwmark);
            }
            if (besideOld) {
                socket.letSuccessorBind(true);
            }
            socket.bind(local);
            if (besideOld) {
                socket.letSuccessorBind(false);
            }
        } catch (IOException e) {
            socket.discard();
            throw e;
        }
        return socket;
    }

    private void configure(boolean ipv6, boolean anyAddress) {
        if (anyAddress) {
            set(ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, ipv6 ? IPV6_RECVPKTINFO : IP_PKTINFO, 1);
        }
        if (ipv6) {
            set(IPPROTO_IPV6, IPV6_V6ONLY, 1);
            set(IPPROTO_IPV6, IPV6_MTU_DISCOVER, IP_PMTUDISC_DONT);
        } else {
            // As the kernel's WireGuard: an oversized datagram is fragmented rather than lost.
            set(IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
        }
        boolean told =
                set(ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, ipv6 ? IPV6_RECVTCLASS : IP_RECVTOS, 1);
        if (!told) {
            LOG.log(
                    Level.INFO,
                    "congestion marks on received datagrams stay unknown: {0}",
                    LinuxCalls.describe(LinuxCalls.errno(capture)));
        }
        bufferSize(SO_RCVBUF, SO_RCVBUFFORCE);
        bufferSize(SO_SNDBUF, SO_SNDBUFFORCE);
    }

    private void level(UdpLevel highest) {
        boolean offload = highest.compareTo(UdpLevel.GSO) <= 0;
        receiver.gro(offload && set(SOL_UDP, UDP_GRO, 1));
        // only whether it exists: each train says its own
        sender.gso(offload && set(SOL_UDP, UDP_SEGMENT, 0));
        if (highest.compareTo(UdpLevel.MMSG) <= 0) {
            MessageVector none = new MessageVector(arena, false, 1, 1);
            sender.sendmmsg(kernel.sendmmsg(capture, fd, none, 0) == 0);
            receiver.recvmmsg(kernel.recvmmsg(capture, fd, none, 0) == 0);
        }
    }

    private void bufferSize(int option, int forcing) {
        set(SOL_SOCKET, option, SOCKET_BUFFER);
        set(SOL_SOCKET, forcing, SOCKET_BUFFER); // needs CAP_NET_ADMIN; without it the limit holds
    }

    private boolean set(int level, int option, int to) {
        value.set(ValueLayout.JAVA_INT, 0, to);
        return LinuxCalls.setsockopt(capture, fd, level, option, value, 4) == 0;
    }

    private void set(SocketOption option) throws SocketException {
        byte[] bytes = option.value();
        try (Arena once = Arena.ofConfined()) {
            MemorySegment m = once.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
            int result =
                    LinuxCalls.setsockopt(
                            capture, fd, option.level(), option.number(), m, bytes.length);
            if (result != 0) {
                throw new SocketException(
                        "cannot set "
                                + option.name()
                                + ": "
                                + LinuxCalls.describe(LinuxCalls.errno(capture)));
            }
        }
    }

    private void bind(InetSocketAddress local) throws IOException {
        MemorySegment name = addresses.encode(local);
        if (kernel.bind(capture, fd, name, SocketAddresses.lengthOf(local)) == 0) {
            return;
        }
        int errno = LinuxCalls.errno(capture);
        String reason = errno == EADDRINUSE ? "Address already in use" : LinuxCalls.describe(errno);
        throw new BindException(reason);
    }

    /** Whether another socket that says the same may be bound to the same address. */
    void letSuccessorBind(boolean on) {
        set(SOL_SOCKET, SO_REUSEADDR, on ? 1 : 0);
    }

    /**
     * Marks what is sent from now on, for the system's routing rules; 0 takes the mark away.
     *
     * @throws SocketException without the right to
     */
    void fwmark(int mark) throws SocketException {
        if (!set(SOL_SOCKET, SO_MARK, mark)) {
            int errno = LinuxCalls.errno(capture);
            throw new SocketException(
                    errno == EPERM
                            ? "a firewall mark needs the capability CAP_NET_ADMIN"
                            : "cannot set the firewall mark: " + LinuxCalls.describe(errno));
        }
    }

    int fd() {
        return fd;
    }

    boolean gro() {
        return receiver.gro();
    }

    boolean gso() {
        return sender.gso();
    }

    /** What helps each way. */
    String help() {
        return String.format(
                "GRO %s, GSO %s",
                receiver.gro() ? "on" : receiver.recvmmsg() ? "off: recvmmsg" : "off",
                sender.gso() ? "on" : sender.sendmmsg() ? "off: sendmmsg" : "off");
    }

    /** Bytes the kernel really gave for receiving, its own bookkeeping included. */
    int receiveBuffer() {
        value.set(ValueLayout.JAVA_INT, 4, 4);
        LinuxCalls.getsockopt(
                capture, fd, SOL_SOCKET, SO_RCVBUF, value.asSlice(0, 4), value.asSlice(4, 4));
        return value.get(ValueLayout.JAVA_INT, 0);
    }

    /** The DSCP and ECN byte of what was received last. */
    int trafficClass() {
        return receiver.trafficClass();
    }

    InetSocketAddress local() throws IOException {
        try (Arena once = Arena.ofConfined()) {
            MessageHeader header = new MessageHeader(once, false);
            header.resetName();
            if (LinuxCalls.getsockname(capture, fd, header.name, header.nameLength) != 0) {
                throw new SocketException(LinuxCalls.describe(LinuxCalls.errno(capture)));
            }
            InetSocketAddress local = addresses.decode(header.name, 0, 0, 0);
            if (local == null) {
                throw new SocketException("bound to an unknown address family");
            }
            return local;
        }
    }

    /** Receives what one call brings, as {@link TrainReceiver#receive}. */
    int receive(ReceiveSlab slab, UdpTransport.Receiver to) {
        return receiver.receive(slab, to);
    }

    /** Sends trains, as {@link TrainSender#send}. */
    boolean send(TrainBatch batch) {
        return sender.send(batch);
    }

    /** Closes a socket that no event loop has yet. */
    void discard() {
        LinuxCalls.close(capture, fd);
        free();
    }

    /** Frees the native memory; the descriptor is closed by its owner. */
    void free() {
        receiver.stop();
        arena.close();
    }
}
