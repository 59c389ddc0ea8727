package io.culvert.tunnel;

import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Decides which {@link UdpTransport} runs: our own sockets on Linux, Netty's datagrams elsewhere,
 * where native access is denied, or where {@link UdpLevel#highest} says so.
 */
final class UdpTransportChoice {
    private static final Logger LOG = System.getLogger("io.culvert.tunnel");
    private static final AtomicBoolean REASON_LOGGED = new AtomicBoolean();

    private UdpTransportChoice() {}

    /**
     * Opens what the settings ask for.
     *
     * @throws TunnelException when sockets cannot be bound, or the level asked for is none
     */
    static UdpTransport open(TunnelConfig config, EventLoop loop, UdpCounters counters)
            throws TunnelException {
        Underlay underlay = config.underlay();
        if (underlay != null) {
            return new UnderlayTransport(underlay, loop, counters);
        }
        InetSocketAddress listen =
                config.listen() == null ? WildcardAddress.IPV4.port(0) : config.listen();
        String where = "UDP " + listen.getAddress().getHostAddress() + ':' + listen.getPort();
        try {
            return open(listen, loop, counters, config.socketOptions());
        } catch (BindException e) {
            throw new TunnelException("cannot bind " + where + ": " + e.getMessage(), e);
        } catch (IOException | IllegalArgumentException e) {
            throw new TunnelException("cannot open " + where + ": " + e.getMessage(), e);
        }
    }

    private static UdpTransport open(
            InetSocketAddress local,
            EventLoop loop,
            UdpCounters counters,
            List<SocketOption> options)
            throws IOException {
        UdpLevel highest = UdpLevel.highest();
        String reason =
                highest == UdpLevel.NETTY
                        ? "asked for by -D" + UdpLevel.PROPERTY
                        : reasonAgainstLinux(loop);
        if (REASON_LOGGED.compareAndSet(false, true)) {
            LOG.log(
                    Level.INFO,
                    reason == null
                            ? "UDP through our own Linux sockets"
                            : "UDP through Netty''s datagram channels: {0}",
                    reason);
        }
        if (reason == null && loop instanceof IoEventLoop epoll) {
            return LinuxUdpTransport.open(local, epoll, counters, highest, options);
        }
        return NettyUdpTransport.open(local, loop, counters, options);
    }

    /** Why {@link LinuxUdpTransport} cannot run; null when it can. */
    static @Nullable String reasonAgainstLinux(EventLoop loop) {
        if (!(loop instanceof IoEventLoop ioLoop) || !ioLoop.isIoType(EpollIoHandler.class)) {
            String reason = reasonAgainstSystem();
            return reason == null ? "the event loop is not epoll" : reason;
        }
        return reasonAgainstNative();
    }

    /** Why the calls of {@link LinuxCalls} are not to be had; null when they are. */
    static @Nullable String reasonAgainstNative() {
        String reason = reasonAgainstSystem();
        return reason == null ? NativeAccess.REFUSED : reason;
    }

    private static @Nullable String reasonAgainstSystem() {
        String os = System.getProperty("os.name");
        String arch = System.getProperty("os.arch");
        return "Linux".equals(os) && ("amd64".equals(arch) || "aarch64".equals(arch))
                ? null
                : "this is " + os + " on " + arch;
    }

    /** Tried once: loading the calls fails where the JVM was told to deny native access. */
    private static final class NativeAccess {
        static final @Nullable String REFUSED = probe();

        private static @Nullable String probe() {
            try {
                LinuxCalls.describe(0);
                return null;
            } catch (LinkageError e) {
                Throwable cause = e.getCause();
                return "no native access (" + (cause == null ? e : cause).getMessage() + ")";
            }
        }
    }
}
