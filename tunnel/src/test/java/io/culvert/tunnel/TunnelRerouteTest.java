package io.culvert.tunnel;

import static io.culvert.tunnel.Handlers.halfClosing;
import static io.culvert.tunnel.TunnelPair.PATIENCE_SECONDS;
import static io.culvert.tunnel.TunnelPair.SERVER_V4;
import static io.culvert.tunnel.TunnelPair.address;
import static io.culvert.tunnel.TunnelPair.await;
import static io.culvert.tunnel.TunnelPair.failure;
import static io.culvert.tunnel.TunnelPair.onLoop;
import static io.culvert.tunnel.TunnelPair.opened;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A tunnel changes the way to its peers in the midst of a transfer, which doesn't notice. */
@Timeout(120)
class TunnelRerouteTest {
    private static final int PORT = 7;
    private static final long MIB = 1 << 20;

    @Test
    void aTransferGoesOnFromAnotherAddress() throws Exception {
        try (TunnelPair tunnels = TunnelPair.open()) {
            StreamSource up = new StreamSource(32 * MIB, 1);
            StreamSink sink = new StreamSink();
            opened(tunnels.server.listen(PORT, halfClosing(sink)));
            Channel channel = opened(tunnels.client.connect(address(SERVER_V4, PORT), up));
            for (int i = 2; i < 6; i++) {
                InetSocketAddress local = address("127.0.0." + i, 0);
                await(tunnels.client.reroute(way().listen(local).build()));
                assertThat(tunnels.client.local().getAddress()).isEqualTo(local.getAddress());
            }
            byte[] sent = up.digest.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertThat(sink.digest.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(sent);
            assertThat(tunnels.server.stats().peers().getFirst().endpoint())
                    .isEqualTo(tunnels.client.local());
            await(channel.close());
        }
    }

    @Test
    void whereTheNewWayCannotBeTakenNothingChanges() throws Exception {
        try (TunnelPair tunnels = TunnelPair.open()) {
            InetSocketAddress before = tunnels.client.local();
            TunnelConfig notOurs = way().listen(address("192.0.2.77", 0)).build();
            assertThat(failure(tunnels.client.reroute(notOurs)))
                    .isInstanceOf(TunnelException.class);
            assertThat(tunnels.client.local()).isEqualTo(before);
            opened(tunnels.server.listen(PORT, Handlers.echo()));
            await(
                    opened(tunnels.client.connect(address(SERVER_V4, PORT), new Handlers.Journal()))
                            .close());
        }
    }

    @Test
    void theMarkOfTheNewWayIsNotTakenAway() throws Exception {
        try (TunnelPair tunnels = TunnelPair.open()) {
            SocketOption mark =
                    SocketOption.of(
                            "SO_MARK", LinuxConstants.SOL_SOCKET, LinuxConstants.SO_MARK, 0x51820);
            Future<?> done = tunnels.client.reroute(way().socketOptions(List.of(mark)).build());
            done.awaitUninterruptibly();
            assumeTrue(done.isSuccess(), () -> "no right to mark: " + done.cause());
            assumeTrue(transport(tunnels.client) instanceof LinuxUdpTransport);
            assertThat(
                            onLoop(
                                    tunnels.client.loop(),
                                    () ->
                                            LinuxUdpTransportTest.marks(
                                                    (LinuxUdpTransport) transport(tunnels.client))))
                    .containsOnly(0x51820);
        }
    }

    private static UdpTransport transport(Tunnel tunnel) {
        return tunnel.driver().transport();
    }

    @Test
    void theNewWaysPortIsAskedForAgain() throws Exception {
        int port;
        try (DatagramSocket free = new DatagramSocket(0)) {
            port = free.getLocalPort();
        }
        try (TunnelPair tunnels = TunnelPair.open()) {
            await(tunnels.client.reroute(way().listen(address("127.0.0.1", port)).build()));
            onLoop(
                    tunnels.client.loop(),
                    () -> {
                        tunnels.client.driver().binding().renew();
                        return null;
                    });
            assertThat(tunnels.client.local().getPort()).isEqualTo(port);
        }
    }

    /** Also while the peer is well where it was: there, it may be another. */
    @Test
    void namesAreResolvedByTheNewWay() throws Exception {
        AtomicReference<String> known = new AtomicReference<>("127.0.0.1");
        try (TunnelPair tunnels =
                TunnelPair.open(
                        client ->
                                client.endpointResolver((host, loop) ->
                                        loop.newSucceededFuture(
                                                List.of(InetAddress.ofLiteral(known.get())))),
                        UnaryOperator.identity(),
                        TunnelRerouteTest::named,
                        UnaryOperator.identity())) {
            opened(tunnels.server.listen(PORT, Handlers.echo()));
            Channel channel =
                    opened(
                            tunnels.client.connect(
                                    address(SERVER_V4, PORT), new Handlers.Journal()));
            known.set("127.0.0.9");
            assertThat(endpoint(tunnels.client)).isEqualTo("127.0.0.1");

            await(tunnels.client.reroute(way().build()));

            assertThat(endpoint(tunnels.client)).isEqualTo("127.0.0.9");
            await(channel.close());
        }
    }

    private static TunnelConfig.Peer named(TunnelConfig.Peer peer) {
        InetSocketAddress at = Objects.requireNonNull(peer.endpoint());
        return new TunnelConfig.Peer(
                peer.publicKey(),
                peer.presharedKey(),
                InetSocketAddress.createUnresolved("vpn.test", at.getPort()),
                peer.allowedIps(),
                peer.persistentKeepalive());
    }

    private static String endpoint(Tunnel tunnel) {
        return Objects.requireNonNull(tunnel.stats().peers().getFirst().endpoint())
                .getAddress()
                .getHostAddress();
    }

    private static TunnelConfig.Builder way() {
        return TunnelConfig.builder().privateKey(TunnelPair.newKey());
    }
}
