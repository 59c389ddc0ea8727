package io.culvert.tunnel;

import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
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

    /** What is taken in a turn of the loop, less than a millisecond's work; the rest waits. */
    private static final int BYTES_PER_TURN = 1 << 20;

    /** What a UDP socket never reports: 4.2.18 forgets a handle that asks for nothing. */
    private static final EpollIoOps QUIET = EpollIoOps.EPOLLRDHUP;

    private static final int READS_PER_TURN = 32;
    private static final EpollIoOps READ = EpollIoOps.EPOLLIN;
    private static final EpollIoOps READ_AND_WRITE = READ.with(EpollIoOps.EPOLLOUT);

    private final IoEventLoop loop;
    private final UdpCounters counters;
    private final Arena arena = Arena.ofShared();
    private final ReceiveSlab slab;
    private final LinuxUdpSockets making;
    private volatile List<Endpoint> endpoints;
    private volatile InetSocketAddress local;
    private int fwmark;
    private @Nullable Receiver receiver;
    private boolean closed;

    private LinuxUdpTransport(
            IoEventLoop loop, List<LinuxUdpSocket> sockets, LinuxUdpSockets making, int slabSize)
            throws IOException {
        this.loop = loop;
        this.making = making;
        counters = making.counters();
        slab = new ReceiveSlab(arena, slabSize);
        endpoints = endpoints(sockets);
        local = sockets.getFirst().local();
    }

    private List<Endpoint> endpoints(List<LinuxUdpSocket> sockets) throws IOException {
        List<Endpoint> made = new ArrayList<>(2);
        for (LinuxUdpSocket socket : sockets) {
            made.add(new Endpoint(socket));
        }
        return List.copyOf(made);
    }

    /**
     * Binds. Any thread.
     *
     * @param local resolved; port 0 lets the kernel choose
     * @param highest the most help of the kernel's that is asked for
     * @param set before they are bound
     * @throws BindException when the port is taken or the address isn't ours
     */
    static LinuxUdpTransport open(
            InetSocketAddress local,
            IoEventLoop loop,
            UdpCounters counters,
            UdpLevel highest,
            List<SocketOption> set)
            throws IOException {
        var making = new LinuxUdpSockets(counters, KernelCalls.REAL, highest, set, 0, false);
        return open(local, loop, making, RECEIVE_SLAB);
    }

    /**
     * Binds.
     *
     * @param slabSize bytes of the longest train or datagram that one {@code recvmsg} takes whole
     */
    static LinuxUdpTransport open(
            InetSocketAddress local, IoEventLoop loop, LinuxUdpSockets making, int slabSize)
            throws IOException {
        return new LinuxUdpTransport(loop, making.bind(local), making, slabSize);
    }

    @Override
    public void start(Receiver receiver) {
        this.receiver = receiver;
        endpoints.forEach(this::register);
    }

    private void register(Endpoint endpoint) {
        Future<IoRegistration> registered = loop.register(endpoint);
        registered.addListener((Future<IoRegistration> f) -> {
            if (f.isSuccess()) {
                endpoint.registered(f.getNow());
            } else {
                fail(f.cause());
            }
        });
    }

    @Override
    public void rebind(int port) throws IOException {
        if (closed) {
            throw new SocketException("the UDP socket is closed");
        }
        InetSocketAddress before = local;
        boolean samePort = port == before.getPort();
        List<Endpoint> old = endpoints;
        List<Endpoint> fresh;
        old.forEach(e -> e.socket.letSuccessorBind(samePort));
        try {
            InetSocketAddress wanted = new InetSocketAddress(before.getAddress(), port);
            fresh = endpoints(making.after(fwmark, samePort).bind(wanted));
        } catch (IOException e) {
            old.forEach(o -> o.socket.letSuccessorBind(false));
            throw e;
        }
        for (Endpoint successor : fresh) {
            old.forEach(successor::succeed);
        }
        endpoints = fresh;
        local = fresh.getFirst().bound;
        old.forEach(Endpoint::release);
        if (receiver != null) {
            fresh.forEach(this::register);
        }
    }

    @Override
    public int fwmark() {
        return fwmark;
    }

    @Override
    public void fwmark(int mark) throws SocketException {
        List<Endpoint> marked = new ArrayList<>(2);
        try {
            for (Endpoint endpoint : endpoints) {
                endpoint.socket.fwmark(mark);
                marked.add(endpoint);
            }
        } catch (SocketException e) {
            for (Endpoint endpoint : marked) {
                endpoint.socket.fwmark(fwmark);
            }
            throw e;
        }
        fwmark = mark;
    }

    @Override
    public boolean send(TrainBatch batch) {
        while (!batch.isEmpty()) {
            Endpoint endpoint = closed ? null : endpointFor(batch.destination(0));
            if (endpoint == null) {
                counters.sendErrors += closed ? 0 : 1;
                boolean _ = batch.taken(batch.length(0));
            } else if (!endpoint.socket.send(batch)) {
                endpoint.waitForRoom();
                return false;
            }
        }
        return true;
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

    /** For tests that ask the kernel about the sockets. */
    List<Integer> descriptors() {
        return endpoints.stream().map(e -> e.socket.fd()).toList();
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
        private boolean released;
        private boolean resting;
        private final ReadFailures failures = new ReadFailures();

        Endpoint(LinuxUdpSocket socket) throws IOException {
            this.socket = socket;
            bound = socket.local();
            receiveBuffer = socket.receiveBuffer();
            ipv6 = SocketAddresses.isIpv6(bound);
            fd = new FileDescriptor(socket.fd());
        }

        String describe() {
            return String.format(
                    "%s:%d (%s, receive buffer %d KiB)",
                    bound.getAddress().getHostAddress(),
                    bound.getPort(),
                    socket.help(),
                    receiveBuffer >> 10);
        }

        @Override
        public FileDescriptor fd() {
            return fd;
        }

        void registered(IoRegistration registration) {
            this.registration = registration;
            if (released) {
                registration.cancel();
                return;
            }
            registration.submit(waitingForRoom ? READ_AND_WRITE : READ);
        }

        /** Goes on sending where the socket of the same family stopped. */
        void succeed(Endpoint before) {
            if (before.ipv6 == ipv6) {
                waitingForRoom = before.waitingForRoom;
            }
        }

        void waitForRoom() {
            if (!waitingForRoom) {
                waitingForRoom = true;
                submit(resting ? EpollIoOps.EPOLLOUT : READ_AND_WRITE);
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
            if (released || r == null) {
                return;
            }
            if (waitingForRoom && ops.contains(EpollIoOps.EPOLLOUT)) {
                waitingForRoom = false;
                submit(resting ? QUIET : READ);
                r.writable();
            }
            if (released || resting) {
                return;
            }
            if (ops.contains(EpollIoOps.EPOLLIN) || ops.contains(EpollIoOps.EPOLLERR)) {
                read(r);
            }
        }

        private void read(Receiver r) {
            boolean drained = false;
            int bytes = 0;
            for (int i = 0; i < READS_PER_TURN && bytes < BYTES_PER_TURN && !released; i++) {
                int length = socket.receive(slab, r);
                if (length == TrainReceiver.WOULD_BLOCK) {
                    drained = true;
                    break;
                }
                if (length == TrainReceiver.FAILED && failures.failed()) {
                    counters.receivePauses++;
                    rest(TimeUnit.MILLISECONDS.toNanos(failures.rest()));
                    break;
                }
                if (length > 0) {
                    bytes += length;
                    failures.succeeded();
                }
            }
            if (closed) {
                return;
            }
            if (!r.readComplete(drained) && drained && bytes > 0 && !resting && !released) {
                rest(ReadFailures.FLOOD_PAUSE);
            }
        }

        /** Nothing but errors or rubbish: we read on, but not at the cost of everything else. */
        private void rest(long nanos) {
            resting = true;
            submit(waitingForRoom ? EpollIoOps.EPOLLOUT : QUIET);
            var _ = loop.schedule(this::wakeUp, nanos, TimeUnit.NANOSECONDS);
        }

        private void wakeUp() {
            resting = false;
            if (!released) {
                submit(waitingForRoom ? READ_AND_WRITE : READ);
            }
        }

        private void release() {
            released = true;
            IoRegistration r = registration;
            if (r != null) {
                r.cancel();
            }
            LinuxUdpSockets.closeDescriptor(fd);
            socket.free();
        }

        /** The event loop is shutting down. */
        @Override
        public void close() {
            if (!released) {
                fail(new SocketException("the event loop shut down"));
            }
        }
    }
}
