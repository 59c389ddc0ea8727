package io.culvert.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;

/**
 * Ends a connection so that the last words arrive: closing a socket with unread bytes makes the
 * kernel send a reset, which can overtake the answer (RFC 9112 section 9.6). So the output is shut
 * first, and what the client still sends is thrown away until it closes or a little time has
 * passed.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a close that fails is a close
final class LingeringClose extends ChannelInboundHandlerAdapter {
    private static final long SECONDS = 2;

    private LingeringClose() {}

    /**
     * Flushes what was written and closes. Called on the channel's loop.
     *
     * @param lastWords written last; taken over
     */
    static void after(DuplexChannel channel, Object lastWords) {
        channel.pipeline().addFirst(new LingeringClose());
        channel.writeAndFlush(lastWords).addListener(written -> shut(channel, written.isSuccess()));
        channel.config().setAutoRead(true);
    }

    private static void shut(DuplexChannel channel, boolean written) {
        if (!written || channel.isInputShutdown()) {
            channel.close();
            return;
        }
        channel.shutdownOutput();
        channel.eventLoop().schedule((Runnable) channel::close, SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ReferenceCountUtil.release(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        // Nothing of it concerns anybody.
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            Channel channel = ctx.channel();
            if (((DuplexChannel) channel).isOutputShutdown()) {
                channel.close();
            }
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }
}
