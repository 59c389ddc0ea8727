package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One call, by gRPC over HTTP/2: a five-byte prefix (compressed or not, length) before each
 * message, and the status in the trailers. Each message of the client has one answer, in order,
 * which serves calls of one message and those that go to and fro.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a stream that can't be written to is gone
final class GrpcStream extends ChannelInboundHandlerAdapter {
    private static final int PREFIX = 5;
    private static final int MAX_MESSAGE = 4 << 20;
    private static final String TYPE = "application/grpc";

    private final GrpcMethods methods;
    private final Executor executor;
    private final ByteBuf received = Unpooled.buffer();
    private GrpcMethods.@Nullable Method method;
    private int messages;
    private int waiting;
    private boolean inputEnded;
    private boolean answering;
    private boolean over;

    /**
     * A call at its beginning.
     *
     * @param executor runs the methods one after the other
     */
    GrpcStream(GrpcMethods methods, Executor executor) {
        this.methods = methods;
        this.executor = executor;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            switch (message) {
                case Http2HeadersFrame headers when method == null && !over -> begin(ctx, headers);
                case Http2DataFrame data when !over -> {
                    received.writeBytes(data.content());
                    inputEnded |= data.isEndStream();
                    takeAll(ctx);
                }
                case Http2ResetFrame reset -> over = true;
                default -> {}
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void begin(ChannelHandlerContext ctx, Http2HeadersFrame frame) {
        Http2Headers headers = frame.headers();
        CharSequence type = headers.get("content-type");
        if (type == null || !type.toString().startsWith(TYPE)) {
            over = true;
            ctx.writeAndFlush(
                    new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().status("415"), true));
            return;
        }
        String path = String.valueOf(headers.path());
        method = methods.find(path);
        if (method == null) {
            end(ctx, GrpcException.UNIMPLEMENTED, "unknown method " + path);
        } else if (frame.isEndStream()) {
            inputEnded = true;
            takeAll(ctx);
        }
    }

    private void takeAll(ChannelHandlerContext ctx) {
        while (!over && received.readableBytes() >= PREFIX) {
            boolean compressed = received.getByte(received.readerIndex()) != 0;
            long length = received.getUnsignedInt(received.readerIndex() + 1);
            if (compressed) {
                end(ctx, GrpcException.UNIMPLEMENTED, "compressed messages are not taken");
                return;
            }
            if (length > MAX_MESSAGE) {
                end(ctx, GrpcException.RESOURCE_EXHAUSTED, "a message has " + length + " bytes");
                return;
            }
            if (received.readableBytes() < PREFIX + length) {
                break;
            }
            received.skipBytes(PREFIX);
            byte[] message = new byte[(int) length];
            received.readBytes(message);
            take(ctx, message);
        }
        received.discardSomeReadBytes();
        endIfDone(ctx);
    }

    private void take(ChannelHandlerContext ctx, byte[] message) {
        GrpcMethods.Method called = method;
        if (called == null) {
            return;
        }
        messages++;
        waiting++;
        try {
            executor.execute(() -> {
                try {
                    byte[] answer = GrpcMethods.call(called, message);
                    ctx.executor().execute(() -> answered(ctx, answer));
                } catch (GrpcException e) {
                    ctx.executor()
                            .execute(() -> end(ctx, e.code(), String.valueOf(e.getMessage())));
                }
            });
        } catch (RejectedExecutionException e) {
            end(ctx, GrpcException.RESOURCE_EXHAUSTED, "too many calls at once");
        }
    }

    private void answered(ChannelHandlerContext ctx, byte[] answer) {
        if (over) {
            return;
        }
        waiting--;
        begin(ctx);
        ByteBuf out = ctx.alloc().buffer(PREFIX + answer.length);
        out.writeByte(0).writeInt(answer.length).writeBytes(answer);
        ctx.writeAndFlush(new DefaultHttp2DataFrame(out, false));
        endIfDone(ctx);
    }

    private void begin(ChannelHandlerContext ctx) {
        if (!answering) {
            answering = true;
            ctx.write(new DefaultHttp2HeadersFrame(head(), false));
        }
    }

    private void endIfDone(ChannelHandlerContext ctx) {
        if (over || !inputEnded || waiting > 0) {
            return;
        }
        if (messages == 0 || received.isReadable()) {
            end(ctx, GrpcException.INTERNAL, "the request ends in the middle");
        } else {
            end(ctx, GrpcException.OK, "");
        }
    }

    private static Http2Headers head() {
        return new DefaultHttp2Headers().status("200").set("content-type", TYPE);
    }

    private void end(ChannelHandlerContext ctx, int code, String message) {
        if (over) {
            return;
        }
        over = true;
        Http2Headers trailers = answering ? new DefaultHttp2Headers() : head();
        trailers.set("grpc-status", Integer.toString(code));
        if (!message.isEmpty()) {
            trailers.set("grpc-message", percent(message));
        }
        ctx.writeAndFlush(new DefaultHttp2HeadersFrame(trailers, true));
    }

    /**
     * As gRPC wants it: what isn't printable ASCII, and the percent sign, as %XX of UTF-8. Spaces
     * at the ends too, which no HTTP header has.
     */
    private static String percent(String message) {
        StringBuilder out = new StringBuilder();
        byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < bytes.length; i++) {
            byte b = bytes[i];
            boolean inside = i > 0 && i < bytes.length - 1;
            if ((b > ' ' && b <= '~' && b != '%') || (b == ' ' && inside)) {
                out.append((char) b);
            } else {
                out.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
            }
        }
        return out.toString();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof Http2ResetFrame) {
            over = true;
        }
        ctx.fireUserEventTriggered(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        over = true;
        received.release();
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        Log.debug("api: " + cause);
        ctx.close();
    }
}
