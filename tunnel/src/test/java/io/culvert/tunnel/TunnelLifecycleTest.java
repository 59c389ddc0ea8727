package io.culvert.tunnel;

import static io.culvert.tunnel.Handlers.each;
import static io.culvert.tunnel.Handlers.text;
import static io.culvert.tunnel.TunnelPair.PATIENCE_SECONDS;
import static io.culvert.tunnel.TunnelPair.SERVER_V4;
import static io.culvert.tunnel.TunnelPair.address;
import static io.culvert.tunnel.TunnelPair.await;
import static io.culvert.tunnel.TunnelPair.failure;
import static io.culvert.tunnel.TunnelPair.opened;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.culvert.wireguard.Cidr;
import io.culvert.wireguard.PrivateKey;
import io.culvert.wireguard.PublicKey;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Opening, closing, failing, and what a tunnel says about itself. */
class TunnelLifecycleTest {
    private static final int PORT = 7;

    private EventLoopGroup group;

    @BeforeEach
    void startLoop() {
        group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    }

    @AfterEach
    void stopLoop() throws Exception {
        group.shutdownGracefully(10, 5000, TimeUnit.MILLISECONDS)
                .await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    @Test
    void busyPortIsOneSentence() throws Exception {
        try (DatagramSocket busy = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"))) {
            InetSocketAddress taken = address("127.0.0.1", busy.getLocalPort());
            TunnelConfig config =
                    TunnelConfig.builder().privateKey(TunnelPair.newKey()).listen(taken).build();

            assertThatThrownBy(() -> Tunnel.open(config, group.next()))
                    .isInstanceOf(TunnelException.class)
                    .hasMessageContaining("UDP 127.0.0.1:" + busy.getLocalPort())
                    .hasMessageContaining("in use");
        }
    }

    @Test
    void worksOnALoopWithoutEpoll() throws Exception {
        Tunnel tunnel =
                Tunnel.open(
                        TunnelConfig.builder().privateKey(TunnelPair.newKey()).build(),
                        group.next());
        assertThat(tunnel.stats().transport()).contains("Netty");
        await(tunnel.close());
        await(tunnel.close());
    }

    @Test
    void reservedBytesAreInWhatIsSent() throws Exception {
        PublicKey peer = TunnelPair.newKey().publicKey();
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"))) {
            Tunnel tunnel =
                    Tunnel.open(
                            TunnelConfig.builder()
                                    .privateKey(TunnelPair.newKey())
                                    .addresses(List.of(InetAddress.ofLiteral("10.0.0.1")))
                                    .reserved(new byte[] {1, (byte) 0xfe, 3})
                                    .peer(
                                            new TunnelConfig.Peer(
                                                    peer,
                                                    null,
                                                    address("127.0.0.1", socket.getLocalPort()),
                                                    List.of(Cidr.parse("0.0.0.0/0")),
                                                    25))
                                    .build(),
                            group.next());
            DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
            socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
            socket.receive(packet);

            assertThat(packet.getLength()).isEqualTo(148);
            assertThat(packet.getData()).startsWith(1, 1, 0xfe, 3);
            await(tunnel.close());
        }
    }

    @Test
    void reservedBytesOfOthersAreOverlooked() throws Exception {
        try (TunnelPair tunnels =
                TunnelPair.open(
                        client -> client.reserved(new byte[] {9, 8, 7}),
                        server -> server.reserved(new byte[] {1, 2, 3}))) {
            opened(tunnels.server.listen(PORT, Handlers.echo()));
            Handlers.Journal journal = new Handlers.Journal();
            Channel channel = opened(tunnels.client.connect(address(SERVER_V4, PORT), journal));
            await(channel.writeAndFlush(text("fine")));
            assertThat(journal.next()).isEqualTo("active");
            assertThat(journal.next()).isEqualTo("fine");
        }
    }

    @Test
    void statisticsAndListenerTellOfTheHandshake() throws Exception {
        BlockingQueue<PublicKey> handshakes = new LinkedBlockingQueue<>();
        BlockingQueue<String> ends = new LinkedBlockingQueue<>();
        TunnelListener listener =
                new TunnelListener() {
                    @Override
                    public void handshakeCompleted(PublicKey peer) {
                        handshakes.add(peer);
                    }

                    @Override
                    public void closed(@Nullable Throwable cause) {
                        ends.add(String.valueOf(cause));
                    }
                };
        try (TunnelPair tunnels =
                TunnelPair.open(client -> client.listener(listener), server -> server)) {
            opened(tunnels.server.listen(PORT, Handlers.echo()));
            opened(tunnels.client.connect(address(SERVER_V4, PORT), each(_ -> {})));

            TunnelStats stats = tunnels.client.stats();
            assertThat(stats.peers()).hasSize(1);
            TunnelStats.PeerStats peer = stats.peers().getFirst();
            assertThat(handshakes.poll(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .isEqualTo(peer.publicKey());
            assertThat(peer.lastHandshake()).isNotNull();
            assertThat(peer.endpoint()).isNotNull();
            assertThat(peer.sentBytes()).isPositive();
            assertThat(peer.receivedBytes()).isPositive();
            assertThat(stats.channels()).isEqualTo(1);
            assertThat(stats.udp().sentBytes()).isPositive();
            assertThat(stats.transport()).isNotEmpty();
            assertThat(ends).isEmpty();
        }
        assertThat(ends.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("null");
    }

    @Test
    void closeEndsConnectionsInOrder() throws Exception {
        Handlers.Journal server = new Handlers.Journal();
        try (TunnelPair tunnels = TunnelPair.open()) {
            opened(tunnels.server.listen(PORT, each(c -> c.pipeline().addLast(server))));
            Channel channel =
                    opened(tunnels.client.connect(address(SERVER_V4, PORT), each(_ -> {})));
            await(channel.writeAndFlush(text("last words")));

            await(tunnels.client.close());

            assertThat(channel.isOpen()).isFalse();
            assertThat(server.next()).isEqualTo("active");
            assertThat(server.next()).isEqualTo("last words");
            assertThat(server.next()).isEqualTo("inactive");
            assertThat(failure(tunnels.client.connect(address(SERVER_V4, PORT), each(_ -> {}))))
                    .hasMessageContaining("closed");
        }
    }

    @Test
    void closeDoesNotWaitLongerThanTheGraceForAPeerThatIsGone() throws Exception {
        try (TunnelPair tunnels =
                TunnelPair.open(
                        client -> client.closeGrace(Duration.ofMillis(50)), server -> server)) {
            opened(tunnels.server.listen(PORT, Handlers.echo()));
            Channel channel =
                    opened(tunnels.client.connect(address(SERVER_V4, PORT), each(_ -> {})));
            await(tunnels.server.close());

            ChannelFuture write = channel.writeAndFlush(text("into the void"));
            await(tunnels.client.close());

            await(channel.closeFuture());
            assertThat(write.isDone()).isTrue();
        }
    }

    @Test
    void endpointCanBeSetLater() throws Exception {
        try (TunnelPair tunnels = TunnelPair.open()) {
            opened(tunnels.server.listen(PORT, Handlers.echo()));
            PublicKey server = tunnels.client.stats().peers().getFirst().publicKey();
            InetSocketAddress now = address("::1", tunnels.server.local().getPort());

            tunnels.client.endpoint(server, now);

            opened(tunnels.client.connect(address(SERVER_V4, PORT), each(_ -> {})));
            assertThat(tunnels.client.stats().peers().getFirst().endpoint()).isEqualTo(now);
        }
    }

    @Test
    void receivedMemoryIsGivenBackAfterTheTunnelIsClosed() throws Exception {
        BlockingQueue<ByteBuf> kept = new LinkedBlockingQueue<>();
        TunnelPair tunnels = TunnelPair.open();
        opened(tunnels.server.listen(PORT, Handlers.keeping(kept)));
        Channel channel = opened(tunnels.client.connect(address(SERVER_V4, PORT), each(_ -> {})));
        await(channel.writeAndFlush(text("keep me")));
        ByteBuf buffer = kept.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(buffer).isNotNull();
        await(tunnels.client.close());
        await(tunnels.server.close());
        assertThat(tunnels.server.stats().memoryInUse()).isPositive();

        assertThat(buffer.toString(StandardCharsets.US_ASCII)).isEqualTo("keep me");
        buffer.release(); // on this thread

        tunnels.close(); // checks that nothing is in use
    }

    @Test
    void nettyDatagramsCanBeAskedFor() throws Exception {
        System.setProperty("culvert.udp", "netty");
        try (TunnelPair tunnels = TunnelPair.open()) {
            assertThat(tunnels.client.stats().transport()).contains("Netty");
            StreamSource source = new StreamSource(4 << 20, 9);
            StreamSink sink = new StreamSink();
            opened(tunnels.server.listen(PORT, Handlers.halfClosing(sink)));
            opened(tunnels.client.connect(address(SERVER_V4, PORT), Handlers.halfClosing(source)));
            assertThat(sink.digest.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
                    .isEqualTo(source.digest.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
        } finally {
            System.clearProperty("culvert.udp");
        }
    }

    @Test
    void shutdownOfTheLoopEndsTheTunnel() throws Exception {
        BlockingQueue<String> ends = new LinkedBlockingQueue<>();
        PrivateKey key = TunnelPair.newKey();
        Tunnel.open(
                TunnelConfig.builder()
                        .privateKey(key)
                        .listener(
                                new TunnelListener() {
                                    @Override
                                    public void closed(@Nullable Throwable cause) {
                                        ends.add(String.valueOf(cause));
                                    }
                                })
                        .build(),
                group.next());

        stopLoop();

        assertThat(ends.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).contains("SocketException");
    }
}
