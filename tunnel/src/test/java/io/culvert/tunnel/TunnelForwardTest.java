package io.culvert.tunnel;

import static io.culvert.tunnel.Handlers.each;
import static io.culvert.tunnel.Handlers.text;
import static io.culvert.tunnel.TunnelPair.CLIENT_V4;
import static io.culvert.tunnel.TunnelPair.CLIENT_V6;
import static io.culvert.tunnel.TunnelPair.PATIENCE_SECONDS;
import static io.culvert.tunnel.TunnelPair.address;
import static io.culvert.tunnel.TunnelPair.await;
import static io.culvert.tunnel.TunnelPair.failure;
import static io.culvert.tunnel.TunnelPair.opened;
import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.netstack.Refusal;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.socket.DatagramPacket;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The server side: connections and datagrams to any address, dial first. */
class TunnelForwardTest {
    private final Handlers.Parking parking = new Handlers.Parking();
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
    @CsvSource({"10.9.9.9, " + CLIENT_V4, "fd09::9, " + CLIENT_V6})
    void answersOnlyAfterAccept(String destination, String source) throws Exception {
        tunnels.server.forward(parking);
        Handlers.Journal client = new Handlers.Journal();
        ChannelFuture connecting = tunnels.client.connect(address(destination, 443), client);

        TcpRequest request = parking.next();
        assertThat(request.destination()).isEqualTo(address(destination, 443));
        assertThat(request.source().getAddress()).isEqualTo(address(source, 0).getAddress());
        assertThat(connecting.isDone()).isFalse();

        Channel accepted = opened(request.accept(Handlers.echo())); // from a foreign thread

        assertThat(accepted.localAddress()).isEqualTo(address(destination, 443));
        assertThat(accepted.remoteAddress()).isEqualTo(request.source());
        Channel channel = opened(connecting);
        await(channel.writeAndFlush(text("through")));
        assertThat(client.next()).isEqualTo("active");
        assertThat(client.next()).isEqualTo("through");
    }

    @Test
    void anAcceptedConnectionNoticesThatItsClientIsGone() throws Exception {
        tunnels.server.forward(parking);
        ChannelFuture connecting = tunnels.client.connect(address("10.9.9.9", 443), each(_ -> {}));
        Channel accepted = opened(parking.next().accept(Handlers.echo()));
        assertThat(accepted.config().getOption(ChannelOption.SO_KEEPALIVE)).isTrue();
        assertThat(opened(connecting).config().getOption(ChannelOption.SO_KEEPALIVE)).isFalse();
    }

    @Test
    void refusedRequestIsConnectException() throws Exception {
        tunnels.server.forward(parking);
        ChannelFuture connecting = tunnels.client.connect(address("10.9.9.9", 1), each(_ -> {}));
        parking.next().refuse(Refusal.RESET);
        assertThat(failure(connecting))
                .isInstanceOf(ConnectException.class)
                .isNotInstanceOf(ConnectTimeoutException.class);
    }

    @ParameterizedTest
    @EnumSource(
            value = Refusal.class,
            names = {"HOST_UNREACHABLE", "NET_UNREACHABLE", "PROHIBITED"})
    void unreachableDestinationIsNoRoute(Refusal how) throws Exception {
        tunnels.server.forward(parking);
        ChannelFuture connecting = tunnels.client.connect(address("10.9.9.9", 1), each(_ -> {}));
        parking.next().refuse(how);
        assertThat(failure(connecting)).isInstanceOf(NoRouteToHostException.class);
    }

    @Test
    void acceptFailsAfterTheClientGaveUp() throws Exception {
        tunnels.server.forward(parking);
        ChannelFuture connecting = tunnels.client.connect(address("10.9.9.9", 1), each(_ -> {}));
        TcpRequest request = parking.next();
        await(connecting.channel().close());
        assertThat(failure(connecting)).isInstanceOf(ClosedChannelException.class);

        ChannelFuture accepted = request.accept(Handlers.echo());

        assertThat(failure(accepted)).isInstanceOf(ConnectException.class);
        await(accepted.channel().closeFuture());
    }

    @Test
    void secondAnswerDoesNotCount() throws Exception {
        tunnels.server.forward(parking);
        ChannelFuture connecting = tunnels.client.connect(address("10.9.9.9", 1), each(_ -> {}));
        TcpRequest request = parking.next();
        request.refuse(Refusal.RESET);

        assertThat(failure(request.accept(Handlers.echo())))
                .isInstanceOf(IllegalStateException.class);
        assertThat(failure(connecting)).isInstanceOf(ConnectException.class);
    }

    @Test
    void withoutForwarderForeignAddressesDoNotAnswer() throws Exception {
        ChannelFuture connecting =
                tunnels.client.connect(
                        address("10.9.9.9", 1), each(c -> c.config().setConnectTimeoutMillis(300)));
        assertThat(failure(connecting)).isInstanceOf(ConnectException.class);
    }

    @Test
    void udpFlowCarriesDatagramsOfAnyDestinationAndSource() throws Exception {
        tunnels.server.forward(
                new TunnelForwarder() {
                    @Override
                    public void tcp(TcpRequest request) {
                        request.refuse(Refusal.RESET);
                    }

                    @Override
                    public void udp(UdpFlow flow) {
                        flow.accept(new AnsweringFromDestination());
                    }
                });
        Handlers.Datagrams datagrams = new Handlers.Datagrams();
        Channel socket = opened(tunnels.client.bindUdp(false, datagrams));

        for (String destination : new String[] {"10.9.9.9", "10.8.8.8"}) {
            InetSocketAddress to = address(destination, 53);
            await(socket.writeAndFlush(new DatagramPacket(text("to " + destination), to)));
            Handlers.Datagram answer = datagrams.next();
            assertThat(answer.text()).isEqualTo("to " + destination);
            assertThat(answer.sender()).isEqualTo(to);
            assertThat(answer.recipient()).isEqualTo(socket.localAddress());
        }
    }

    @Test
    void refusedUdpFlowIsReportedAsUnreachable() throws Exception {
        tunnels.server.forward(
                new TunnelForwarder() {
                    @Override
                    public void tcp(TcpRequest request) {
                        request.refuse(Refusal.RESET);
                    }

                    @Override
                    public void udp(UdpFlow flow) {
                        flow.refuse(Refusal.RESET);
                    }
                });
        Handlers.Datagrams datagrams = new Handlers.Datagrams();
        Channel socket = opened(tunnels.client.bindUdp(false, datagrams));
        InetSocketAddress to = address("10.9.9.9", 53);

        await(socket.writeAndFlush(new DatagramPacket(text("anyone?"), to)));

        assertThat(datagrams.unreachable.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(to);
    }

    /** Sends each datagram back as if it came from where the client had sent it. */
    private static final class AnsweringFromDestination extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            DatagramPacket packet = (DatagramPacket) message;
            String content = packet.content().toString(StandardCharsets.US_ASCII);
            var _ =
                    context.writeAndFlush(
                            new DatagramPacket(
                                    text(content),
                                    /* recipient= */ packet.sender(),
                                    /* sender= */ packet.recipient()));
            packet.release();
        }
    }
}
