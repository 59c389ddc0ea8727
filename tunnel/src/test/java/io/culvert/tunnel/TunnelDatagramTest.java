package io.culvert.tunnel;

import static io.culvert.tunnel.Handlers.text;
import static io.culvert.tunnel.TunnelPair.CLIENT_V4;
import static io.culvert.tunnel.TunnelPair.SERVER_V4;
import static io.culvert.tunnel.TunnelPair.SERVER_V6;
import static io.culvert.tunnel.TunnelPair.address;
import static io.culvert.tunnel.TunnelPair.await;
import static io.culvert.tunnel.TunnelPair.failure;
import static io.culvert.tunnel.TunnelPair.opened;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.util.concurrent.Future;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.channels.UnresolvedAddressException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** UDP sockets inside the tunnel. */
class TunnelDatagramTest {
    private static final int PORT = 5353;
    private TunnelPair tunnels;

    @BeforeEach
    void open() throws Exception {
        tunnels = TunnelPair.open();
    }

    @AfterEach
    void close() {
        tunnels.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {SERVER_V4, SERVER_V6})
    void datagramsGoBothWays(String server) throws Exception {
        boolean ipv6 = server.contains(":");
        Handlers.Datagrams atServer = new Handlers.Datagrams();
        Handlers.Datagrams atClient = new Handlers.Datagrams();
        Channel listening = opened(tunnels.server.bindUdp(ipv6, PORT, atServer));
        Channel socket = opened(tunnels.client.bindUdp(ipv6, atClient));

        await(socket.writeAndFlush(new DatagramPacket(text("ping"), address(server, PORT))));
        Handlers.Datagram ping = atServer.next();
        assertThat(ping.text()).isEqualTo("ping");
        assertThat(ping.sender()).isEqualTo(socket.localAddress());

        await(listening.writeAndFlush(new DatagramPacket(text("pong"), ping.sender())));
        Handlers.Datagram pong = atClient.next();
        assertThat(pong.text()).isEqualTo("pong");
        assertThat(pong.sender()).isEqualTo(address(server, PORT));
    }

    @Test
    void emptyLargestAndFragmentedDatagramsArrive() throws Exception {
        Handlers.Datagrams atServer = new Handlers.Datagrams();
        opened(tunnels.server.bindUdp(false, PORT, atServer));
        Channel socket = opened(tunnels.client.bindUdp(false, new Handlers.Datagrams()));

        for (int size : new int[] {0, 1, 1392, 1393, 9000, 65507}) {
            await(
                    socket.writeAndFlush(
                            new DatagramPacket(
                                    Unpooled.wrappedBuffer(new byte[size]),
                                    address(SERVER_V4, PORT))));
            assertThat(atServer.next().text()).hasSize(size);
        }
    }

    /** The loop was away: all that came meanwhile is read from the socket in a turn or two. */
    @Test
    void whatALoopReadsInOneTurnOverflowsNoQueue() throws Exception {
        int count = Math.min(1400, kernelHolds());
        int size = 1392;
        Handlers.Datagrams atServer = new Handlers.Datagrams();
        Channel listening = opened(tunnels.server.bindUdp(false, PORT, atServer));
        Channel socket = opened(tunnels.client.bindUdp(false, new Handlers.Datagrams()));
        await(socket.writeAndFlush(new DatagramPacket(text("ready?"), address(SERVER_V4, PORT))));
        assertThat(atServer.next().text()).isEqualTo("ready?");

        CountDownLatch back = new CountDownLatch(1);
        Future<?> away = listening.eventLoop().submit(() -> back.await(1, TimeUnit.MINUTES));
        for (int i = 0; i < count; i++) {
            // Not more at once than its own queue holds, which a turn empties.
            while (!socket.isWritable()) {
                Thread.onSpinWait();
            }
            ByteBuf content = Unpooled.wrappedBuffer(new byte[size]);
            await(socket.writeAndFlush(new DatagramPacket(content, address(SERVER_V4, PORT))));
        }
        assertThat(tunnels.client.stats().stack().udpSndbufErrors).isZero();
        back.countDown();
        await(away);

        for (int i = 0; i < count; i++) {
            assertThat(atServer.next().text()).hasSize(size);
        }
        assertThat(tunnels.server.stats().stack().udpRcvbufErrors).isZero();
    }

    /** How many full datagrams surely wait in the server's socket, of which each takes 2.3 kB. */
    private int kernelHolds() {
        Matcher buffer =
                Pattern.compile("receive buffer (\\d+) KiB")
                        .matcher(tunnels.server.stats().transport());
        return buffer.find() ? Integer.parseInt(buffer.group(1)) / 5 : 100;
    }

    @Test
    void closedPortIsReportedAsUnreachable() throws Exception {
        Handlers.Datagrams atClient = new Handlers.Datagrams();
        Channel socket = opened(tunnels.client.bindUdp(false, atClient));
        InetSocketAddress to = address(SERVER_V4, 9);

        await(socket.writeAndFlush(new DatagramPacket(text("anyone?"), to)));

        assertThat(atClient.unreachable.poll(TunnelPair.PATIENCE_SECONDS, TimeUnit.SECONDS))
                .isEqualTo(to);
    }

    @Test
    void takenPortIsBindException() throws Exception {
        opened(tunnels.client.bindUdp(false, PORT, new Handlers.Datagrams()));
        assertThat(failure(tunnels.client.bindUdp(false, PORT, new Handlers.Datagrams())))
                .isInstanceOf(BindException.class);
    }

    @Test
    void unresolvedRecipientFailsTheWrite() throws Exception {
        Channel socket = opened(tunnels.client.bindUdp(false, new Handlers.Datagrams()));
        InetSocketAddress unresolved = InetSocketAddress.createUnresolved("nowhere.example", 1);

        assertThat(failure(socket.writeAndFlush(new DatagramPacket(text("x"), unresolved))))
                .isInstanceOf(UnresolvedAddressException.class);
        assertThat(socket.isOpen()).isTrue();
        assertThat(((InetSocketAddress) socket.localAddress()).getAddress())
                .isEqualTo(address(CLIENT_V4, 0).getAddress());
    }
}
