package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The words between an outbound and the proxy server that it goes through, on a connection just
 * dialed. Runs on the connection's loop, in front of its {@link Parking}, where what follows the
 * server's last word stays.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a close that fails is a close
abstract class ServerHello extends ChannelInboundHandlerAdapter {

    /** For messages: which server, of which outbound. */
    private final String server;

    private @Nullable Promise<DuplexChannel> result;

    /**
     * Nothing said yet.
     *
     * @param server in words, such as {@code the SOCKS server 192.0.2.1:1080 of outbound x}
     */
    ServerHello(String server) {
        this.server = server;
    }

    /**
     * Says it once there is a connection.
     *
     * @param dialing to the server; cancelled when the result is
     * @param timeoutSeconds for dialing and hello together
     * @param loop on which the answer is given
     * @return as {@link Outbound#connect} promises it
     */
    final Future<DuplexChannel> over(
            Future<DuplexChannel> dialing, long timeoutSeconds, EventLoop loop) {
        Promise<DuplexChannel> promise = loop.newPromise();
        Future<?> timer =
                loop.schedule(
                        () ->
                                promise.tryFailure(
                                        failure(Failure.TIMEOUT, "did not answer in time")),
                        timeoutSeconds,
                        TimeUnit.SECONDS);
        promise.addListener(done -> {
            timer.cancel(false);
            if (!done.isSuccess()) {
                dialing.cancel(false);
                close(dialing);
            }
        });
        dialing.addListener((Future<DuplexChannel> dialed) -> {
            if (!dialed.isSuccess()) {
                promise.tryFailure(unreached(dialed.cause()));
            } else if (promise.isDone()) {
                dialed.getNow().close();
            } else {
                begin(dialed.getNow(), promise);
            }
        });
        return promise;
    }

    private static void close(Future<DuplexChannel> dialing) {
        if (dialing.isSuccess()) {
            dialing.getNow().close();
        }
    }

    private void begin(DuplexChannel channel, Promise<DuplexChannel> promise) {
        result = promise;
        if (!channel.eventLoop().inEventLoop()) {
            channel.eventLoop().execute(() -> begin(channel, promise));
            return;
        }
        if (!channel.isActive()) {
            promise.tryFailure(failure(Failure.OTHER, "closed the connection"));
            return;
        }
        channel.pipeline().addBefore(Parking.NAME, null, this);
        begin(channel.pipeline().context(this));
        channel.config().setAutoRead(true);
    }

    /** Puts codecs before this handler and says the first word. */
    protected abstract void begin(ChannelHandlerContext ctx);

    /** Takes a word of the server's, decoded; taken over. */
    protected abstract void answered(ChannelHandlerContext ctx, Object answer);

    /** The server lets us through; the codecs are out of the pipeline. */
    protected final void succeed(ChannelHandlerContext ctx) {
        DuplexChannel channel = (DuplexChannel) ctx.channel();
        channel.config().setAutoRead(false);
        Promise<DuplexChannel> promise = result;
        result = null;
        ctx.pipeline().remove(this);
        if (promise != null && !promise.trySuccess(channel)) {
            channel.close();
        }
    }

    /**
     * The server doesn't.
     *
     * @param words what it did, as the rest of a sentence that begins with the server
     */
    protected final void fail(ChannelHandlerContext ctx, Failure failure, String words) {
        Promise<DuplexChannel> promise = result;
        result = null;
        if (promise != null) {
            promise.tryFailure(failure(failure, words));
        }
        ctx.close();
    }

    private DialException failure(Failure failure, String words) {
        return new DialException(failure, server + " " + words);
    }

    /** The destination did nothing: what a client is told must not look as if it had. */
    private DialException unreached(Throwable cause) {
        if (!(cause instanceof DialException why)) {
            return new DialException(
                    Failure.OTHER, server + " is not reached: " + cause.getMessage(), cause);
        }
        Failure failure =
                switch (why.failure()) {
                    case REFUSED, HOST_UNREACHABLE, NET_UNREACHABLE, RESOLVE -> Failure.OTHER;
                    case TIMEOUT, DENIED, BLACKHOLED, OTHER -> why.failure();
                };
        return new DialException(failure, server + " is not reached: " + why.getMessage(), why);
    }

    @Override
    public final void channelRead(ChannelHandlerContext ctx, Object message) {
        if (result == null) {
            ctx.fireChannelRead(message);
        } else if (message instanceof ByteBuf) {
            // Behind the last word, while the codecs go.
            ctx.fireChannelRead(message);
        } else {
            try {
                answered(ctx, message);
            } finally {
                ReferenceCountUtil.release(message);
            }
        }
    }

    @Override
    public final void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (result != null && event instanceof ChannelInputShutdownEvent) {
            fail(ctx, Failure.OTHER, "closed the connection");
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    @Override
    public final void channelInactive(ChannelHandlerContext ctx) {
        if (result != null) {
            fail(ctx, Failure.OTHER, "closed the connection");
        }
        ctx.fireChannelInactive();
    }

    @Override
    public final void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Log.debug(server + ": " + cause);
        fail(
                ctx,
                Failure.OTHER,
                cause instanceof IOException
                        ? "broke the connection off"
                        : "answered something else than was asked");
    }
}
