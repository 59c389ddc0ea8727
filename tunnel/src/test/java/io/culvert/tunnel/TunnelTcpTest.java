package io.culvert.tunnel;

import static io.culvert.tunnel.Handlers.each;
import static io.culvert.tunnel.Handlers.halfClosing;
import static io.culvert.tunnel.Handlers.text;
import static io.culvert.tunnel.TunnelPair.PATIENCE_SECONDS;
import static io.culvert.tunnel.TunnelPair.SERVER_V4;
import static io.culvert.tunnel.TunnelPair.SERVER_V6;
import static io.culvert.tunnel.TunnelPair.address;
import static io.culvert.tunnel.TunnelPair.await;
import static io.culvert.tunnel.TunnelPair.failure;
import static io.culvert.tunnel.TunnelPair.opened;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DuplexChannel;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TCP channels through two tunnels on real UDP, as an application sees them. */
class TunnelTcpTest {
    private static final int PORT = 7;
    private static final long MIB = 1 << 20;

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
    void echoes(String server) throws Exception {
        Handlers.Journal journal = new Handlers.Journal();
        opened(tunnels.server.listen(PORT, Handlers.echo()));

        Channel channel = opened(tunnels.client.connect(address(server, PORT), journal));
        await(channel.writeAndFlush(text("hello")));

        assertThat(journal.next()).isEqualTo("active");
        assertThat(journal.next()).isEqualTo("hello");
        assertThat(channel.remoteAddress()).isEqualTo(address(server, PORT));
        assertThat(((InetSocketAddress) channel.localAddress()).getPort()).isPositive();
    }

    @Test
    void movesSixtyFourMebibytesEachWayAtTheSameTime() throws Exception {
        StreamSource up = new StreamSource(64 * MIB, 1);
        StreamSource down = new StreamSource(64 * MIB, 2);
        StreamSink upSink = new StreamSink();
        StreamSink downSink = new StreamSink();
        opened(tunnels.server.listen(PORT, halfClosing(down, upSink)));

        Channel channel = opened(tunnels.client.connect(server(), halfClosing(up, downSink)));

        byte[] sentUp = up.digest.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        byte[] sentDown = down.digest.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(upSink.digest.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(sentUp);
        assertThat(downSink.digest.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(sentDown);
        await(channel.close());
    }

    @Test
    void halfCloseLeavesTheOtherDirectionOpen() throws Exception {
        Handlers.Journal client = new Handlers.Journal();
        Handlers.Journal server = new Handlers.Journal();
        opened(tunnels.server.listen(PORT, halfClosing(server)));
        DuplexChannel channel =
                (DuplexChannel) opened(tunnels.client.connect(server(), halfClosing(client)));

        await(channel.writeAndFlush(text("question")));
        await(channel.shutdownOutput());

        assertThat(channel.isOutputShutdown()).isTrue();
        assertThat(server.next()).isEqualTo("active");
        assertThat(server.next()).isEqualTo("question");
        assertThat(server.next()).isEqualTo("ChannelInputShutdownEvent");
        assertThat(server.next()).isEqualTo("ChannelInputShutdownReadComplete");
        DuplexChannel accepted = (DuplexChannel) server.channel();
        assertThat(accepted.isInputShutdown()).isTrue();
        assertThat(accepted.isOutputShutdown()).isFalse();
        await(accepted.writeAndFlush(text("answer")));
        await(accepted.shutdownOutput());

        assertThat(client.next()).isEqualTo("active");
        assertThat(client.next()).isEqualTo("ChannelOutputShutdownEvent");
        assertThat(client.next()).isEqualTo("answer");
        assertThat(client.next()).isEqualTo("ChannelInputShutdownEvent");
        assertThat(client.next()).isEqualTo("ChannelInputShutdownReadComplete");
        await(channel.close());
        await(accepted.close());
        assertThat(client.next()).isEqualTo("inactive");
    }

    @Test
    void endOfStreamClosesWithoutHalfClosure() throws Exception {
        Handlers.Journal server = new Handlers.Journal();
        opened(tunnels.server.listen(PORT, each(c -> c.pipeline().addLast(server))));
        Channel channel = connectSilently();

        await(channel.writeAndFlush(text("bye")));
        await(channel.close());

        assertThat(server.next()).isEqualTo("active");
        assertThat(server.next()).isEqualTo("bye");
        assertThat(server.next()).isEqualTo("inactive");
    }

    @Test
    void closeDeliversWhatWasWrittenBefore() throws Exception {
        StreamSink sink = new StreamSink();
        StreamSource source = new StreamSource(8 * MIB, 3);
        opened(tunnels.server.listen(PORT, halfClosing(sink)));
        opened(tunnels.client.connect(server(), each(c -> c.pipeline().addLast(source))));

        byte[] sent = source.digest.get(PATIENCE_SECONDS, TimeUnit.SECONDS);

        assertThat(sink.digest.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(sent);
    }

    @Test
    void lingerZeroResets() throws Exception {
        Handlers.Journal server = new Handlers.Journal();
        opened(tunnels.server.listen(PORT, halfClosing(server)));
        Channel channel = connectSilently();
        assertThat(server.next()).isEqualTo("active");

        channel.config().setOption(ChannelOption.SO_LINGER, 0);
        await(channel.close());

        assertThat(server.next()).isEqualTo("SocketException: connection reset by peer");
        assertThat(server.next()).isEqualTo("inactive");
    }

    @Test
    void portWithoutListenerIsConnectException() throws Exception {
        ChannelFuture future = tunnels.client.connect(server(), silent());

        assertThat(failure(future))
                .isInstanceOf(ConnectException.class)
                .isNotInstanceOf(io.netty.channel.ConnectTimeoutException.class)
                .hasMessageContaining("refused");
        await(future.channel().closeFuture());
    }

    @Test
    void addressOfNoPeerIsNoRouteAtOnce() throws Exception {
        ChannelFuture future = tunnels.client.connect(address("192.0.2.1", PORT), silent());

        assertThat(failure(future))
                .isInstanceOf(NoRouteToHostException.class)
                .hasMessageContaining("192.0.2.1");
    }

    @Test
    void unresolvedAddressIsRefused() throws Exception {
        ChannelFuture future =
                tunnels.client.connect(
                        InetSocketAddress.createUnresolved("nowhere.example", PORT), silent());

        assertThat(failure(future)).isInstanceOf(UnresolvedAddressException.class);
    }

    @Test
    void silenceIsConnectTimeout() throws Exception {
        tunnels.server.forward(new Handlers.Parking());
        ChannelFuture future =
                tunnels.client.connect(
                        address("10.9.9.9", PORT),
                        each(c -> c.config().setConnectTimeoutMillis(200)));

        assertThat(failure(future)).isInstanceOf(io.netty.channel.ConnectTimeoutException.class);
    }

    @Test
    void cancelledConnectClosesTheChannel() throws Exception {
        tunnels.server.forward(new Handlers.Parking());
        ChannelFuture future = tunnels.client.connect(address("10.9.9.9", PORT), silent());

        assertThat(future.cancel(false)).isTrue();

        await(future.channel().closeFuture());
    }

    @Test
    void takenPortIsBindException() throws Exception {
        Channel listening = opened(tunnels.server.listen(PORT, Handlers.echo()));
        assertThat(failure(tunnels.server.listen(PORT, Handlers.echo())))
                .isInstanceOf(BindException.class);

        await(listening.close());

        opened(tunnels.server.listen(PORT, Handlers.echo()));
    }

    @Test
    void sendsHeapCompositeEmptyAndTinyBuffers() throws Exception {
        StringBuilder expected = new StringBuilder();
        Handlers.Collector collector = new Handlers.Collector();
        opened(tunnels.server.listen(PORT, Handlers.echo()));
        Channel channel = opened(tunnels.client.connect(server(), collector));

        List<ByteBuf> buffers = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            CompositeByteBuf composite = Unpooled.compositeBuffer();
            composite.addComponents(
                    true,
                    Unpooled.directBuffer()
                            .writeBytes(("<" + i).getBytes(StandardCharsets.US_ASCII)),
                    Unpooled.EMPTY_BUFFER,
                    Unpooled.directBuffer().writeBytes(new byte[3000]).writeByte('>'));
            buffers.add(composite);
            buffers.add(text("heap"));
            buffers.add(Unpooled.EMPTY_BUFFER);
            buffers.add(Unpooled.directBuffer().writeByte('.'));
            expected.append('<').append(i).append("\0".repeat(3000)).append(">heap.");
        }
        for (ByteBuf buffer : buffers) {
            var _ = channel.write(buffer);
        }
        await(channel.writeAndFlush(Unpooled.EMPTY_BUFFER));

        assertThat(collector.await(expected.length())).isEqualTo(expected.toString());
        // The memory was only lent: every buffer is given back once acknowledged.
        await(channel.close());
        for (ByteBuf buffer : buffers) {
            assertThat(buffer.capacity() == 0 || buffer.refCnt() == 0).isTrue();
        }
    }

    @Test
    void nothingIsReadWithoutBeingAskedFor() throws Exception {
        Handlers.Journal server = new Handlers.Journal();
        opened(
                tunnels.server.listen(
                        PORT,
                        each(c -> {
                            c.config().setAutoRead(false);
                            c.pipeline().addLast(server);
                        })));
        Channel channel = connectSilently();
        await(channel.writeAndFlush(text("one")));
        assertThat(server.next()).isEqualTo("active");
        Channel accepted = server.channel();
        TunnelPair.onLoop(accepted.eventLoop(), () -> null);
        assertThat(server.entries).isEmpty();

        accepted.read();

        assertThat(server.next()).isEqualTo("one");
    }

    @Test
    void slowReaderStopsTheSenderAndMemoryStaysBounded() throws Exception {
        StreamSource source = new StreamSource(256 * MIB, 5);
        StreamSink sink = new StreamSink();
        CountDownLatch accepted = new CountDownLatch(1);
        Channel[] slow = new Channel[1];
        opened(
                tunnels.server.listen(
                        PORT,
                        each(c -> {
                            c.config().setAutoRead(false);
                            c.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
                            c.pipeline().addLast(sink);
                            slow[0] = c;
                            accepted.countDown();
                        })));
        Channel channel =
                opened(tunnels.client.connect(server(), each(c -> c.pipeline().addLast(source))));
        assertThat(accepted.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();

        awaitStandstill(channel, source);

        long standstill = source.written();
        assertThat(standstill).isLessThan(64 * MIB);
        assertThat(tunnels.server.stats().memoryInUse())
                .isPositive()
                .isLessThanOrEqualTo(tunnels.server.stats().memoryCapacity());
        slow[0].config().setAutoRead(true);
        byte[] sent = source.digest.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(sink.digest.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(sent);
    }

    /** The channel isn't writable, and several round trips of probing later it still isn't. */
    private void awaitStandstill(Channel channel, StreamSource source) throws Exception {
        long before;
        int quiet = 0;
        do {
            before = source.written();
            roundTrip();
            boolean stuck = !channel.isWritable() && source.written() == before;
            quiet = stuck ? quiet + 1 : 0;
        } while (quiet < 200);
    }

    private void roundTrip() throws Exception {
        assertThat(failure(tunnels.client.connect(address(SERVER_V4, 9999), silent())))
                .isInstanceOf(ConnectException.class);
    }

    @Test
    void thousandsOfChannelsAreAnswered() throws Exception {
        int count = 3000;
        opened(tunnels.server.listen(PORT, Handlers.echo()));
        CountDownLatch answers = new CountDownLatch(count);
        List<ChannelFuture> futures = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            futures.add(tunnels.client.connect(server(), Handlers.countingBytes(answers)));
        }
        for (ChannelFuture future : futures) {
            await(future);
        }
        assertThat(tunnels.client.stats().channels()).isEqualTo(count);
        assertThat(tunnels.client.stats().memoryInUse())
                .as("idle connections hold no memory")
                .isZero();

        for (ChannelFuture future : futures) {
            var _ = future.channel().writeAndFlush(Unpooled.directBuffer().writeByte(1));
        }

        assertThat(answers.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        for (ChannelFuture future : futures) {
            await(future.channel().close());
        }
    }

    private Channel connectSilently() throws InterruptedException {
        return opened(tunnels.client.connect(server(), silent()));
    }

    private static io.netty.channel.ChannelHandler silent() {
        return each(_ -> {});
    }

    private static InetSocketAddress server() {
        return address(SERVER_V4, PORT);
    }
}
