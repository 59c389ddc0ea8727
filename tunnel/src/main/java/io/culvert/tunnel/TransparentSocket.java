package io.culvert.tunnel;

import static io.culvert.tunnel.LinuxConstants.EAGAIN;
import static io.culvert.tunnel.LinuxConstants.IPPROTO_IP;
import static io.culvert.tunnel.LinuxConstants.IPPROTO_IPV6;
import static io.culvert.tunnel.LinuxConstants.IPV6_RECVORIGDSTADDR;
import static io.culvert.tunnel.LinuxConstants.IPV6_TRANSPARENT;
import static io.culvert.tunnel.LinuxConstants.IPV6_V6ONLY;
import static io.culvert.tunnel.LinuxConstants.IP_RECVORIGDSTADDR;
import static io.culvert.tunnel.LinuxConstants.IP_TRANSPARENT;
import static io.culvert.tunnel.LinuxConstants.SOL_SOCKET;
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
    private final MemorySegment slab = arena.allocate(SLAB, 64);
    private final MessageHeader incoming;
    private final Promise<@Nullable Void> closed;
    private final UdpDescriptor socket;
    private @Nullable IoRegistration registration;
    private @Nullable Receiver receiver;
    private InetSocketAddress local = new InetSocketAddress(0);
    private boolean closing;

    private TransparentSocket(IoEventLoop loop, boolean ipv6) throws SocketException {
        this.loop = loop;
        this.ipv6 = ipv6;
        this.closed = loop.newPromise();
        incoming = new MessageHeader(arena, ipv6);
        try {
            socket = new UdpDescriptor(ipv6, KernelCalls.REAL, arena);
        } catch (SocketException e) {
            arena.close();
            throw e;
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
        TransparentSocket made = ofFamily(io, any, local);
        try {
            made.configure(bufferBytes);
            for (SocketOption option : options) {
                made.socket.set(option);
            }
            made.socket.bind(any && made.ipv6 ? WildcardAddress.IPV6.port(local.getPort()) : local);
            made.local = made.socket.local();
        } catch (IOException e) {
            made.free();
            throw e;
        }
        return made;
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
        socket.set(SOL_SOCKET, SO_REUSEADDR, 1);
        socket.bufferSize(SO_RCVBUF, SO_RCVBUFFORCE, bufferBytes);
        boolean transparent = socket.set(IPPROTO_IP, IP_TRANSPARENT, 1);
        boolean told = socket.set(IPPROTO_IP, IP_RECVORIGDSTADDR, 1);
        if (ipv6) {
            transparent &= socket.set(IPPROTO_IPV6, IPV6_TRANSPARENT, 1);
            told &= socket.set(IPPROTO_IPV6, IPV6_RECVORIGDSTADDR, 1);
            socket.set(IPPROTO_IPV6, IPV6_V6ONLY, 0);
        }
        if (!transparent || !told) {
            throw new SocketException("a transparent socket needs the capability CAP_NET_ADMIN");
        }
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
        socket.close();
        arena.close();
    }

    private void read(Receiver to) {
        for (int i = 0; i < BATCH && !closing; i++) {
            incoming.prepareReceive(slab);
            long length = LinuxCalls.recvmsg(socket.capture(), socket.fd(), incoming.header, 0);
            if (length < 0) {
                if (socket.errno() == EAGAIN) {
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
        private final FileDescriptor descriptor = new FileDescriptor(socket.fd());

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
