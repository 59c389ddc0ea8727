package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Messages with their length before them, over TCP (RFC 1035 section 4.2.2, RFC 7766) or TLS (RFC
 * 7858). Answers may come in any order.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write closes the channel
final class DnsOverTcp implements DnsDialogue {
    private static final int MAX_MESSAGE = 65535;
    private static final int LENGTH = 2;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Destination server;
    private final @Nullable SslContext tls;

    /**
     * A dialogue.
     *
     * @param tls null = in the clear
     */
    DnsOverTcp(Destination server, @Nullable SslContext tls) {
        this.server = server;
        this.tls = tls;
    }

    @Override
    public void begin(Channel channel, Promise<Asking> ready) {
        ChannelPipeline pipeline = channel.pipeline();
        Answers answers = new Answers(channel);
        SslHandler handshake = null;
        if (tls != null) {
            handshake = tls.newHandler(channel.alloc(), server.host(), server.port());
            pipeline.addLast(handshake);
        }
        pipeline.addLast(
                new EndCloses(),
                new LengthFieldBasedFrameDecoder(MAX_MESSAGE + LENGTH, 0, LENGTH, 0, LENGTH),
                new LengthFieldPrepender(LENGTH),
                answers);
        if (handshake == null) {
            ready.trySuccess(answers);
            return;
        }
        handshake
                .handshakeFuture()
                .addListener((Future<Channel> done) -> {
                    if (done.isSuccess()) {
                        ready.trySuccess(answers);
                    } else {
                        ready.tryFailure(done.cause());
                    }
                });
    }

    private static final class Answers extends SimpleChannelInboundHandler<ByteBuf>
            implements Asking {

        private record Asked(DnsQuery query, Promise<DnsReply> reply) {}

        private final Channel channel;
        private final Map<Integer, Asked> asked = new HashMap<>();

        Answers(Channel channel) {
            this.channel = channel;
        }

        @Override
        public void ask(DnsQuery query, Promise<DnsReply> reply) {
            if (!channel.isActive()) {
                reply.tryFailure(new IOException("the connection is closed"));
                return;
            }
            int id = RANDOM.nextInt(1 << 16);
            while (asked.containsKey(id)) {
                id = (id + 1) & 0xffff;
            }
            int used = id;
            asked.put(used, new Asked(query, reply));
            reply.addListener(done -> channel.eventLoop().execute(() -> asked.remove(used)));
            channel.writeAndFlush(query.encode(channel.alloc(), used));
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, ByteBuf message) {
            if (message.readableBytes() < LENGTH) {
                throw new IllegalArgumentException("a message of one byte");
            }
            int id = message.getUnsignedShort(message.readerIndex());
            Asked one = asked.get(id);
            DnsReply reply = one == null ? null : DnsAnswerReader.read(message, id, one.query);
            if (one != null && reply != null) {
                one.reply.trySuccess(reply);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            fail(cause);
            ctx.close();
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            fail(new IOException("the server closed the connection"));
        }

        private void fail(Throwable cause) {
            for (Asked one : asked.values().toArray(Asked[]::new)) {
                one.reply.tryFailure(cause);
            }
        }
    }
}
