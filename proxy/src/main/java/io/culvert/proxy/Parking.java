package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.DefaultChannelPipeline;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what a channel receives while nobody is ready for it: bytes pipelined behind a request, or
 * read although reading was off (Netty's epoll reads once more when the other side half-closes).
 * Taken out of the pipeline, it passes everything on to the handlers behind it, in order.
 */
final class Parking extends ChannelInboundHandlerAdapter {
    static final String NAME = "parking";

    private final Queue<Object> held = new ArrayDeque<>();
    private boolean inputEnded;
    private @Nullable Runnable whenGone;
    private @Nullable Consumer<ByteBuf> shownTo;
    private @Nullable Runnable shownEnd;

    /** Adds one at the end of the pipeline and stops reading. */
    static Parking park(Channel channel) {
        channel.config().setAutoRead(false);
        Parking parking = new Parking();
        channel.pipeline().addLast(NAME, parking);
        return parking;
    }

    /** Takes it out; what it held goes to the handlers behind. Reading stays off. */
    static void release(Channel channel) {
        // Not remove(): the channel may close at this moment on another loop, and be empty.
        if (channel.pipeline() instanceof DefaultChannelPipeline pipeline) {
            pipeline.removeIfExists(NAME);
        }
    }

    /** The one that a channel was made with. */
    static Parking of(Channel channel) {
        return (Parking) channel.pipeline().get(NAME);
    }

    /**
     * Shows what is held and what still comes, which stays held.
     *
     * @param end runs when nothing more will come, though the other direction is open
     */
    void show(Consumer<ByteBuf> bytes, Runnable end) {
        shownTo = bytes;
        shownEnd = end;
        for (Object message : held.toArray()) {
            show(message);
        }
        if (inputEnded) {
            end.run();
        }
    }

    /** Shows no more. */
    void hide() {
        shownTo = null;
        shownEnd = null;
    }

    private void show(Object message) {
        if (shownTo != null && message instanceof ByteBuf bytes) {
            shownTo.accept(bytes);
        }
    }

    /** Runs when the channel closes while parked, at once if it has already. */
    void whenGone(Channel channel, Runnable run) {
        whenGone = run;
        if (!channel.isActive()) {
            run.run();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        held.add(message);
        show(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        // Comes with what is held.
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            inputEnded = true;
            if (shownEnd != null) {
                shownEnd.run();
            }
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // closing tells by channelInactive
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        discard();
        if (whenGone != null) {
            whenGone.run();
        }
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (!ctx.channel().isActive()) {
            discard();
            return;
        }
        boolean any = !held.isEmpty();
        for (Object message = held.poll(); message != null; message = held.poll()) {
            ctx.fireChannelRead(message);
        }
        if (any) {
            ctx.fireChannelReadComplete();
        }
        if (inputEnded) {
            ctx.fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        }
    }

    private void discard() {
        for (Object message = held.poll(); message != null; message = held.poll()) {
            ReferenceCountUtil.release(message);
        }
    }
}
