package io.culvert.tunnel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.security.MessageDigest;
import java.util.concurrent.CompletableFuture;

/** Reads to the end of the stream. */
final class StreamSink extends ChannelInboundHandlerAdapter {
    /** SHA-256 of everything, once the end came; fails with what the channel reported. */
    final CompletableFuture<byte[]> digest = new CompletableFuture<>();

    private final MessageDigest sha = StreamSource.sha256();
    private volatile long received;

    long received() {
        return received;
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf buffer = (ByteBuf) message;
        received += buffer.readableBytes();
        sha.update(buffer.nioBuffer());
        buffer.release();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            digest.complete(sha.digest());
        }
        context.fireUserEventTriggered(event);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        digest.completeExceptionally(cause);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        digest.completeExceptionally(new IllegalStateException("closed before the end"));
        context.fireChannelInactive();
    }
}
