package io.culvert.tunnel;

import static io.culvert.tunnel.LinuxConstants.AF_INET;
import static io.culvert.tunnel.LinuxConstants.AF_INET6;
import static io.culvert.tunnel.LinuxConstants.EADDRINUSE;
import static io.culvert.tunnel.LinuxConstants.EAGAIN;
import static io.culvert.tunnel.LinuxConstants.IPPROTO_IP;
import static io.culvert.tunnel.LinuxConstants.IPPROTO_IPV6;
import static io.culvert.tunnel.LinuxConstants.IPV6_RECVORIGDSTADDR;
import static io.culvert.tunnel.LinuxConstants.IPV6_TRANSPARENT;
import static io.culvert.tunnel.LinuxConstants.IPV6_V6ONLY;
import static io.culvert.tunnel.LinuxConstants.IP_RECVORIGDSTADDR;
import static io.culvert.tunnel.LinuxConstants.IP_TRANSPARENT;
import static io.culvert.tunnel.LinuxConstants.SOCK_CLOEXEC;
import static io.culvert.tunnel.LinuxConstants.SOCK_DGRAM;
import static io.culvert.tunnel.LinuxConstants.SOCK_NONBLOCK;
import static io.culvert.tunnel.LinuxConstants.SOL_SOCKET;
import static io.culvert.tunnel.LinuxConstants.SOL_UDP;
import static io.culvert.tunnel.LinuxConstants.SO_RCVBUF;
import static io.culvert.tunnel.LinuxConstants.SO_RCVBUFFORCE;
import static io.culvert.tunnel.LinuxConstants.SO_REUSEADDR;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
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
 * A UDP socket to which netfilter's TPROXY brings datagrams that are for somebody else. It tells of
 * each where it was to go, of IPv6 as well, which Netty's sockets can't; and it only receives.
 * Lives on an epoll loop.
 */
public final class TransparentSocket {
    private static final int SLAB = 65536;

    /** Datagrams after which others have their turn. */
    private static final int BATCH = 64;

    private static final Logger LOG = System.getLogger("io.culvert.tunnel");

    /** Who is told what comes, on the loop. */
    public interface Receiver {
        /**
         * A datagram arrived.
         *
         * @param to where it was to go
         * @param payload taken over
         */
        void datagram(InetSocketAddress from, InetSocketAddress to, ByteBuf payload);

        /** No more for now. */
        void readComplete();
    }

    private final IoEventLoop loop;
    private final boolean ipv6;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment capture = LinuxCalls.newCapture(arena);
    private final MemorySegment value = arena.allocate(8, 8);
    private final MemorySegment slab = arena.allocate(SLAB, 64);
    private final MessageHeader incoming;
    private final Promise<@Nullable Void> closed;
    private final int fd;
    private @Nullable IoRegistration registration;
    private @Nullable Receiver receiver;
    private InetSocketAddress local = new InetSocketAddress(0);
    private boolean closing;

    private TransparentSocket(IoEventLoop loop, boolean ipv6) throws SocketException {
        this.loop = loop;
        this.ipv6 = ipv6;
        this.closed = loop.newPromise();
        incoming = new MessageHeader(arena, ipv6);
        int family = ipv6 ? AF_INET6 : AF_INET;
        fd = LinuxCalls.socket(capture, family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, SOL_UDP);
        if (fd < 0) {
            String reason = LinuxCalls.describe(LinuxCalls.errno(capture));
            arena.close();
            throw new SocketException("cannot open a UDP socket: " + reason);
        }
    }

    /**
     * Opens and binds a socket, which on any address takes both families. Nothing is read before
     * {@link #start}.
     *
     * @param loop an epoll loop, on which it lives
     * @param options set before it is bound
     * @param bufferBytes asked for; the system may give less
     * @throws BindException when the port is taken or the address isn't ours
     * @throws SocketException where the system doesn't let us; says why
     */
    public static TransparentSocket open(
            EventLoop loop, InetSocketAddress local, List<SocketOption> options, int bufferBytes)
            throws IOException {
        String reason = UdpTransportChoice.reasonAgainstLinux(loop);
        if (reason != null || !(loop instanceof IoEventLoop io)) {
            throw new SocketException("no transparent sockets: " + reason);
        }
        boolean any = local.getAddress().isAnyLocalAddress();
        TransparentSocket socket = ofFamily(io, any, local);
        try {
            socket.configure(bufferBytes);
            for (SocketOption option : options) {
                socket.set(option);
            }
            socket.bind(any && socket.ipv6 ? WildcardAddress.IPV6.port(local.getPort()) : local);
        } catch (IOException e) {
            socket.free();
            throw e;
        }
        return socket;
    }

    /** Where the kernel has no IPv6, any address is any of IPv4. */
    private static TransparentSocket ofFamily(
            IoEventLoop loop, boolean any, InetSocketAddress local) throws SocketException {
        if (!any) {
            return new TransparentSocket(loop, SocketAddresses.isIpv6(local));
        }
        try {
            return new TransparentSocket(loop, true);
        } catch (SocketException e) {
            return new TransparentSocket(loop, false);
        }
    }

    private void configure(int bufferBytes) throws SocketException {
        set(SOL_SOCKET, SO_REUSEADDR, 1);
        set(SOL_SOCKET, SO_RCVBUF, bufferBytes);
        set(SOL_SOCKET, SO_RCVBUFFORCE, bufferBytes); // without the right to, the limit holds
        boolean transparent = set(IPPROTO_IP, IP_TRANSPARENT, 1);
        boolean told = set(IPPROTO_IP, IP_RECVORIGDSTADDR, 1);
        if (ipv6) {
            transparent &= set(IPPROTO_IPV6, IPV6_TRANSPARENT, 1);
            told &= set(IPPROTO_IPV6, IPV6_RECVORIGDSTADDR, 1);
            set(IPPROTO_IPV6, IPV6_V6ONLY, 0);
        }
        if (!transparent || !told) {
            throw new SocketException("a transparent socket needs the capability CAP_NET_ADMIN");
        }
    }

    private boolean set(int level, int option, int to) {
        value.set(ValueLayout.JAVA_INT, 0, to);
        return LinuxCalls.setsockopt(capture, fd, level, option, value, 4) == 0;
    }

    private void set(SocketOption option) throws SocketException {
        byte[] bytes = option.value();
        MemorySegment m = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
        int result =
                LinuxCalls.setsockopt(
                        capture, fd, option.level(), option.number(), m, bytes.length);
        if (result != 0) {
            throw new SocketException("cannot set " + option.name() + ": " + reason());
        }
    }

    private String reason() {
        return LinuxCalls.describe(LinuxCalls.errno(capture));
    }

    private void bind(InetSocketAddress address) throws IOException {
        MemorySegment name = arena.allocate(SocketAddresses.CAPACITY, 8);
        int length = SocketAddresses.write(name, address);
        if (LinuxCalls.bind(capture, fd, name, length) != 0) {
            boolean taken = LinuxCalls.errno(capture) == EADDRINUSE;
            throw new BindException(taken ? "Address already in use" : reason());
        }
        incoming.resetName();
        if (LinuxCalls.getsockname(capture, fd, incoming.name, incoming.nameLength) != 0) {
            throw new SocketException(reason());
        }
        local = SocketAddresses.address(incoming.name);
    }

    /** Begins to read. Once. */
    public void start(Receiver to) {
        receiver = to;
        loop.register(new Handle())
                .addListener((Future<IoRegistration> f) -> {
                    if (!f.isSuccess()) {
                        LOG.log(Level.WARNING, "registering a transparent socket", f.cause());
                        end();
                    } else if (closing) {
                        f.getNow().cancel();
                        end();
                    } else {
                        registration = f.getNow();
                        f.getNow().submit(EpollIoOps.EPOLLIN);
                    }
                });
    }

    /** Where it is bound. */
    public InetSocketAddress local() {
        return local;
    }

    /** Closes it; nothing is told to the receiver any more. Any thread. */
    public Future<?> close() {
        loop.execute(() -> {
            if (closing) {
                return;
            }
            closing = true;
            IoRegistration registered = registration;
            if (registered != null) {
                registered.cancel();
            }
            if (registered != null || receiver == null) {
                end();
            }
        });
        return closed;
    }

    private void end() {
        if (closed.trySuccess(null)) {
            free();
        }
    }

    private void free() {
        LinuxCalls.close(capture, fd);
        arena.close();
    }

    private void read(Receiver to) {
        for (int i = 0; i < BATCH && !closing; i++) {
            incoming.prepareReceive(slab);
            long length = LinuxCalls.recvmsg(capture, fd, incoming.header, 0);
            if (length < 0) {
                if (LinuxCalls.errno(capture) == EAGAIN) {
                    break;
                }
                continue; // an ICMP error, which concerns nobody here
            }
            incoming.readControl();
            MemorySegment meant = incoming.originalDestination();
            if (meant != null) {
                ByteBuf payload = PooledByteBufAllocator.DEFAULT.directBuffer((int) length);
                payload.writeBytes(slab.asSlice(0, length).asByteBuffer());
                to.datagram(
                        SocketAddresses.address(incoming.name),
                        SocketAddresses.address(meant),
                        payload);
            }
        }
        to.readComplete();
    }

    /** The socket as the epoll loop sees it. */
    private final class Handle implements EpollIoHandle {
        private final FileDescriptor descriptor = new FileDescriptor(fd);

        @Override
        public FileDescriptor fd() {
            return descriptor;
        }

        @Override
        public void handle(IoRegistration registration, IoEvent event) {
            if (!closing && receiver != null) {
                read(receiver);
            }
        }

        /** The event loop is shutting down. */
        @Override
        public void close() {
            if (!closing) {
                closing = true;
                end();
            }
        }
    }
}
