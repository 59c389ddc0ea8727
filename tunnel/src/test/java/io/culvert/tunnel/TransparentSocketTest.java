package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.BindException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Without netfilter: what comes was meant for this machine. */
@EnabledOnOs(OS.LINUX)
@Timeout(60)
class TransparentSocketTest {

    private record Heard(InetSocketAddress from, InetSocketAddress to, String text) {}

    private final EventLoopGroup loops =
            new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final BlockingQueue<Heard> heard = new LinkedBlockingQueue<>();

    @AfterEach
    void stop() {
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private TransparentSocket open(String local, int port) throws IOException {
        InetSocketAddress address = new InetSocketAddress(InetAddress.ofLiteral(local), port);
        try {
            return TransparentSocket.open(loops.next(), address, List.of(), 1 << 20);
        } catch (SocketException e) {
            Assumptions.assumeFalse(
                    String.valueOf(e.getMessage()).contains("CAP_NET_ADMIN"), e.getMessage());
            throw e;
        }
    }

    private void start(TransparentSocket socket) {
        socket.start(
                new TransparentSocket.Receiver() {
                    @Override
                    public void datagram(
                            InetSocketAddress from, InetSocketAddress to, ByteBuf payload) {
                        heard.add(new Heard(from, to, payload.toString(StandardCharsets.UTF_8)));
                        payload.release();
                    }

                    @Override
                    public void readComplete() {}
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.9.9.9", "::1"})
    void tellsWhereADatagramWasToGo(String target) throws Exception {
        TransparentSocket socket = open("::", 0);
        start(socket);
        InetSocketAddress to =
                new InetSocketAddress(InetAddress.ofLiteral(target), socket.local().getPort());
        try (DatagramSocket client = new DatagramSocket()) {
            for (String text : List.of("one", "two", "x".repeat(9000))) {
                byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                client.send(new DatagramPacket(bytes, bytes.length, to));
                Heard one = heard.take();
                assertThat(one.text()).isEqualTo(text);
                assertThat(one.to()).isEqualTo(to);
                assertThat(one.from().getPort()).isEqualTo(client.getLocalPort());
            }
        }
        socket.close().sync();
    }

    @Test
    void boundToOneAddressItHasThatAlone() throws Exception {
        TransparentSocket socket = open("127.0.0.5", 0);
        assertThat(socket.local().getAddress()).isEqualTo(InetAddress.ofLiteral("127.0.0.5"));
        // An address that nobody here has is bound all the same: that is what it is for.
        TransparentSocket foreign = open("192.0.2.77", 0);
        foreign.close().sync();
        socket.close().sync();
    }

    @Test
    void aPortThatIsTakenIsSaid() throws Exception {
        try (DatagramSocket taken = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"))) {
            assertThatThrownBy(() -> open("127.0.0.1", taken.getLocalPort()))
                    .isInstanceOf(BindException.class)
                    .hasMessage("Address already in use");
        }
    }

    @Test
    void withoutEpollThereIsNone() {
        EventLoopGroup other = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        EventLoop loop = other.next();
        assertThatThrownBy(() ->
                        TransparentSocket.open(loop, new InetSocketAddress(0), List.of(), 4096))
                .isInstanceOf(SocketException.class)
                .hasMessageContaining("not epoll");
        other.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
