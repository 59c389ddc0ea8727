package io.culvert.tunnel;

import static io.culvert.tunnel.TunnelPair.await;
import static io.culvert.tunnel.TunnelPair.failure;
import static io.culvert.tunnel.TunnelPair.onLoop;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Real pings of this machine, where it lets us: as root, or as a member of ping_group_range. */
class PingSocketTest {
    private EventLoopGroup group;

    @BeforeEach
    void open() {
        if (!Epoll.isAvailable()) {
            abort("needs epoll");
        }
        group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    }

    @AfterEach
    void close() {
        if (group != null) {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
        }
    }

    private PingSocket socket(boolean ipv6, int type) {
        try {
            return PingSocket.open(group.next(), ipv6, type);
        } catch (IOException e) {
            return abort(String.valueOf(e.getMessage()));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, " + LinuxConstants.SOCK_DGRAM,
        "127.0.0.1, " + LinuxConstants.SOCK_RAW,
        "::1, " + LinuxConstants.SOCK_DGRAM,
        "::1, " + LinuxConstants.SOCK_RAW
    })
    void isAnsweredByThisMachine(String host, int type) throws Exception {
        InetAddress address = InetAddress.ofLiteral(host);
        PingSocket socket = socket(host.contains(":"), type);
        List<Future<?>> answers = new ArrayList<>();
        for (int size : new int[] {0, 1, 56, 1501, 20_000}) {
            answers.add(socket.ping(address, new byte[size], 64));
        }
        for (Future<?> answer : answers) {
            await(answer);
        }
        await(socket.close());
        assertThat(failure(socket.ping(address, new byte[8], 64)))
                .hasMessageContaining("was not sent");
    }

    @Test
    void hearsAtOnceThatThereIsNoRoute() throws Exception {
        PingSocket socket = socket(false, LinuxConstants.SOCK_RAW);
        assertThat(failure(socket.ping(InetAddress.ofLiteral("0.1.2.3"), new byte[8], 64)))
                .isInstanceOf(IOException.class);
        await(socket.close());
    }

    @Test
    void whatWaitsFailsWhenItIsClosed() throws Exception {
        PingSocket socket = socket(false, LinuxConstants.SOCK_RAW);
        EventLoop loop = group.next();
        Future<?> answer =
                onLoop(
                        loop,
                        () -> { // both before the answer can be read
                            Future<?> ping =
                                    socket.ping(
                                            InetAddress.ofLiteral("127.0.0.1"), new byte[8], 64);
                            var _ = socket.close();
                            return ping;
                        });
        assertThat(failure(answer)).hasMessageContaining("closed");
    }

    @Test
    void anEventLoopWithoutEpollHasNone() {
        EventLoopGroup nio = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            assertThatThrownBy(() -> PingSocket.open(nio.next(), false))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("no ping sockets");
        } finally {
            nio.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 1000, 65507})
    void theChecksumMakesTheSumAllOnes(int length) {
        byte[] bytes = new byte[length + 8];
        java.util.Arrays.fill(bytes, (byte) 0xfd);
        bytes[2] = 0;
        bytes[3] = 0;
        int checksum = PingSocket.checksum(Unpooled.wrappedBuffer(bytes));
        bytes[2] = (byte) (checksum >> 8);
        bytes[3] = (byte) checksum;
        assertThat(PingSocket.checksum(Unpooled.wrappedBuffer(bytes))).isZero();
    }
}
