package io.culvert.proxy;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** {@code /debug/vars}: the counters as JSON, in the form of Go's expvar as Xray has it. */
@SuppressWarnings("FutureReturnValueIgnored") // a close that fails is a close
final class MetricsHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final String PATH = "/debug/vars";

    private final Proxy proxy;
    private final Executor executor;

    /**
     * A handler.
     *
     * @param executor to ask tunnels on, which wait for their loops
     */
    MetricsHandler(Proxy proxy, Executor executor) {
        this.proxy = proxy;
        this.executor = executor;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
        boolean keepsAlive = HttpUtil.isKeepAlive(request);
        if (!request.uri().split("\\?", 2)[0].equals(PATH)) {
            answer(ctx, HttpResponseStatus.NOT_FOUND, "{}", keepsAlive);
        } else if (!request.method().equals(HttpMethod.GET)) {
            answer(ctx, HttpResponseStatus.METHOD_NOT_ALLOWED, "{}", keepsAlive);
        } else {
            try {
                executor.execute(() -> {
                    String json = MetricsJson.of(proxy);
                    ctx.executor()
                            .execute(() -> answer(ctx, HttpResponseStatus.OK, json, keepsAlive));
                });
            } catch (RejectedExecutionException e) {
                answer(ctx, HttpResponseStatus.SERVICE_UNAVAILABLE, "{}", keepsAlive);
            }
        }
    }

    private static void answer(
            ChannelHandlerContext ctx, HttpResponseStatus status, String json, boolean keepsAlive) {
        DefaultFullHttpResponse response =
                new DefaultFullHttpResponse(
                        HttpVersion.HTTP_1_1,
                        status,
                        Unpooled.copiedBuffer(json, StandardCharsets.UTF_8));
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, "application/json; charset=utf-8");
        HttpUtil.setContentLength(response, response.content().readableBytes());
        HttpUtil.setKeepAlive(response, keepsAlive);
        var written = ctx.writeAndFlush(response);
        if (!keepsAlive) {
            written.addListener(ChannelFutureListener.CLOSE);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Log.debug("metrics: " + cause);
        ctx.close();
    }
}
