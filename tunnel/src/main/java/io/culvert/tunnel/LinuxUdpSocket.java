package io.culvert.tunnel;

import static io.culvert.tunnel.LinuxConstants.*;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
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
    private final KernelCalls kernel;
    private final UdpDescriptor descriptor;
    private final TrainReceiver receiver;
    private final TrainSender sender;

    private LinuxUdpSocket(boolean ipv6, UdpCounters counters, KernelCalls kernel)
            throws SocketException {
        this.kernel = kernel;
        try {
            descriptor = new UdpDescriptor(ipv6, kernel, arena);
        } catch (SocketException e) {
            arena.close();
            throw e;
        }
        SocketAddresses addresses = new SocketAddresses(arena);
        receiver = new TrainReceiver(kernel, fd(), arena, addresses, counters);
        sender = new TrainSender(kernel, fd(), ipv6, arena, addresses, counters);
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
     * @throws UdpDescriptor.UnsupportedFamilyException when the kernel doesn't know the family
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
                socket.descriptor.set(option);
            }
            if (fwmark != 0) {
                socket.fwmark(fwmark);
            }
            if (besideOld) {
                socket.letSuccessorBind(true);
            }
            socket.descriptor.bind(local);
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
            descriptor.set(
                    ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, ipv6 ? IPV6_RECVPKTINFO : IP_PKTINFO, 1);
        }
        if (ipv6) {
            descriptor.set(IPPROTO_IPV6, IPV6_V6ONLY, 1);
            descriptor.set(IPPROTO_IPV6, IPV6_MTU_DISCOVER, IP_PMTUDISC_DONT);
        } else {
            // As the kernel's WireGuard: an oversized datagram is fragmented rather than lost.
            descriptor.set(IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
        }
        boolean told =
                descriptor.set(
                        ipv6 ? IPPROTO_IPV6 : IPPROTO_IP, ipv6 ? IPV6_RECVTCLASS : IP_RECVTOS, 1);
        if (!told) {
            LOG.log(
                    Level.INFO,
                    "congestion marks on received datagrams stay unknown: {0}",
                    descriptor.reason());
        }
        descriptor.bufferSize(SO_RCVBUF, SO_RCVBUFFORCE, SOCKET_BUFFER);
        descriptor.bufferSize(SO_SNDBUF, SO_SNDBUFFORCE, SOCKET_BUFFER);
    }

    private void level(UdpLevel highest) {
        boolean offload = highest.compareTo(UdpLevel.GSO) <= 0;
        receiver.gro(offload && descriptor.set(SOL_UDP, UDP_GRO, 1));
        // only whether it exists: each train says its own
        sender.gso(offload && descriptor.set(SOL_UDP, UDP_SEGMENT, 0));
        if (highest.compareTo(UdpLevel.MMSG) <= 0) {
            MessageVector none = new MessageVector(arena, false, 1, 1);
            sender.sendmmsg(kernel.sendmmsg(descriptor.capture(), fd(), none, 0) == 0);
            receiver.recvmmsg(kernel.recvmmsg(descriptor.capture(), fd(), none, 0) == 0);
        }
    }

    /** Whether another socket that says the same may be bound to the same address. */
    void letSuccessorBind(boolean on) {
        descriptor.set(SOL_SOCKET, SO_REUSEADDR, on ? 1 : 0);
    }

    /**
     * Marks what is sent from now on, for the system's routing rules; 0 takes the mark away.
     *
     * @throws SocketException without the right to
     */
    void fwmark(int mark) throws SocketException {
        if (!descriptor.set(SOL_SOCKET, SO_MARK, mark)) {
            throw new SocketException(
                    descriptor.errno() == EPERM
                            ? "a firewall mark needs the capability CAP_NET_ADMIN"
                            : "cannot set the firewall mark: " + descriptor.reason());
        }
    }

    int fd() {
        return descriptor.fd();
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
        return descriptor.get(SO_RCVBUF);
    }

    /** The DSCP and ECN byte of what was received last. */
    int trafficClass() {
        return receiver.trafficClass();
    }

    InetSocketAddress local() throws IOException {
        return descriptor.local();
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
        descriptor.close();
        free();
    }

    /** Frees the native memory; the descriptor is closed by its owner. */
    void free() {
        receiver.stop();
        arena.close();
    }
}
