package io.culvert.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes a channel's events to a handler on another event loop, in order, one task for each batch of
 * reads. The handler must not use the context for anything but its channel.
 */
final class Crossing extends ChannelInboundHandlerAdapter {
    private final EventLoop loop;
    private final ChannelInboundHandler target;
    private List<Object> batch = new ArrayList<>();

    private Crossing(EventLoop loop, ChannelInboundHandler target) {
        this.loop = loop;
        this.target = target;
    }

    /** What to put into the channel's pipeline so that the handler runs on {@code loop}. */
    static ChannelHandler to(EventLoop loop, Channel channel, ChannelInboundHandler handler) {
        return channel.eventLoop().equals(loop) ? handler : new Crossing(loop, handler);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        batch.add(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        List<Object> messages = batch;
        batch = new ArrayList<>();
        cross(
                ctx,
                () -> {
                    for (Object message : messages) {
                        target.channelRead(ctx, message);
                    }
                    target.channelReadComplete(ctx);
                });
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        cross(ctx, () -> target.channelWritabilityChanged(ctx));
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        settle(ctx);
        cross(ctx, () -> target.userEventTriggered(ctx, event));
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        settle(ctx);
        cross(ctx, () -> target.channelInactive(ctx));
    }

    @Override
    @SuppressWarnings("deprecation") // of ChannelHandler; its inbound override is what is meant
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        settle(ctx);
        cross(ctx, () -> target.exceptionCaught(ctx, cause));
    }

    private void settle(ChannelHandlerContext ctx) {
        if (!batch.isEmpty()) {
            channelReadComplete(ctx);
        }
    }

    @SuppressWarnings("deprecation") // as above
    private void cross(ChannelHandlerContext ctx, Event event) {
        loop.execute(() -> {
            try {
                event.run();
            } catch (Exception e) {
                try {
                    target.exceptionCaught(ctx, e);
                } catch (Exception twice) {
                    Log.unexpected("crossing event loops", twice);
                }
            }
        });
    }

    /** One event of a handler, which may throw. */
    private interface Event {
        void run() throws Exception;
    }
}
