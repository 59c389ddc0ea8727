package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.Promise;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** Questions over HTTP/1.1, one at a time. */
@SuppressWarnings("FutureReturnValueIgnored") // a failed write closes the channel
final class DnsHttp1 extends SimpleChannelInboundHandler<FullHttpResponse>
        implements DnsDialogue.Asking {

    private record Asked(DnsQuery query, Promise<DnsReply> reply) {}

    private final DnsOverHttps server;
    private final Channel channel;
    private final Queue<Asked> waiting = new ArrayDeque<>();
    private @Nullable Asked current;

    DnsHttp1(DnsOverHttps server, Channel channel) {
        this.server = server;
        this.channel = channel;
    }

    @Override
    public void ask(DnsQuery query, Promise<DnsReply> reply) {
        waiting.add(new Asked(query, reply));
        next();
    }

    private void next() {
        if (current != null) {
            return;
        }
        Asked one = waiting.poll();
        while (one != null && one.reply.isDone()) {
            one = waiting.poll();
        }
        if (one == null) {
            return;
        }
        if (!channel.isActive()) {
            one.reply.tryFailure(new IOException("the connection is closed"));
            next();
            return;
        }
        current = one;
        ByteBuf message = one.query.encode(channel.alloc(), 0);
        FullHttpRequest request =
                new DefaultFullHttpRequest(
                        HttpVersion.HTTP_1_1, HttpMethod.POST, server.path(), message);
        request.headers()
                .set(HttpHeaderNames.HOST, server.authority())
                .set(HttpHeaderNames.ACCEPT, DnsOverHttps.MEDIA_TYPE)
                .set(HttpHeaderNames.CONTENT_TYPE, DnsOverHttps.MEDIA_TYPE)
                .set(HttpHeaderNames.CONTENT_LENGTH, message.readableBytes());
        channel.writeAndFlush(request);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpResponse response) {
        Asked one = current;
        current = null;
        if (one != null) {
            DnsHttp2.answer(response.status().code(), response.content(), one.query, one.reply);
        }
        if (!HttpUtil.isKeepAlive(response)
                || response.status().equals(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE)) {
            ctx.close();
        } else {
            next();
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
        Asked one = current;
        current = null;
        if (one != null) {
            one.reply.tryFailure(cause);
        }
        for (Asked next = waiting.poll(); next != null; next = waiting.poll()) {
            next.reply.tryFailure(cause);
        }
    }
}
