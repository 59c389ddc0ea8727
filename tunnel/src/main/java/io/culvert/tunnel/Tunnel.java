package io.culvert.tunnel;

import io.culvert.netstack.ChunkPool;
import io.culvert.netstack.EchoPolicy;
import io.culvert.netstack.NetStack;
import io.culvert.netstack.NetStackConfig;
import io.culvert.netstack.TcpSettings;
import io.culvert.wireguard.Device;
import io.culvert.wireguard.Entropy;
import io.culvert.wireguard.Peer;
import io.culvert.wireguard.PublicKey;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ExecutionException;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * A WireGuard tunnel with a TCP/IP stack of its own inside: connections, listening ports and UDP
 * sockets in it are Netty channels. It lives on one event loop, on which all its channels live too.
 *
 * <p>Thread-safe: every method may be called from any thread.
 */
public final class Tunnel {
    private static final Logger LOG = System.getLogger("io.culvert.tunnel");

    private final TunnelLoop tunnel;
    private final TunnelConfig config;
    private final ChunkPool pool;
    private final UdpCounters udpCounters;
    private @Nullable InterfaceSockets sockets;

    private Tunnel(
            TunnelLoop tunnel, TunnelConfig config, ChunkPool pool, UdpCounters udpCounters) {
        this.tunnel = tunnel;
        this.config = config;
        this.pool = pool;
        this.udpCounters = udpCounters;
    }

    /**
     * Opens a tunnel: when this returns, its UDP socket is bound. Sessions with peers begin when
     * there is something to send, or at once where a persistent keepalive is set. Endpoints that
     * are names are resolved meanwhile; what is sent before waits.
     *
     * @param loop an epoll loop on Linux for full speed; any other works
     * @throws TunnelException when the UDP socket cannot be bound
     * @throws IllegalArgumentException for an address that cannot be ours
     */
    public static Tunnel open(TunnelConfig config, EventLoop loop) throws TunnelException {
        return open(config, loop, null);
    }

    /**
     * Opens a tunnel whose packets are the system's, by an interface. Its connections and UDP
     * sockets are the system's own, bound to that interface.
     *
     * @param network the tunnel's from now on, which closes it, also if it doesn't open
     * @param loop an epoll loop
     * @throws TunnelException when the UDP socket cannot be bound
     */
    public static Tunnel open(TunnelConfig config, TunNetwork network, IoEventLoop loop)
            throws TunnelException {
        TunSide side = new TunSide(network);
        try {
            Tunnel tunnel = open(config, loop, side);
            tunnel.sockets = new InterfaceSockets(tunnel.tunnel, network.name());
            tunnel.onLoop(() -> side.start(loop, tunnel.tunnel));
            return tunnel;
        } catch (TunnelException | RuntimeException e) {
            side.close();
            throw e;
        }
    }

    private static Tunnel open(TunnelConfig config, EventLoop loop, @Nullable TunSide side)
            throws TunnelException {
        boolean nativeAccess = UdpTransportChoice.reasonAgainstLinux(loop) == null;
        MonotonicClock clock = MonotonicClock.best(nativeAccess);
        Entropy entropy = new SystemEntropy(new SecureRandom());
        ChunkPool pool = new ChunkPool(ChunkPool.DEFAULT_CHUNK_SIZE, config.memory());
        // The engines first: what they refuse must not leave a socket behind.
        PacketSide inside = side == null ? new StackSide(stack(config, entropy, pool)) : side;
        Device device = device(config, entropy, clock.now());
        UdpCounters counters = new UdpCounters();
        UdpTransport transport = UdpTransportChoice.open(config, loop, counters);
        TunnelLoop tunnelLoop =
                new TunnelLoop(loop, new TunnelCore(device, inside), transport, clock, config);
        Tunnel tunnel = new Tunnel(tunnelLoop, config, pool, counters);
        tunnel.onLoop(tunnelLoop::start);
        LOG.log(
                Level.INFO,
                "tunnel open on {0}, MTU {1}, {2} peer(s)",
                transport.description(),
                Integer.toString(config.mtu()),
                config.peers().size());
        return tunnel;
    }

    private static NetStack stack(TunnelConfig config, Entropy entropy, ChunkPool pool) {
        byte[] secret = new byte[32];
        entropy.fill(secret, 0, secret.length);
        return new NetStack(
                NetStackConfig.builder()
                        .mtu(config.mtu())
                        .addresses(config.addresses())
                        .secret(secret)
                        .pool(pool)
                        .sendBudget(DirectMemory.lentTo(config.memory()))
                        .forwardedEcho(EchoPolicy.RELAY)
                        .tcp(TcpSettings.builder().congestionControl(config.congestion()).build())
                        .build());
    }

    private static Device device(TunnelConfig config, Entropy entropy, long now) {
        Device device = new Device(entropy, config.mtu());
        device.privateKey(config.privateKey(), now);
        for (TunnelConfig.Peer wanted : config.peers()) {
            Peer peer = device.addPeer(wanted.publicKey());
            if (wanted.presharedKey() != null) {
                peer.presharedKey(wanted.presharedKey());
            }
            InetSocketAddress endpoint = wanted.endpoint();
            if (endpoint != null && !endpoint.isUnresolved()) {
                peer.endpoint(endpoint);
            }
            peer.replaceAllowed(wanted.allowedIps());
            peer.persistentKeepalive(wanted.persistentKeepalive(), now);
        }
        return device;
    }

    TunnelLoop driver() {
        return tunnel;
    }

    public EventLoop loop() {
        return tunnel.loop();
    }

    /** Where the UDP socket is bound. */
    public InetSocketAddress local() {
        return tunnel.transport().local();
    }

    /**
     * Connects to an address inside the tunnel.
     *
     * @param remote resolved
     * @param initializer first handler of the channel's pipeline
     * @return completed with a {@link TunnelTcpChannel}, or a socket of the system's; fails with
     *     {@link java.net.ConnectException}, {@link java.net.NoRouteToHostException} (at once when
     *     no peer is allowed for the address) or {@link io.netty.channel.ConnectTimeoutException}
     */
    public ChannelFuture connect(InetSocketAddress remote, ChannelHandler initializer) {
        if (sockets != null) {
            return sockets.connect(remote, initializer);
        }
        TunnelTcpChannel channel = new TunnelTcpChannel(tunnel);
        return register(channel, initializer, promise -> channel.connect(remote, promise));
    }

    /** Binds a UDP socket of ours to a port that the stack chooses. */
    public ChannelFuture bindUdp(boolean ipv6, ChannelHandler initializer) {
        return bindUdp(ipv6, 0, initializer);
    }

    /**
     * Binds a UDP socket of ours.
     *
     * @param ipv6 which of our addresses it has
     * @param port 0 lets the stack choose
     * @param initializer first handler of the channel's pipeline
     * @return completed with a {@link TunnelDatagramChannel}; fails with {@link BindException} when
     *     the port is taken
     */
    public ChannelFuture bindUdp(boolean ipv6, int port, ChannelHandler initializer) {
        if (sockets != null) {
            return sockets.bindUdp(ipv6, port, initializer);
        }
        TunnelDatagramChannel channel = new TunnelDatagramChannel(tunnel, ipv6);
        InetSocketAddress local = (ipv6 ? WildcardAddress.IPV6 : WildcardAddress.IPV4).port(port);
        return register(channel, initializer, promise -> channel.bind(local, promise));
    }

    /**
     * Listens on a TCP port of all our addresses inside the tunnel, until the channel is closed.
     *
     * @param childInitializer first handler of each accepted {@link TunnelTcpChannel}; has to be
     *     sharable, as {@link io.netty.channel.ChannelInitializer} is
     * @return completed when it listens; fails with {@link BindException} when the port is taken
     */
    public ChannelFuture listen(int port, ChannelHandler childInitializer) {
        if (sockets != null) {
            return sockets.listen(port, childInitializer);
        }
        TunnelServerChannel channel = new TunnelServerChannel(tunnel, childInitializer);
        return register(channel, null, p -> channel.bind(WildcardAddress.IPV4.port(port), p));
    }

    private interface Begin {
        Future<Void> with(ChannelPromise promise);
    }

    private ChannelFuture register(
            Channel channel, @Nullable ChannelHandler initializer, Begin begin) {
        ChannelPromise promise = new DefaultChannelPromise(channel, tunnel.loop());
        if (initializer != null) {
            channel.pipeline().addLast(initializer);
        }
        promise.addListener(f -> {
            if (!f.isSuccess() && channel.isRegistered()) {
                var _ = channel.close(); // as after cancel() before it began
            }
        });
        tunnel.loop()
                .register(channel)
                .addListener(f -> {
                    if (f.isSuccess()) {
                        var _ = begin.with(promise);
                    } else {
                        promise.tryFailure(f.cause());
                    }
                });
        return promise;
    }

    /**
     * Pings a host inside the tunnel by ICMP.
     *
     * @return on the loop, when the host answered; fails with {@link
     *     java.net.NoRouteToHostException} (at once when no peer is allowed for the address),
     *     {@link java.net.SocketTimeoutException} after {@code patience}, or another {@link
     *     IOException}
     */
    public Future<@Nullable Void> ping(InetAddress host, byte[] payload, Duration patience) {
        Promise<@Nullable Void> answer = tunnel.loop().newPromise();
        onLoop(() -> OutgoingPing.send(tunnel, host, payload, patience, answer));
        return answer;
    }

    /** Sets who decides about traffic to addresses other than ours: makes this a server. */
    public void forward(TunnelForwarder forwarder) {
        onLoop(() -> {
            if (!tunnel.isClosing()) {
                tunnel.stack()
                        .forwarder(
                                new ForwardedRequests(
                                        tunnel, new ForwardedPings(tunnel), forwarder));
            }
        });
    }

    /** Blocking sockets inside, whose addresses are literals: no name is looked up outside. */
    public SocketFactory socketFactory() {
        return socketFactory(NameResolver.literalsOnly());
    }

    /** Blocking sockets inside the tunnel, with names resolved the way {@code resolver} does. */
    public SocketFactory socketFactory(NameResolver resolver) {
        return new TunnelSocketFactory(this, resolver);
    }

    /**
     * Tells where a peer is now.
     *
     * @param endpoint an address, or an unresolved name to be resolved now and whenever the peer
     *     doesn't answer
     */
    public void endpoint(PublicKey publicKey, InetSocketAddress endpoint) {
        onLoop(() -> {
            if (!tunnel.isClosing()) {
                tunnel.names().set(publicKey, endpoint);
                tunnel.wake();
            }
        });
    }

    /**
     * Changes some of the peers; nothing else of the tunnel is touched.
     *
     * @return completed when it is done
     */
    public Future<@Nullable Void> peers(PeerChanges changes) {
        Promise<@Nullable Void> done = tunnel.loop().newPromise();
        onLoop(() -> {
            if (!tunnel.isClosing()) {
                changes.apply(tunnel.device(), tunnel.names(), tunnel.framing(), tunnel.now());
                tunnel.wake();
            }
            done.setSuccess(null);
        });
        return done;
    }

    /**
     * Reaches its peers by the listening address, the socket options and the underlay of other
     * settings. Sessions and connections live on; the names of peers are resolved anew.
     *
     * @return fails with a {@link TunnelException} where that can't be; then nothing has changed
     */
    public Future<@Nullable Void> reroute(TunnelConfig way) {
        Promise<@Nullable Void> done = tunnel.loop().newPromise();
        onLoop(() -> {
            try {
                if (tunnel.isClosing()) {
                    throw TunnelLoop.closedException();
                }
                tunnel.transport(UdpTransportChoice.open(way, tunnel.loop(), udpCounters), way);
                done.setSuccess(null);
            } catch (SocketException | TunnelException e) {
                done.setFailure(e);
            }
        });
        return done;
    }

    /** The peer whose allowed IPs cover an address inside. On the tunnel's loop only. */
    public @Nullable PublicKey peerOf(InetAddress address) {
        Peer peer = tunnel.device().route(address);
        return peer == null ? null : peer.publicKey();
    }

    /**
     * Marks all datagrams that are sent from now on, for the system's routing rules; 0 takes the
     * mark away. On the event loop only.
     *
     * @throws SocketException without the right to; the mark stays as it was
     */
    public void fwmark(int mark) throws SocketException {
        tunnel.binding().fwmark(mark);
    }

    /** A snapshot. Outside the event loop it waits for the loop. */
    public TunnelStats stats() {
        if (tunnel.loop().inEventLoop() || tunnel.loop().isShuttingDown()) {
            return snapshot();
        }
        try {
            return tunnel.loop().submit(this::snapshot).get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return snapshot();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    private TunnelStats snapshot() {
        return StatsReader.read(tunnel, sockets == null, udpCounters, pool);
    }

    /**
     * Ends the tunnel in order: nothing new is accepted, connections get {@link
     * TunnelConfig#closeGrace} to end, what is left is reset, and the socket is closed.
     *
     * @return completed when all is gone; a second call returns the same
     */
    public Future<@Nullable Void> close() {
        Promise<@Nullable Void> done = tunnel.loop().newPromise();
        onLoop(() ->
                tunnel.close(config.closeGrace().toNanos())
                        .addListener(_ -> done.trySuccess(null)));
        return done;
    }

    private void onLoop(Runnable work) {
        if (tunnel.loop().inEventLoop()) {
            work.run();
        } else {
            tunnel.loop().execute(work);
        }
    }

    private record SystemEntropy(SecureRandom random) implements Entropy {
        @Override
        public void fill(byte[] out, int offset, int length) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            System.arraycopy(bytes, 0, out, offset, length);
            Arrays.fill(bytes, (byte) 0);
        }
    }
}
