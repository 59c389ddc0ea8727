package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.wireguard.Cidr;
import io.culvert.wireguard.PrivateKey;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/**
 * Two tunnels over loopback, each on its own event loop: a client that sends everything to a
 * server. Closing it checks that neither holds anything any more.
 */
final class TunnelPair implements AutoCloseable {
    static final long PATIENCE_SECONDS = 60;
    static final String CLIENT_V4 = "10.7.0.1";
    static final String SERVER_V4 = "10.7.0.2";
    static final String CLIENT_V6 = "fd07::1";
    static final String SERVER_V6 = "fd07::2";

    final EventLoopGroup group;
    final Tunnel client;
    final Tunnel server;

    private TunnelPair(EventLoopGroup group, Tunnel client, Tunnel server) {
        this.group = group;
        this.client = client;
        this.server = server;
    }

    static TunnelPair open() throws Exception {
        return open(UnaryOperator.identity(), UnaryOperator.identity());
    }

    static TunnelPair open(
            UnaryOperator<TunnelConfig.Builder> clientSettings,
            UnaryOperator<TunnelConfig.Builder> serverSettings)
            throws Exception {
        return open(
                clientSettings, serverSettings, UnaryOperator.identity(), UnaryOperator.identity());
    }

    /**
     * @param clientPeer changes what the client says of the server
     * @param serverPeer changes what the server says of the client
     */
    static TunnelPair open(
            UnaryOperator<TunnelConfig.Builder> clientSettings,
            UnaryOperator<TunnelConfig.Builder> serverSettings,
            UnaryOperator<TunnelConfig.Peer> clientPeer,
            UnaryOperator<TunnelConfig.Peer> serverPeer)
            throws Exception {
        IoHandlerFactory io =
                Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(2, io);
        PrivateKey clientKey = newKey();
        PrivateKey serverKey = newKey();
        Tunnel server =
                Tunnel.open(
                        serverSettings
                                .apply(settings(serverKey, SERVER_V4, SERVER_V6))
                                .peer(
                                        serverPeer.apply(
                                                new TunnelConfig.Peer(
                                                        clientKey.publicKey(),
                                                        null,
                                                        null,
                                                        List.of(
                                                                Cidr.parse(CLIENT_V4),
                                                                Cidr.parse(CLIENT_V6)),
                                                        0)))
                                .build(),
                        group.next());
        InetSocketAddress endpoint =
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), server.local().getPort());
        Tunnel client =
                Tunnel.open(
                        clientSettings
                                .apply(settings(clientKey, CLIENT_V4, CLIENT_V6))
                                .peer(
                                        clientPeer.apply(
                                                new TunnelConfig.Peer(
                                                        serverKey.publicKey(),
                                                        null,
                                                        endpoint,
                                                        List.of(
                                                                Cidr.parse("10.0.0.0/8"),
                                                                Cidr.parse("fd00::/8")),
                                                        0)))
                                .build(),
                        group.next());
        return new TunnelPair(group, client, server);
    }

    private static TunnelConfig.Builder settings(PrivateKey key, String v4, String v6) {
        return TunnelConfig.builder()
                .privateKey(key)
                .listen(WildcardAddress.IPV4.port(0))
                .addresses(List.of(InetAddress.ofLiteral(v4), InetAddress.ofLiteral(v6)));
    }

    static PrivateKey newKey() {
        byte[] random = new byte[32];
        new SecureRandom().nextBytes(random);
        return PrivateKey.of(random);
    }

    static InetSocketAddress address(String literal, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(literal), port);
    }

    /** The channel of a future that has to succeed. */
    static Channel opened(ChannelFuture future) throws InterruptedException {
        await(future);
        return future.channel();
    }

    static void await(Future<?> future) throws InterruptedException {
        assertThat(future.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).as("done in time").isTrue();
        if (!future.isSuccess()) {
            throw new AssertionError("failed", future.cause());
        }
    }

    static Throwable failure(Future<?> future) throws InterruptedException {
        assertThat(future.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).as("done in time").isTrue();
        assertThat(future.isSuccess()).as("success").isFalse();
        return future.cause();
    }

    static <T> T onLoop(EventLoop loop, Callable<T> work) throws Exception {
        return loop.submit(work).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        try {
            assertThat(client.close().awaitUninterruptibly(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .isTrue();
            assertThat(server.close().awaitUninterruptibly(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .isTrue();
            assertEmpty(client);
            assertEmpty(server);
        } finally {
            group.shutdownGracefully(10, 5000, TimeUnit.MILLISECONDS)
                    .awaitUninterruptibly(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
    }

    private static void assertEmpty(Tunnel tunnel) {
        TunnelStats stats = tunnel.stats();
        assertThat(stats.flows()).as("flows").isZero();
        assertThat(stats.channels()).as("channels").isZero();
        assertThat(stats.memoryInUse()).as("bytes of chunks in use").isZero();
    }
}
