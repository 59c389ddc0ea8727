package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Hands clients' questions on to a name server as they are, and its answers back. */
@SuppressWarnings("FutureReturnValueIgnored") // of timers, and of closing
final class DnsForward {

    /** Clients ask again after five seconds, resolv.conf(5). */
    private static final long PATIENCE_SECONDS = 8;

    private static final int MAX_MESSAGE = 65535;
    private static final int LENGTH = 2;

    private final DnsOutbound.Settings settings;
    private final Outbound way;

    /**
     * A forwarder.
     *
     * @param way by which servers are asked
     */
    DnsForward(DnsOutbound.Settings settings, Outbound way) {
        this.settings = settings;
        this.way = way;
    }

    /**
     * Asks the server that the client means, or the one that the file names instead.
     *
     * @param reply takes the answer, on {@code loop}; isn't called if there is none
     */
    void ask(DnsRequest request, Session asked, EventLoop loop, Consumer<ByteBuf> reply) {
        Destination to = asked.destination();
        Network network = settings.network() == null ? to.network() : settings.network();
        String host = settings.host() == null ? to.host() : settings.host();
        int port = settings.port() == 0 ? to.port() : settings.port();
        Session session = asked.to(Destination.of(network, host, port));
        if (network == Network.TCP) {
            overTcp(request, session, loop, reply);
        } else {
            new Datagrams(request, session, loop, reply).begin();
        }
    }

    private void overTcp(
            DnsRequest request, Session session, EventLoop loop, Consumer<ByteBuf> reply) {
        way.connect(session, loop)
                .addListener((Future<DuplexChannel> dialed) -> {
                    if (dialed.isSuccess()) {
                        Channel channel = dialed.getNow();
                        channel.eventLoop().execute(() -> ask(request, channel, loop, reply));
                    } else {
                        Log.debug("dns: " + dialed.cause().getMessage());
                    }
                });
    }

    private static void ask(
            DnsRequest request, Channel channel, EventLoop loop, Consumer<ByteBuf> reply) {
        Future<?> timer =
                channel.eventLoop()
                        .schedule(() -> channel.close(), PATIENCE_SECONDS, TimeUnit.SECONDS);
        channel.closeFuture().addListener(closed -> timer.cancel(false));
        channel.pipeline()
                .addLast(
                        new EndCloses(),
                        new LengthFieldBasedFrameDecoder(
                                MAX_MESSAGE + LENGTH, 0, LENGTH, 0, LENGTH),
                        new LengthFieldPrepender(LENGTH),
                        new SimpleChannelInboundHandler<ByteBuf>() {
                            @Override
                            protected void channelRead0(
                                    ChannelHandlerContext ctx, ByteBuf message) {
                                if (request.isAnsweredBy(message)) {
                                    ByteBuf answer = message.retain();
                                    loop.execute(() -> reply.accept(answer));
                                }
                                ctx.close();
                            }

                            @Override
                            public void exceptionCaught(
                                    ChannelHandlerContext ctx, Throwable cause) {
                                ctx.close();
                            }
                        });
        Parking.release(channel);
        channel.writeAndFlush(request.message());
        channel.config().setAutoRead(true);
    }

    /** One question and its answer; whoever loses one of them asks again. */
    private final class Datagrams implements UdpReceiver {
        private final DnsRequest request;
        private final Session session;
        private final EventLoop loop;
        private final Consumer<ByteBuf> reply;
        private @Nullable UdpPort port;
        private @Nullable Future<?> timer;

        Datagrams(DnsRequest request, Session session, EventLoop loop, Consumer<ByteBuf> reply) {
            this.request = request;
            this.session = session;
            this.loop = loop;
            this.reply = reply;
        }

        void begin() {
            UdpPort open = way.openUdp(session, loop, this);
            port = open;
            timer = loop.schedule(this::end, PATIENCE_SECONDS, TimeUnit.SECONDS);
            open.send(session.destination().socketAddress(), request.message());
            open.flush();
        }

        @Override
        public void datagram(InetSocketAddress from, ByteBuf payload) {
            InetSocketAddress to = session.destination().socketAddress();
            boolean ours = to.isUnresolved() ? from.getPort() == to.getPort() : from.equals(to);
            if (port == null || !ours || !request.isAnsweredBy(payload)) {
                payload.release();
                return;
            }
            end();
            reply.accept(payload);
        }

        @Override
        public void unreached(InetSocketAddress destination, Failure why) {
            end();
        }

        @Override
        public void readComplete() {}

        private void end() {
            UdpPort open = port;
            port = null;
            if (timer != null) {
                timer.cancel(false);
            }
            if (open != null) {
                // Not from within the port's own call.
                loop.execute(open::close);
            }
        }
    }
}
