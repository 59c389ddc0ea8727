package io.culvert.proxy;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import org.jspecify.annotations.Nullable;

/** What the proxy itself has to say to an HTTP client: a status and one plain sentence. */
final class HttpAnswer {
    private HttpAnswer() {}

    static FullHttpResponse badRequest(String sentence) {
        return of(HttpResponseStatus.BAD_REQUEST, sentence);
    }

    static FullHttpResponse badGateway(String sentence) {
        return of(HttpResponseStatus.BAD_GATEWAY, sentence);
    }

    /** An answer after which the connection is closed. */
    private static FullHttpResponse of(HttpResponseStatus status, String sentence) {
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

    /**
     * What is to be said against a request, whoever sends it and wherever it goes; null = nothing.
     */
    static @Nullable FullHttpResponse objection(HttpRequest request) {
        if (request.decoderResult().isFailure()) {
            return malformed(request.decoderResult().cause());
        }
        if (request.protocolVersion().majorVersion() != 1) {
            return of(HttpResponseStatus.HTTP_VERSION_NOT_SUPPORTED, "This proxy speaks HTTP/1.1.");
        }
        String problem = HttpFraming.problem(request);
        return problem == null ? null : badRequest(problem);
    }

    private static FullHttpResponse malformed(Throwable cause) {
        if (cause instanceof TooLongHttpHeaderException) {
            return of(
                    HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                    "The request's header is longer than 64 KiB.");
        }
        if (cause instanceof TooLongFrameException) {
            return of(HttpResponseStatus.REQUEST_URI_TOO_LONG, "The request's target is too long.");
        }
        return badRequest("This is not a valid HTTP request.");
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
