package io.culvert.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Closes a connection whose client takes too long to say what it wants. */
@SuppressWarnings("FutureReturnValueIgnored") // a close that fails is a close
final class HandshakeDeadline extends ChannelInboundHandlerAdapter {
    private static final String NAME = "deadline";

    private final Policy policy;
    private @Nullable Future<?> timer;

    private HandshakeDeadline(Policy policy) {
        this.policy = policy;
    }

    /** Starts the clock. */
    static void start(Channel channel, Policy policy) {
        channel.pipeline().addFirst(NAME, new HandshakeDeadline(policy));
    }

    /** The client has said what it wants. */
    static void met(Channel channel) {
        if (channel.pipeline().get(NAME) != null) {
            channel.pipeline().remove(NAME);
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        timer =
                ctx.executor()
                        .schedule(
                                () -> {
                                    Log.debug("no request in time from " + ctx.channel());
                                    ctx.channel().close();
                                },
                                Math.max(1, policy.handshake()),
                                TimeUnit.SECONDS);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (timer != null) {
            timer.cancel(false);
        }
    }
}
