package io.culvert.proxy;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/** The response of one exchange on its way from the origin's decoder to the client's channel. */
@SuppressWarnings("FutureReturnValueIgnored") // Netty reports failed writes to exceptionCaught
final class HttpResponsePath {

    /** Where the response stands after a message. */
    enum Progress {
        MORE,
        /** The whole response has been written. */
        DONE,
        /** The origin agreed to another protocol, and the client has been told. */
        SWITCHED,
        /** The origin doesn't speak HTTP as it should. */
        BROKEN
    }

    private final HttpExchange exchange;
    private final Channel client;
    private final ProxyResponseEncoder encoder;
    private boolean started;
    private boolean interim;

    HttpResponsePath(HttpExchange exchange, Channel client, ProxyResponseEncoder encoder) {
        this.exchange = exchange;
        this.client = client;
        this.encoder = encoder;
    }

    /** Whether the client has seen something of the final response. */
    boolean isStarted() {
        return started;
    }

    /** Takes a message over and writes what the client should see of it, unflushed. */
    Progress take(Object message) {
        if (message instanceof HttpResponse response) {
            return head(response);
        }
        if (message instanceof HttpContent content) {
            return body(content);
        }
        ReferenceCountUtil.release(message);
        return Progress.BROKEN;
    }

    private Progress head(HttpResponse response) {
        if (response.decoderResult().isFailure()) {
            return Progress.BROKEN;
        }
        if (response.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)) {
            return switchProtocols(response);
        }
        encoder.answeringHead(false);
        if (response.status().codeClass().equals(HttpStatusClass.INFORMATIONAL)) {
            interim = true;
            if (exchange.takesInterim()) {
                HttpFraming.removeHopByHop(response.headers());
                client.write(response, client.voidPromise());
            }
            return Progress.MORE;
        }
        started = true;
        exchange.adapt(response);
        encoder.answeringHead(exchange.isHead());
        client.write(response, client.voidPromise());
        return Progress.MORE;
    }

    private Progress switchProtocols(HttpResponse response) {
        @Nullable String protocol = response.headers().get(HttpHeaderNames.UPGRADE);
        if (!exchange.asksForUpgrade() || protocol == null) {
            return Progress.BROKEN;
        }
        HttpFraming.removeHopByHop(response.headers());
        response.setProtocolVersion(HttpVersion.HTTP_1_1);
        response.headers()
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE)
                .set(HttpHeaderNames.UPGRADE, protocol);
        started = true;
        client.write(response, client.voidPromise());
        client.write(LastHttpContent.EMPTY_LAST_CONTENT, client.voidPromise());
        return Progress.SWITCHED;
    }

    private Progress body(HttpContent content) {
        if (content.decoderResult().isFailure()) {
            content.release();
            return Progress.BROKEN;
        }
        boolean last = content instanceof LastHttpContent;
        if (interim) {
            content.release();
            if (last) {
                interim = false;
                if (exchange.takesInterim()) {
                    client.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT, client.voidPromise());
                }
            }
            return Progress.MORE;
        }
        client.write(content, client.voidPromise());
        return last ? Progress.DONE : Progress.MORE;
    }
}
