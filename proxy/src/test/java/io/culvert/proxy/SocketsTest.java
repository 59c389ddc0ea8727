package io.culvert.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.SocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The local sockets: their options, and that nothing they wait for is missed. */
class SocketsTest {
    private static final long PATIENCE_SECONDS = 20;
    private final Sockets sockets = new Sockets(1);
    private final BlockingQueue<Channel> accepted = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> received = new LinkedBlockingQueue<>();

    @AfterEach
    void close() {
        sockets.close().syncUninterruptibly();
    }

    private Channel listen(String address) throws Exception {
        ChannelInitializer<Channel> initializer =
                new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new Reader());
                        accepted.add(channel);
                    }
                };
        return sockets.server(sockets.group(), initializer, false)
                .bind(InetAddress.getByName(address), 0)
                .sync()
                .channel();
    }

    private Channel dial(Channel listener) throws InterruptedException {
        InetSocketAddress to = (InetSocketAddress) listener.localAddress();
        return sockets.client(sockets.loop(0), to.getAddress()).connect(to).sync().channel();
    }

    private Channel acceptedOne() throws InterruptedException {
        Channel channel = accepted.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(channel).as("an accepted connection").isNotNull();
        return channel;
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void everyConnectionIsSentWithoutDelayAndKeptAlive(String address) throws Exception {
        Channel dialed = dial(listen(address));

        for (Channel channel : new Channel[] {dialed, acceptedOne()}) {
            SocketChannel connection = (SocketChannel) channel;
            assertThat(connection.config().isTcpNoDelay()).isTrue();
            assertThat(connection.config().isKeepAlive()).isTrue();
            assertThat(connection.remoteAddress().getAddress())
                    .isEqualTo(InetAddress.getByName(address));
        }
    }

    /** However often it changes its mind before the system is asked, its last word counts. */
    @Test
    void whoWantsToReadInTheEndReads() throws Exception {
        Channel dialed = dial(listen("127.0.0.1"));
        Channel reading = acceptedOne();
        for (int i = 0; i < 20; i++) {
            int changes = i;
            reading.eventLoop()
                    .submit(() -> {
                        for (int k = 0; k < changes; k++) {
                            reading.config().setAutoRead(false);
                            reading.config().setAutoRead(true);
                        }
                    })
                    .sync();
            dialed.writeAndFlush(Unpooled.copiedBuffer("x", StandardCharsets.US_ASCII)).sync();
            assertThat(received.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("x");
        }
    }

    @Test
    void whoDoesNotWantToReadDoesNot() throws Exception {
        Channel dialed = dial(listen("127.0.0.1"));
        Channel reading = acceptedOne();
        reading.eventLoop()
                .submit(() -> {
                    reading.config().setAutoRead(false);
                    reading.config().setAutoRead(true);
                    reading.config().setAutoRead(false);
                })
                .sync();
        dialed.writeAndFlush(Unpooled.copiedBuffer("x", StandardCharsets.US_ASCII)).sync();
        // Another connection of the same loop is read after it: had it been asked, it would be
        // there.
        Channel other = dial(listen("127.0.0.1"));
        acceptedOne();
        other.writeAndFlush(Unpooled.copiedBuffer("y", StandardCharsets.US_ASCII)).sync();
        assertThat(received.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("y");

        reading.eventLoop().submit(() -> reading.config().setAutoRead(true)).sync();
        assertThat(received.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("x");
    }

    /** What one closes, and what then gets its descriptor, are not taken for each other. */
    @Test
    void aDescriptorThatIsUsedAgainHasWishesOfItsOwn() throws Exception {
        Channel listener = listen("127.0.0.1");
        for (int i = 0; i < 200; i++) {
            Channel dialed = dial(listener);
            Channel peer = acceptedOne();
            dialed.writeAndFlush(Unpooled.copiedBuffer("x", StandardCharsets.US_ASCII)).sync();
            assertThat(received.poll(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("x");
            dialed.eventLoop()
                    .submit(() -> {
                        dialed.config().setAutoRead(true);
                        var _ = dialed.close();
                        peer.config().setAutoRead(false);
                        var _ = peer.close();
                    })
                    .sync();
        }
    }

    private final class Reader extends SimpleChannelInboundHandler<ByteBuf> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, ByteBuf bytes) {
            received.add(bytes.toString(StandardCharsets.US_ASCII));
        }
    }
}
