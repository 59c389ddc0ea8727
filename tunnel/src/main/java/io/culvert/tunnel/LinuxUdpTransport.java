package io.culvert.tunnel;

import io.culvert.tunnel.LinuxUdpSocket.SendCall;
import io.culvert.tunnel.LinuxUdpSocket.UnsupportedFamilyException;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Our own UDP sockets on Netty's epoll loop: no object per datagram, trains both ways.
 *
 * <p>A wildcard address binds both families to one port, the IPv6 socket with {@code V6ONLY}; any
 * other address binds its own family alone.
 */
final class LinuxUdpTransport implements UdpTransport {
    /** Bytes of the receive slab: more than the largest train that GRO makes. */
    static final int RECEIVE_SLAB = 65536;

    /** Trains taken per turn of the event loop; what is left waits for the next turn. */
    private static final int READS_PER_TURN = 16;

    /** How often both families are tried on a port the kernel chose for the first of them. */
    private static final int EPHEMERAL_ATTEMPTS = 100;

    private static final Logger LOG = System.getLogger("io.culvert.tunnel");
    private static final EpollIoOps READ = EpollIoOps.EPOLLIN;
    private static final EpollIoOps READ_AND_WRITE = READ.with(EpollIoOps.EPOLLOUT);

    private final IoEventLoop loop;
    private final UdpCounters counters;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment slab;
    private final List<Endpoint> endpoints = new ArrayList<>(2);
    private final InetSocketAddress local;
    private @Nullable Receiver receiver;
    private boolean closed;

    private LinuxUdpTransport(
            IoEventLoop loop, List<LinuxUdpSocket> sockets, UdpCounters counters, int slabSize)
            throws IOException {
        this.loop = loop;
        this.counters = counters;
        slab = arena.allocate(slabSize, 64);
        for (LinuxUdpSocket socket : sockets) {
            endpoints.add(new Endpoint(socket));
        }
        local = sockets.getFirst().local();
    }

    /**
     * Binds. Any thread.
     *
     * @param local resolved; port 0 lets the kernel choose
     * @throws BindException when the port is taken or the address isn't ours
     */
    static LinuxUdpTransport open(InetSocketAddress local, IoEventLoop loop, UdpCounters counters)
            throws IOException {
        return open(local, loop, counters, RECEIVE_SLAB, LinuxCalls::sendmsg);
    }

    static LinuxUdpTransport open(
            InetSocketAddress local,
            IoEventLoop loop,
            UdpCounters counters,
            int slabSize,
            SendCall sendCall)
            throws IOException {
        List<LinuxUdpSocket> sockets =
                local.getAddress().isAnyLocalAddress()
                        ? bindBoth(local.getPort(), counters, sendCall)
                        : List.of(LinuxUdpSocket.open(local, counters, sendCall));
        return new LinuxUdpTransport(loop, sockets, counters, slabSize);
    }

    private static List<LinuxUdpSocket> bindBoth(int port, UdpCounters counters, SendCall sendCall)
            throws IOException {
        for (int attempt = 1; ; attempt++) {
            LinuxUdpSocket v4 = openIfSupported(WildcardAddress.IPV4, port, counters, sendCall);
            LinuxUdpSocket v6;
            try {
                int same = v4 == null ? port : v4.local().getPort();
                v6 = openIfSupported(WildcardAddress.IPV6, same, counters, sendCall);
            } catch (BindException taken) {
                if (v4 != null) {
                    discard(v4);
                }
                if (port != 0 || attempt == EPHEMERAL_ATTEMPTS) {
                    throw taken;
                }
                continue;
            }
            if (v4 == null && v6 == null) {
                throw new SocketException("the kernel has neither IPv4 nor IPv6");
            }
            return v4 == null ? List.of(v6) : v6 == null ? List.of(v4) : List.of(v4, v6);
        }
    }

    private static @Nullable LinuxUdpSocket openIfSupported(
            WildcardAddress family, int port, UdpCounters counters, SendCall sendCall)
            throws IOException {
        try {
            return LinuxUdpSocket.open(family.port(port), counters, sendCall);
        } catch (UnsupportedFamilyException e) {
            LOG.log(Level.DEBUG, "no {0} sockets: {1}", family, e.getMessage());
            return null;
        }
    }

    private static void discard(LinuxUdpSocket socket) {
        closeDescriptor(new FileDescriptor(socket.fd()));
        socket.free();
    }

    private static void closeDescriptor(FileDescriptor fd) {
        try {
            fd.close();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "closing a UDP socket", e);
        }
    }

    @Override
    public void start(Receiver receiver) {
        this.receiver = receiver;
        for (Endpoint endpoint : endpoints) {
            Future<IoRegistration> registered = loop.register(endpoint);
            registered.addListener((Future<IoRegistration> f) -> {
                if (f.isSuccess()) {
                    endpoint.registered(f.getNow());
                } else {
                    fail(f.cause());
                }
            });
        }
    }

    @Override
    public boolean send(
            MemorySegment slab,
            long offset,
            int length,
            int segmentSize,
            InetSocketAddress destination) {
        if (closed) {
            return true;
        }
        Endpoint endpoint = endpointFor(destination);
        if (endpoint == null) {
            counters.sendErrors++;
            return true;
        }
        if (endpoint.socket.send(slab, offset, length, segmentSize, destination)) {
            return true;
        }
        endpoint.waitForRoom();
        return false;
    }

    private @Nullable Endpoint endpointFor(InetSocketAddress destination) {
        boolean ipv6 = SocketAddresses.isIpv6(destination);
        for (int i = 0; i < endpoints.size(); i++) {
            if (endpoints.get(i).ipv6 == ipv6) {
                return endpoints.get(i);
            }
        }
        return null;
    }

    @Override
    public InetSocketAddress local() {
        return local;
    }

    @Override
    public String description() {
        return endpoints.stream()
                .map(Endpoint::describe)
                .collect(Collectors.joining(" and ", "Linux UDP sockets ", ""));
    }

    /** Sends datagram by datagram; for tests of that path on kernels that can do better. */
    void disableGso() {
        endpoints.forEach(e -> e.socket.disableGso());
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        endpoints.forEach(Endpoint::release);
        arena.close();
    }

    private void fail(Throwable cause) {
        if (closed) {
            return;
        }
        close();
        Receiver r = receiver;
        if (r != null) {
            r.failed(cause);
        }
    }

    /** One socket as the epoll loop sees it. */
    private final class Endpoint implements EpollIoHandle {
        final LinuxUdpSocket socket;
        final boolean ipv6;
        private final InetSocketAddress bound;
        private final int receiveBuffer;
        private final FileDescriptor fd;
        private @Nullable IoRegistration registration;
        private boolean waitingForRoom;

        Endpoint(LinuxUdpSocket socket) throws IOException {
            this.socket = socket;
            bound = socket.local();
            receiveBuffer = socket.receiveBuffer();
            ipv6 = SocketAddresses.isIpv6(bound);
            fd = new FileDescriptor(socket.fd());
        }

        String describe() {
            return String.format(
                    "%s:%d (GRO %s, GSO %s, receive buffer %d KiB)",
                    bound.getAddress().getHostAddress(),
                    bound.getPort(),
                    socket.gro() ? "on" : "off",
                    socket.gso() ? "on" : "off",
                    receiveBuffer >> 10);
        }

        @Override
        public FileDescriptor fd() {
            return fd;
        }

        void registered(IoRegistration registration) {
            this.registration = registration;
            if (closed) {
                registration.cancel();
                return;
            }
            registration.submit(waitingForRoom ? READ_AND_WRITE : READ);
        }

        void waitForRoom() {
            if (!waitingForRoom) {
                waitingForRoom = true;
                submit(READ_AND_WRITE);
            }
        }

        private void submit(EpollIoOps ops) {
            IoRegistration r = registration;
            if (r != null) {
                r.submit(ops);
            }
        }

        @Override
        public void handle(IoRegistration registration, IoEvent event) {
            EpollIoOps ops = ((EpollIoEvent) event).ops();
            Receiver r = receiver;
            if (closed || r == null) {
                return;
            }
            if (waitingForRoom && ops.contains(EpollIoOps.EPOLLOUT)) {
                waitingForRoom = false;
                submit(READ);
                r.writable();
            }
            if (ops.contains(EpollIoOps.EPOLLIN) || ops.contains(EpollIoOps.EPOLLERR)) {
                read(r);
            }
        }

        private void read(Receiver r) {
            boolean drained = false;
            for (int i = 0; i < READS_PER_TURN && !closed; i++) {
                int length = socket.receive(slab);
                if (length == LinuxUdpSocket.WOULD_BLOCK) {
                    drained = true;
                    break;
                }
                if (length > 0) {
                    r.datagrams(slab, 0, length, socket.segmentSize(), socket.source());
                }
            }
            if (!closed) {
                r.readComplete(drained);
            }
        }

        private void release() {
            IoRegistration r = registration;
            if (r != null) {
                r.cancel();
            }
            closeDescriptor(fd);
            socket.free();
        }

        /** The event loop is shutting down. */
        @Override
        public void close() {
            fail(new SocketException("the event loop shut down"));
        }
    }
}
