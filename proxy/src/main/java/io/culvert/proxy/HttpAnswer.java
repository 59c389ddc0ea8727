package io.culvert.proxy;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;

/** What the proxy itself has to say to an HTTP client: a status and one plain sentence. */
final class HttpAnswer {
    private HttpAnswer() {}

    /** An answer after which the connection is closed. */
    static FullHttpResponse of(HttpResponseStatus status, String sentence) {
        FullHttpResponse answer =
                new DefaultFullHttpResponse(
                        HttpVersion.HTTP_1_1,
                        status,
                        ByteBufUtil.writeUtf8(UnpooledByteBufAllocator.DEFAULT, sentence + "\n"));
        answer.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; charset=utf-8")
                .set(HttpHeaderNames.CONTENT_LENGTH, answer.content().readableBytes())
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        return answer;
    }

    /** For bytes that are no request. */
    static FullHttpResponse malformed(Throwable cause) {
        if (cause instanceof TooLongHttpHeaderException) {
            return of(
                    HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                    "The request's header is longer than 64 KiB.");
        }
        if (cause instanceof TooLongFrameException) {
            return of(HttpResponseStatus.REQUEST_URI_TOO_LONG, "The request's target is too long.");
        }
        return of(HttpResponseStatus.BAD_REQUEST, "This is not a valid HTTP request.");
    }

    static FullHttpResponse authenticate() {
        FullHttpResponse answer =
                of(
                        HttpResponseStatus.PROXY_AUTHENTICATION_REQUIRED,
                        "This proxy needs a user and a password.");
        answer.headers().set(HttpHeaderNames.PROXY_AUTHENTICATE, "Basic realm=\"proxy\"");
        return answer;
    }

    /** For a destination that was not reached. */
    static FullHttpResponse unreached(DialException failure) {
        HttpResponseStatus status =
                switch (failure.failure()) {
                    case TIMEOUT -> HttpResponseStatus.GATEWAY_TIMEOUT;
                    case DENIED, BLACKHOLED -> HttpResponseStatus.FORBIDDEN;
                    default -> HttpResponseStatus.BAD_GATEWAY;
                };
        return of(status, "The proxy got no connection: " + failure.getMessage() + ".");
    }
}
