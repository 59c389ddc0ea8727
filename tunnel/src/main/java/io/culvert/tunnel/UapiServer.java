package io.culvert.tunnel;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.IoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.BindException;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * The standard management interface of a tunnel, on which {@code wg show}, {@code wg set} and the
 * like work: a Unix socket {@code NAME.sock}, for its owner alone, since it shows the private key.
 * It lives on the tunnel's loop and ends with the tunnel.
 */
public final class UapiServer {
    /** Where {@code wg} looks for sockets, and nowhere else. */
    public static final Path DEFAULT_DIRECTORY = Path.of("/var/run/wireguard");

    /** What {@code wg} takes for the name of an interface; Linux allows 15 bytes. */
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_=+.-]{1,15}");

    private static final int MAX_CLIENTS = 64;
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final Logger LOG = System.getLogger("io.culvert.tunnel");

    private final TunnelLoop tunnel;
    private final String name;
    private final long idleNanos;
    private final Channel listener;
    private final UapiSocketFile file;
    private final Set<Channel> clients = new HashSet<>();

    private UapiServer(TunnelLoop tunnel, Path directory, String name, long idleNanos)
            throws IOException {
        this.tunnel = tunnel;
        this.name = name;
        this.idleNanos = idleNanos;
        EventLoop loop = tunnel.loop();
        boolean epoll = loop instanceof IoEventLoop io && io.isIoType(EpollIoHandler.class);
        listener =
                epoll ? new EpollServerDomainSocketChannel() : new NioServerDomainSocketChannel();
        listener.pipeline().addLast(new Acceptor());
        try {
            done(loop.register(listener));
            file =
                    UapiSocketFile.create(
                            directory.resolve(name + ".sock"),
                            path -> done(listener.bind(address(path, epoll))));
        } catch (IOException | RuntimeException e) {
            var _ = listener.close();
            throw e;
        }
    }

    private static SocketAddress address(Path path, boolean epoll) {
        return epoll ? new DomainSocketAddress(path.toFile()) : UnixDomainSocketAddress.of(path);
    }

    /** On the loop nothing of this takes time. */
    private static void done(ChannelFuture future) throws IOException {
        if (future.cause() instanceof IOException e) {
            throw e;
        }
        if (!future.isSuccess()) {
            throw new IOException("no Unix socket: " + future.cause(), future.cause());
        }
    }

    /** Whether {@code wg} takes this for the name of an interface, which a file can have. */
    public static boolean isName(String name) {
        return NAME.matcher(name).matches() && !name.equals(".") && !name.equals("..");
    }

    /**
     * Opens the interface of a tunnel. Any thread; outside of the tunnel's loop it waits for that.
     *
     * @param directory made if it isn't there
     * @param name see {@link #isName}
     * @throws TunnelException with one sentence if the socket cannot be made, as when another
     *     process has it; its cause is an {@link AccessDeniedException} if that is not permitted
     */
    public static UapiServer open(Tunnel tunnel, Path directory, String name)
            throws TunnelException {
        return open(tunnel, directory, name, IDLE_NANOS);
    }

    static UapiServer open(Tunnel tunnel, Path directory, String name, long idleNanos)
            throws TunnelException {
        if (!isName(name)) {
            throw new IllegalArgumentException(
                    "\"" + name + "\" is not a name of 1 to 15 letters, digits and _=+.-");
        }
        TunnelLoop loop = tunnel.driver();
        try {
            UapiServer server =
                    onLoop(
                            loop.loop(),
                            () -> {
                                if (loop.isClosing()) {
                                    throw TunnelLoop.closedException();
                                }
                                return new UapiServer(loop, directory, name, idleNanos);
                            });
            loop.closeFuture().addListener(_ -> server.close());
            LOG.log(Level.INFO, "uapi {0}: {1} serves wg", name, server.path());
            return server;
        } catch (IOException e) {
            throw new TunnelException(
                    "cannot make the socket "
                            + directory.resolve(name + ".sock")
                            + ": "
                            + reason(e),
                    e);
        }
    }

    private static UapiServer onLoop(EventLoop loop, Callable<UapiServer> work) throws IOException {
        try {
            return loop.inEventLoop() ? work.call() : loop.submit(work).get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) {
                throw io;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static String reason(IOException e) {
        return e instanceof AccessDeniedException denied
                ? denied.getFile() + ": permission denied"
                : String.valueOf(e.getMessage());
    }

    /** The socket. */
    public Path path() {
        return file.path();
    }

    private void close() {
        file.remove();
        var _ = listener.close();
        for (Channel client : Set.copyOf(clients)) {
            var _ = client.close();
        }
    }

    /** Of a live tunnel. */
    private record Sockets(TunnelLoop tunnel) implements UapiSocketSettings {
        @Override
        public int listenPort() {
            return tunnel.binding().port();
        }

        @Override
        public void listenPort(int port) throws BindException {
            tunnel.listenPort(port);
        }

        @Override
        public int fwmark() {
            return tunnel.binding().fwmark();
        }

        @Override
        public void fwmark(int mark) throws SocketException {
            tunnel.binding().fwmark(mark);
        }
    }

    /** Takes clients in, on the loop of the tunnel. */
    private final class Acceptor extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            Channel client = (Channel) message;
            if (clients.size() >= MAX_CLIENTS) {
                LOG.log(Level.WARNING, "uapi {0}: too many clients, one is turned away", name);
                client.unsafe().closeForcibly();
                return;
            }
            client.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
            client.config()
                    .setRecvByteBufAllocator(
                            new FixedRecvByteBufAllocator(UapiConnection.READ_BYTES)
                                    .maxMessagesPerRead(1));
            clients.add(client);
            UapiSession session = new UapiSession(tunnel.device(), new Sockets(tunnel), name);
            client.pipeline()
                    .addLast(
                            new UapiConnection(
                                    tunnel, session, idleNanos, () -> clients.remove(client)));
            var _ = tunnel.loop().register(client);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            // As when descriptors are used up: the next accept may succeed.
            LOG.log(Level.WARNING, "uapi {0}: {1}", name, cause.getMessage());
        }
    }
}
