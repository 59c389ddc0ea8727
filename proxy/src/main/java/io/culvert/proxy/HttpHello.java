package io.culvert.proxy;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** A client's side of CONNECT (RFC 9110 section 9.3.6), with Basic credentials (RFC 7617). */
@SuppressWarnings("FutureReturnValueIgnored") // Netty reports failed writes to exceptionCaught
final class HttpHello extends ServerHello {
    private final Accounts.@Nullable Account account;
    private final HttpHeaders headers;
    private final Destination destination;
    private @Nullable HttpResponseStatus status;

    /**
     * Nothing said yet.
     *
     * @param server as for {@link ServerHello}
     * @param headers sent along
     */
    HttpHello(
            String server,
            Accounts.@Nullable Account account,
            HttpHeaders headers,
            Destination destination) {
        super(server);
        this.account = account;
        this.headers = headers;
        this.destination = destination;
    }

    @Override
    protected void begin(ChannelHandlerContext ctx) {
        ctx.pipeline()
                .addBefore(
                        ctx.name(),
                        null,
                        new HttpClientCodec(ProxyRequestDecoder.config(), false, false));
        ctx.writeAndFlush(request());
    }

    private FullHttpRequest request() {
        FullHttpRequest request =
                new DefaultFullHttpRequest(
                        HttpVersion.HTTP_1_1, HttpMethod.CONNECT, destination.authority());
        request.headers().set(HttpHeaderNames.HOST, destination.authority());
        if (account != null) {
            byte[] pair = (account.user() + ":" + account.pass()).getBytes(StandardCharsets.UTF_8);
            request.headers()
                    .set(
                            HttpHeaderNames.PROXY_AUTHORIZATION,
                            "Basic " + Base64.getEncoder().encodeToString(pair));
        }
        // Whoever writes one of the above into the file means it.
        request.headers().setAll(headers);
        return request;
    }

    @Override
    protected void answered(ChannelHandlerContext ctx, Object answer) {
        if (answer instanceof HttpObject part && part.decoderResult().isFailure()) {
            fail(ctx, Failure.OTHER, "does not speak HTTP");
        } else if (answer instanceof HttpResponse response) {
            answered(ctx, response.status());
        } else if (answer instanceof LastHttpContent && status != null) {
            ctx.pipeline().remove(HttpClientCodec.class);
            succeed(ctx);
        }
    }

    private void answered(ChannelHandlerContext ctx, HttpResponseStatus answer) {
        if (answer.codeClass().equals(HttpStatusClass.SUCCESS)) {
            status = answer;
        } else if (!answer.codeClass().equals(HttpStatusClass.INFORMATIONAL)) {
            fail(ctx, failure(answer.code()), words(answer));
        }
    }

    private static Failure failure(int code) {
        return switch (code) {
            case 403 -> Failure.DENIED;
            case 504 -> Failure.TIMEOUT;
            default -> Failure.OTHER;
        };
    }

    private String words(HttpResponseStatus answer) {
        if (answer.code() == HttpResponseStatus.PROXY_AUTHENTICATION_REQUIRED.code()) {
            return account == null
                    ? "wants a user and a password"
                    : "refuses the user or the password";
        }
        return "answers CONNECT " + destination.authority() + " with " + answer;
    }
}
