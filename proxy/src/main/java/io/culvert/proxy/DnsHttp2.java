package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrame;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.io.IOException;

/** Questions over HTTP/2, each on a stream of its own. */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write closes the stream
final class DnsHttp2 extends ChannelInboundHandlerAdapter implements DnsDialogue.Asking {
    private final DnsOverHttps server;
    private final Channel channel;

    DnsHttp2(DnsOverHttps server, Channel channel) {
        this.server = server;
        this.channel = channel;
    }

    /** Takes the reply out of a response. */
    static void answer(int status, ByteBuf content, DnsQuery query, Promise<DnsReply> reply) {
        DnsReply read = status == 200 ? DnsAnswerReader.read(content, 0, query) : null;
        if (read != null) {
            reply.trySuccess(read);
        } else {
            reply.tryFailure(
                    new DialException(
                            Failure.RESOLVE,
                            status == 200
                                    ? "the answer is no DNS message to the question"
                                    : "the server says " + HttpResponseStatus.valueOf(status)));
        }
    }

    /** For streams that the server begins, which it may not. */
    ChannelHandler refusing() {
        return new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel stream) {
                stream.close();
            }
        };
    }

    @Override
    public void ask(DnsQuery query, Promise<DnsReply> reply) {
        new Http2StreamChannelBootstrap(channel)
                .handler(new Response(query, reply))
                .open()
                .addListener((Future<Http2StreamChannel> opened) -> {
                    if (opened.isSuccess()) {
                        reply.addListener(done -> opened.getNow().close());
                        send(opened.getNow(), query);
                    } else {
                        reply.tryFailure(opened.cause());
                    }
                });
    }

    private void send(Http2StreamChannel stream, DnsQuery query) {
        ByteBuf message = query.encode(stream.alloc(), 0);
        Http2Headers headers =
                new DefaultHttp2Headers()
                        .method("POST")
                        .scheme(server.scheme())
                        .authority(server.authority())
                        .path(server.path())
                        .add("accept", DnsOverHttps.MEDIA_TYPE)
                        .add("content-type", DnsOverHttps.MEDIA_TYPE)
                        .addInt("content-length", message.readableBytes());
        stream.write(new DefaultHttp2HeadersFrame(headers, false));
        stream.writeAndFlush(new DefaultHttp2DataFrame(message, true));
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof Http2GoAwayFrame) {
            // What is asked already may still be answered; the rest goes elsewhere.
            ctx.close();
        }
        ReferenceCountUtil.release(message);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }

    /** What comes back on one stream. */
    private static final class Response extends SimpleChannelInboundHandler<Http2StreamFrame> {
        private final DnsQuery query;
        private final Promise<DnsReply> reply;
        private final ByteBuf content;
        private int status;

        Response(DnsQuery query, Promise<DnsReply> reply) {
            this.query = query;
            this.reply = reply;
            this.content = Unpooled.buffer(512, DnsOverHttps.MAX_REPLY);
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, Http2StreamFrame frame) {
            boolean end = false;
            if (frame instanceof Http2HeadersFrame head) {
                CharSequence code = head.headers().status();
                status = code == null ? status : HttpResponseStatus.parseLine(code).code();
                end = head.isEndStream();
            } else if (frame instanceof Http2DataFrame data) {
                // Longer than any message: what is too much throws.
                content.writeBytes(data.content());
                end = data.isEndStream();
            } else if (frame instanceof Http2ResetFrame reset) {
                reply.tryFailure(new IOException("the server reset it: " + reset.errorCode()));
            }
            if (end) {
                answer(status, content, query, reply);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            reply.tryFailure(new IOException("the server closed the connection"));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            reply.tryFailure(cause);
            ctx.close();
        }
    }
}
