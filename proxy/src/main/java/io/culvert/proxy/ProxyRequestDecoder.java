package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import java.util.List;

/**
 * Netty's request decoder, but what follows a CONNECT is passed on as bytes, and a message of two
 * lengths is an error instead of a choice.
 */
final class ProxyRequestDecoder extends HttpRequestDecoder {
    static final int MAX_LINE = 32 << 10;
    static final int MAX_FIELDS = 64 << 10;
    static final int MAX_CHUNK = 64 << 10;

    private boolean connected;

    ProxyRequestDecoder() {
        super(config());
    }

    /** The limits for both directions. */
    static HttpDecoderConfig config() {
        return new HttpDecoderConfig()
                .setMaxInitialLineLength(MAX_LINE)
                .setMaxHeaderSize(MAX_FIELDS)
                .setMaxChunkSize(MAX_CHUNK);
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out)
            throws Exception {
        if (connected) {
            out.add(in.readRetainedSlice(in.readableBytes()));
            return;
        }
        super.decode(ctx, in, out);
        for (Object message : out) {
            if (message instanceof HttpRequest request
                    && request.decoderResult().isSuccess()
                    && request.method().equals(HttpMethod.CONNECT)) {
                connected = true;
            }
        }
    }

    @Override
    protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
        throw new IllegalArgumentException("both Content-Length and Transfer-Encoding");
    }
}
