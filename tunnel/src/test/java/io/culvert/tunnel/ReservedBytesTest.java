package io.culvert.tunnel;

import static io.culvert.tunnel.Handlers.text;
import static io.culvert.tunnel.TunnelPair.PATIENCE_SECONDS;
import static io.culvert.tunnel.TunnelPair.SERVER_V4;
import static io.culvert.tunnel.TunnelPair.address;
import static io.culvert.tunnel.TunnelPair.await;
import static io.culvert.tunnel.TunnelPair.opened;
import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.wireguard.PublicKey;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Reserved bytes against a far end that insists on them, as Cloudflare's does. */
@Tag("A2")
class ReservedBytesTest {
    private static final int PORT = 7;
    private static final byte[] NAME = {(byte) 0xd1, 2, (byte) 0xff};
    private static final byte[] OTHER = {5, 6, 7};

    /** What the far end got from the client, handshakes and data, by the bytes that it had. */
    private final BlockingQueue<byte[]> accepted = new LinkedBlockingQueue<>();

    private final BlockingQueue<byte[]> refused = new LinkedBlockingQueue<>();

    @Test
    void theDevicesBytesReachAServerThatInsistsOnThem() throws Exception {
        try (TunnelPair tunnels = TunnelPair.open(c -> c.reserved(NAME), s -> s)) {
            talkThroughEdge(tunnels);
        }
    }

    @Test
    void thePeersOwnBytesGoBeforeTheDevices() throws Exception {
        try (TunnelPair tunnels =
                TunnelPair.open(
                        c -> c.reserved(OTHER),
                        s -> s,
                        peer -> peer.withReserved(NAME),
                        peer -> peer)) {
            talkThroughEdge(tunnels);
        }
    }

    @Test
    void wrongBytesGetNowhere() throws Exception {
        UnaryOperator<TunnelConfig.Builder> hasty = c -> c.closeGrace(Duration.ZERO);
        try (TunnelPair tunnels =
                        TunnelPair.open(
                                c -> hasty.apply(c).reserved(NAME),
                                hasty,
                                peer -> peer.withReserved(OTHER),
                                peer -> peer);
                UdpRelay edge = edge(tunnels)) {
            tunnels.client.endpoint(serverKey(tunnels), edge.address());
            ChannelFuture connecting =
                    tunnels.client.connect(address(SERVER_V4, PORT), Handlers.each(_ -> {}));

            assertThat(refused.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).hasSize(148);

            assertThat(connecting.isDone()).isFalse();
            assertThat(accepted).isEmpty();
            assertThat(tunnels.server.stats().peers().getFirst().receivedBytes()).isZero();
        }
    }

    @Test
    void eachSideSendsItsOwnAndOverlooksTheOthers() throws Exception {
        BlockingQueue<byte[]> up = new LinkedBlockingQueue<>();
        BlockingQueue<byte[]> down = new LinkedBlockingQueue<>();
        try (TunnelPair tunnels =
                        TunnelPair.open(
                                c -> c,
                                s -> s,
                                peer -> peer.withReserved(NAME),
                                peer -> peer.withReserved(OTHER));
                UdpRelay tap = new UdpRelay(server(tunnels), noted(up), noted(down))) {
            talkThrough(tunnels, tap);
            assertThat(up).isNotEmpty().allSatisfy(d -> assertThat(reserved(d)).isEqualTo(NAME));
            assertThat(down).isNotEmpty().allSatisfy(d -> assertThat(reserved(d)).isEqualTo(OTHER));
            assertThat(up).extracting(d -> (int) d[0]).contains(1, 4);
            assertThat(down).extracting(d -> (int) d[0]).contains(2, 4);
        }
    }

    private void talkThroughEdge(TunnelPair tunnels) throws Exception {
        try (UdpRelay edge = edge(tunnels)) {
            talkThrough(tunnels, edge);
            assertThat(refused).isEmpty();
            assertThat(accepted).extracting(d -> (int) d[0]).contains(1, 4);
        }
    }

    private static void talkThrough(TunnelPair tunnels, UdpRelay relay) throws Exception {
        tunnels.client.endpoint(serverKey(tunnels), relay.address());
        opened(tunnels.server.listen(PORT, Handlers.echo()));
        Handlers.Journal journal = new Handlers.Journal();
        Channel channel = opened(tunnels.client.connect(address(SERVER_V4, PORT), journal));
        await(channel.writeAndFlush(text("fine")));
        assertThat(journal.next()).isEqualTo("active");
        assertThat(journal.next()).isEqualTo("fine");
    }

    /** Insists on the client's bytes, takes them off, and answers with bytes of its own. */
    private UdpRelay edge(TunnelPair tunnels) throws IOException {
        return new UdpRelay(
                server(tunnels),
                datagram -> {
                    if (!Arrays.equals(reserved(datagram), NAME)) {
                        refused.add(datagram);
                        return null;
                    }
                    accepted.add(datagram);
                    return framed(datagram, new byte[3]);
                },
                datagram -> framed(datagram, new byte[] {9, 9, 9}));
    }

    private static UdpRelay.Change noted(BlockingQueue<byte[]> log) {
        return datagram -> {
            log.add(datagram);
            return datagram;
        };
    }

    private static byte[] reserved(byte[] datagram) {
        return Arrays.copyOfRange(datagram, 1, 4);
    }

    private static byte[] framed(byte[] datagram, byte[] reserved) {
        byte[] framed = datagram.clone();
        System.arraycopy(reserved, 0, framed, 1, 3);
        return framed;
    }

    private static InetSocketAddress server(TunnelPair tunnels) {
        return address("127.0.0.1", tunnels.server.local().getPort());
    }

    private static PublicKey serverKey(TunnelPair tunnels) {
        return tunnels.client.stats().peers().getFirst().publicKey();
    }
}
