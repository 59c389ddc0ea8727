package io.culvert.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import io.culvert.netstack.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Small channel handlers that tests share. */
final class Handlers {
    private Handlers() {}

    /** Sharable, as {@code listen} wants it. */
    static ChannelInitializer<Channel> each(Consumer<Channel> setUp) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                setUp.accept(channel);
            }
        };
    }

    static ChannelInitializer<Channel> halfClosing(ChannelHandler... handlers) {
        return each(channel -> {
            channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
            channel.pipeline().addLast(handlers);
        });
    }

    static ChannelInitializer<Channel> echo() {
        return each(channel ->
                channel.pipeline()
                        .addLast(
                                new ChannelInboundHandlerAdapter() {
                                    @Override
                                    public void channelRead(
                                            ChannelHandlerContext context, Object message) {
                                        var _ = context.write(message);
                                    }

                                    @Override
                                    public void channelReadComplete(ChannelHandlerContext context) {
                                        context.flush();
                                    }
                                }));
    }

    static ByteBuf text(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    }

    /** Keeps the buffers that arrive, without releasing them. */
    static ChannelInitializer<Channel> keeping(BlockingQueue<ByteBuf> kept) {
        return each(channel ->
                channel.pipeline()
                        .addLast(
                                new ChannelInboundHandlerAdapter() {
                                    @Override
                                    public void channelRead(
                                            ChannelHandlerContext context, Object message) {
                                        kept.add((ByteBuf) message);
                                    }
                                }));
    }

    /** Counts down once for each byte that arrives. */
    static ChannelInitializer<Channel> countingBytes(CountDownLatch latch) {
        return each(channel ->
                channel.pipeline()
                        .addLast(
                                new ChannelInboundHandlerAdapter() {
                                    @Override
                                    public void channelRead(
                                            ChannelHandlerContext context, Object message) {
                                        ByteBuf buffer = (ByteBuf) message;
                                        for (int i = buffer.readableBytes(); i > 0; i--) {
                                            latch.countDown();
                                        }
                                        buffer.release();
                                    }
                                }));
    }

    /** Leaves every connection unanswered, and remembers them. */
    static final class Parking implements TunnelForwarder {
        final BlockingQueue<TcpRequest> requests = new LinkedBlockingQueue<>();
        final BlockingQueue<String> cancelled = new LinkedBlockingQueue<>();

        @Override
        public void tcp(TcpRequest request) {
            request.onCancel(() -> cancelled.add("cancelled"));
            requests.add(request);
        }

        @Override
        public void udp(UdpFlow flow) {
            flow.refuse(Refusal.SILENT);
        }

        TcpRequest next() throws InterruptedException {
            TcpRequest request = requests.poll(TunnelPair.PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertThat(request).as("a request").isNotNull();
            return request;
        }
    }

    record Datagram(String text, InetSocketAddress sender, InetSocketAddress recipient) {}

    /** Collects datagrams, and where datagrams could not go. */
    static final class Datagrams extends ChannelInboundHandlerAdapter {
        final BlockingQueue<Datagram> received = new LinkedBlockingQueue<>();
        final BlockingQueue<InetSocketAddress> unreachable = new LinkedBlockingQueue<>();

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            DatagramPacket packet = (DatagramPacket) message;
            received.add(
                    new Datagram(
                            packet.content().toString(StandardCharsets.ISO_8859_1),
                            packet.sender(),
                            packet.recipient()));
            packet.release();
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof TunnelDatagramChannel.Unreachable u) {
                unreachable.add(u.remote());
            }
        }

        Datagram next() throws InterruptedException {
            Datagram datagram = received.poll(TunnelPair.PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertThat(datagram).as("a datagram").isNotNull();
            return datagram;
        }
    }

    /** Puts together the text that arrives. */
    static final class Collector extends ChannelInboundHandlerAdapter {
        private final BlockingQueue<String> pieces = new LinkedBlockingQueue<>();

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf buffer = (ByteBuf) message;
            pieces.add(buffer.toString(StandardCharsets.ISO_8859_1));
            buffer.release();
        }

        String await(int length) throws InterruptedException {
            StringBuilder text = new StringBuilder();
            while (text.length() < length) {
                String piece = pieces.poll(TunnelPair.PATIENCE_SECONDS, TimeUnit.SECONDS);
                assertThat(piece).as("text after %d characters", text.length()).isNotNull();
                text.append(piece);
            }
            return text.toString();
        }
    }

    /** Writes down what a channel reports: text that came, events, exceptions, the end. */
    static final class Journal extends ChannelInboundHandlerAdapter {
        final BlockingQueue<String> entries = new LinkedBlockingQueue<>();
        private volatile @Nullable Channel channel;

        Channel channel() {
            Channel c = channel;
            assertThat(c).as("channel, after active").isNotNull();
            return Objects.requireNonNull(c);
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            channel = context.channel();
            entries.add("active");
            context.fireChannelActive();
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf buffer = (ByteBuf) message;
            entries.add(buffer.toString(StandardCharsets.US_ASCII));
            buffer.release();
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            entries.add(event.getClass().getSimpleName());
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            entries.add(cause.getClass().getSimpleName() + ": " + cause.getMessage());
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            entries.add("inactive");
        }

        @Nullable String next() throws InterruptedException {
            return entries.poll(TunnelPair.PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
    }
}
