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
import org.jspecify.annotations.Nullable;

/**
 * One non-blocking UDP socket of one address family, through the C library.
 *
 * <p>One {@code recvmsg} takes a whole train when the kernel coalesced one ({@code UDP_GRO}); one
 * {@code sendmsg} sends a whole train where the kernel can cut it ({@code UDP_SEGMENT}) and
 * datagram by datagram otherwise. Bound to the wildcard address it answers each peer from the
 * address at which the peer reached it ({@link PathAddress}). Each train has one DSCP and ECN byte:
 * the kernel never coalesces datagrams that differ in it. Not thread-safe.
 */
final class LinuxUdpSocket {
    /** Result of {@link #receive}: nothing there. */
    static final int WOULD_BLOCK = -1;

    /** Result of {@link #receive}: a datagram was discarded, there may be more. */
    static final int DISCARDED = -2;

    /** Result of {@link #receive}: an error, there may be more. */
    static final int FAILED = -3;

    /** Asked for each way, as wireguard-go does; the kernel may give less. */
    static final int SOCKET_BUFFER = 7 << 20;

    private static final Logger LOG = System.getLogger("io.culvert.tunnel");

    private final Arena arena = Arena.ofShared();
    private final MemorySegment capture = LinuxCalls.newCapture(arena);
    private final MemorySegment value = arena.allocate(8, 8);
    private final MessageHeader incoming;
    private final SocketAddresses addresses = new SocketAddresses(arena);
    private final UdpCounters counters;
    private final KernelCalls kernel;
    private final TrainSender sender;
    private final int fd;
    private boolean gro;
    private int segmentSize;
    private @Nullable InetSocketAddress source;

    private LinuxUdpSocket(boolean ipv6, UdpCounters counters, KernelCalls kernel)
            throws IOException {
        incoming = new MessageHeader(arena, ipv6);
        this.counters = counters;
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
     * @throws BindException when the port is taken or the address isn't ours
     * @throws UnsupportedFamilyException when the kernel doesn't know the family
     */
    static LinuxUdpSocket open(InetSocketAddress local, UdpCounters counters, KernelCalls kernel)
            throws IOException {
        return open(local, counters, kernel, List.of(), 0, false);
    }

    /**
     * Opens and binds a socket of the address's family.
     *
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
            List<SocketOption> options,
            int fwmark,
            boolean besideOld)
            throws IOException {
        boolean ipv6 = SocketAddresses.isIpv6(local);
        LinuxUdpSocket socket = new LinuxUdpSocket(ipv6, counters, kernel);
        try {
            socket.configure(ipv6, local.getAddress().isAnyLocalAddress());
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
            LinuxCalls.close(socket.capture, socket.fd);
            socket.free();
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
        gro = set(SOL_UDP, UDP_GRO, 1);
        sender.gso(set(SOL_UDP, UDP_SEGMENT, 0)); // only whether it exists: each train says its own
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

    /** Goes on with a train where the socket before it was when it was full. */
    void resumeTrainOf(LinuxUdpSocket before) {
        sender.resumeTrainOf(before.sender);
    }

    int fd() {
        return fd;
    }

    boolean gro() {
        return gro;
    }

    boolean gso() {
        return sender.gso();
    }

    /** Sends datagram by datagram from now on. */
    void disableGso() {
        sender.gso(false);
    }

    /** Bytes the kernel really gave for receiving, its own bookkeeping included. */
    int receiveBuffer() {
        value.set(ValueLayout.JAVA_INT, 4, 4);
        LinuxCalls.getsockopt(
                capture, fd, SOL_SOCKET, SO_RCVBUF, value.asSlice(0, 4), value.asSlice(4, 4));
        return value.get(ValueLayout.JAVA_INT, 0);
    }

    InetSocketAddress local() throws IOException {
        incoming.resetName();
        if (LinuxCalls.getsockname(capture, fd, incoming.name, incoming.nameLength) != 0) {
            throw new SocketException(LinuxCalls.describe(LinuxCalls.errno(capture)));
        }
        InetSocketAddress local = addresses.decode(incoming.name, 0, 0, 0);
        if (local == null) {
            throw new SocketException("bound to an unknown address family");
        }
        return local;
    }

    /**
     * Receives one train into the slab.
     *
     * @return its length, or one of the three above; after a length, {@link #segmentSize} and
     *     {@link #source} describe it
     */
    int receive(MemorySegment slab) {
        incoming.prepareReceive(slab);
        long received = kernel.recvmsg(capture, fd, incoming.header, 0);
        if (received < 0) {
            int errno = LinuxCalls.errno(capture);
            if (errno == EAGAIN) {
                return WOULD_BLOCK;
            }
            counters.receiveErrors++; // an ICMP error of an earlier datagram; the socket lives on
            return FAILED;
        }
        if ((incoming.flags() & MSG_TRUNC) != 0) {
            counters.truncated++;
            return DISCARDED;
        }
        incoming.readControl();
        source =
                addresses.decode(
                        incoming.name,
                        incoming.localHigh(),
                        incoming.localLow(),
                        incoming.interfaceIndex());
        if (received == 0 || source == null) {
            return DISCARDED;
        }
        int length = (int) received;
        int reported = incoming.groSegmentSize();
        segmentSize = reported > 0 && reported < length ? reported : length;
        counters.receivedTrains++;
        counters.receivedBytes += length;
        return length;
    }

    int segmentSize() {
        return segmentSize;
    }

    /** The DSCP and ECN byte of all datagrams of the last train. */
    int trafficClass() {
        return incoming.trafficClass();
    }

    InetSocketAddress source() {
        InetSocketAddress s = source;
        if (s == null) {
            throw new IllegalStateException("nothing was received");
        }
        return s;
    }

    /** Sends a train, as {@link TrainSender#send}. */
    boolean send(
            MemorySegment slab,
            long offset,
            int length,
            int segment,
            InetSocketAddress to,
            int trafficClass) {
        return sender.send(slab, offset, length, segment, to, trafficClass);
    }

    /** Frees the native memory; the descriptor is closed by its owner. */
    void free() {
        arena.close();
    }
}
