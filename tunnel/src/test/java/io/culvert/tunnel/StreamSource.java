package io.culvert.tunnel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

/** Writes pseudo-random bytes as long as its channel is writable, then ends its output. */
final class StreamSource extends ChannelInboundHandlerAdapter {
    private static final int PIECE = 64 << 10;

    /** SHA-256 of everything, once all is written. */
    final CompletableFuture<byte[]> digest = new CompletableFuture<>();

    private final MessageDigest sha = sha256();
    private final SplittableRandom random;
    private final long total;
    private volatile long written;
    private boolean ended;

    StreamSource(long total, long seed) {
        this.total = total;
        random = new SplittableRandom(seed);
    }

    long written() {
        return written;
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        context.fireChannelActive();
        write(context.channel());
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        write(context.channel());
        context.fireChannelWritabilityChanged();
    }

    @SuppressWarnings({"NonAtomicVolatileUpdate", "FutureReturnValueIgnored"}) // one writer
    private void write(Channel channel) {
        while (written < total && channel.isWritable()) {
            int length = (int) Math.min(PIECE, total - written);
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            sha.update(bytes);
            ByteBuf buffer = channel.alloc().directBuffer(length).writeBytes(bytes);
            written += length;
            var _ = channel.writeAndFlush(buffer);
        }
        if (written == total && !ended) {
            ended = true;
            digest.complete(sha.digest());
            var _ =
                    channel.writeAndFlush(channel.alloc().buffer(0))
                            .addListener(_ -> ((DuplexChannel) channel).shutdownOutput());
        }
    }
}
