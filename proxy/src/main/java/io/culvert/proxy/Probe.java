package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One request for a URL through an outbound, to see whether and how fast it is answered. */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write closes the channel
final class Probe {

    /**
     * What is asked for.
     *
     * @param tls null = plain HTTP
     * @param path with its query
     */
    record Target(Destination destination, String path, String method, @Nullable SslContext tls) {}

    private static final int MAX_STATUS_LINE = 1024;

    private static final InboundIdentity PROBES = new InboundIdentity("", "probe", new Traffic());

    private final Target target;
    private final Promise<Void> result;

    private Probe(Target target, EventLoop loop) {
        this.target = target;
        this.result = loop.newPromise();
    }

    /**
     * Asks once.
     *
     * @return done on the loop when a status line came, whatever it says; failed at the latest
     *     after the timeout
     */
    static Future<Void> send(Outbound outbound, Target target, long timeoutNanos, EventLoop loop) {
        Probe probe = new Probe(target, loop);
        Session session =
                new Session(
                        PROBES,
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        null,
                        target.destination(),
                        "");
        Future<DuplexChannel> dialing = outbound.connect(session, loop);
        Future<?> timer =
                loop.schedule(
                        () -> probe.fail(new IOException("no answer in time")),
                        timeoutNanos,
                        TimeUnit.NANOSECONDS);
        dialing.addListener((Future<DuplexChannel> dialed) -> {
            if (dialed.isSuccess()) {
                probe.connected(dialed.getNow());
            } else {
                probe.fail(dialed.cause());
            }
        });
        probe.result.addListener(done -> {
            timer.cancel(false);
            if (!dialing.cancel(false) && dialing.isSuccess()) {
                dialing.getNow().close();
            }
        });
        return probe.result;
    }

    private void fail(Throwable cause) {
        result.tryFailure(cause);
    }

    private void connected(Channel channel) {
        if (channel.eventLoop().inEventLoop()) {
            ask(channel);
        } else {
            channel.eventLoop().execute(() -> ask(channel));
        }
    }

    private void ask(Channel channel) {
        if (result.isDone()) {
            channel.close();
            return;
        }
        ChannelPipeline pipeline = channel.pipeline();
        Destination to = target.destination();
        if (target.tls() != null) {
            pipeline.addLast(target.tls().newHandler(channel.alloc(), to.host(), to.port()));
        }
        pipeline.addLast(new Answer());
        Parking.release(channel);
        String request =
                String.join(
                        "\r\n",
                        target.method() + " " + target.path() + " HTTP/1.1",
                        "Host: " + to.authority(),
                        "Connection: close",
                        "",
                        "");
        // Through the whole pipeline: TLS keeps it until its handshake is done.
        channel.writeAndFlush(Unpooled.copiedBuffer(request, StandardCharsets.US_ASCII));
        channel.config().setAutoRead(true);
    }

    private final class Answer extends SimpleChannelInboundHandler<ByteBuf> {
        private final StringBuilder line = new StringBuilder();

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, ByteBuf bytes) {
            line.append(bytes.toString(StandardCharsets.ISO_8859_1));
            boolean http = line.indexOf("HTTP/1.") == 0;
            if (http && line.indexOf("\r\n") > 0) {
                result.trySuccess(null);
            } else if (line.length() > MAX_STATUS_LINE) {
                fail(new IOException("the answer is not HTTP"));
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            fail(new IOException("closed without an answer"));
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof io.netty.channel.socket.ChannelInputShutdownEvent) {
                fail(new IOException("ended without an answer"));
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            fail(cause);
        }
    }
}
