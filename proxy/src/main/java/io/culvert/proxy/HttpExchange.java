package io.culvert.proxy;

import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One request and its response, as they change on their way through the proxy. */
final class HttpExchange {
    private static final Set<HttpMethod> IDEMPOTENT =
            Set.of(
                    HttpMethod.GET,
                    HttpMethod.HEAD,
                    HttpMethod.OPTIONS,
                    HttpMethod.TRACE,
                    HttpMethod.PUT,
                    HttpMethod.DELETE);

    private final HttpTarget target;
    private final HttpRequest request;
    private final boolean oldClient;
    private final boolean repeatable;
    private final @Nullable String upgrade;
    private boolean keepAlive;
    private boolean closeDelimited;
    private boolean originKeepsAlive;

    /** Whether the whole request went out. */
    boolean requestDone;

    private boolean repeated;

    HttpExchange(HttpRequest original, HttpTarget target) {
        this.target = target;
        this.oldClient = original.protocolVersion().equals(HttpVersion.HTTP_1_0);
        HttpHeaders headers = original.headers();
        this.keepAlive =
                HttpUtil.isKeepAlive(original)
                        && !oldClient
                        && !headers.contains(
                                HttpFraming.PROXY_CONNECTION, HttpHeaderValues.CLOSE, true);
        this.repeatable = IDEMPOTENT.contains(original.method()) && !HttpFraming.hasBody(original);
        boolean upgrades =
                headers.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true);
        this.upgrade = upgrades ? headers.get(HttpHeaderNames.UPGRADE) : null;
        HttpFraming.removeHopByHop(headers);
        headers.set(HttpHeaderNames.HOST, target.authority());
        if (upgrade != null) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE);
            headers.set(HttpHeaderNames.UPGRADE, upgrade);
        }
        this.request =
                new DefaultHttpRequest(
                        HttpVersion.HTTP_1_1, original.method(), target.requestTarget(), headers);
    }

    HttpTarget target() {
        return target;
    }

    /** What rules may know of it. */
    Content content() {
        return HttpHead.content(request);
    }

    /** The request as it goes to the origin. */
    HttpRequest request() {
        return request;
    }

    boolean isHead() {
        return request.method().equals(HttpMethod.HEAD);
    }

    /** Whether nothing is lost or done twice by sending it again on a new connection. */
    boolean isRepeatable() {
        return repeatable && !repeated;
    }

    /** It is sent a second time: it has no body, so all of it goes with its head. */
    void repeat() {
        repeated = true;
        requestDone = true;
    }

    boolean isRepeated() {
        return repeated;
    }

    boolean asksForUpgrade() {
        return upgrade != null;
    }

    /** Whether the client understands interim responses. */
    boolean takesInterim() {
        return !oldClient;
    }

    /** Whether the client's connection outlives this exchange. */
    boolean keepsAlive() {
        return keepAlive;
    }

    /** Whether the client can only tell by the end of the connection that the response is whole. */
    boolean isCloseDelimited() {
        return closeDelimited;
    }

    /** Whether the origin's connection can serve another request. */
    boolean originKeepsAlive() {
        return originKeepsAlive;
    }

    /** Makes the origin's final response one for this client. */
    void adapt(HttpResponse response) {
        HttpHeaders headers = response.headers();
        boolean bodiless = isHead() || hasNoBody(response);
        boolean chunked = HttpUtil.isTransferEncodingChunked(response);
        boolean framed = bodiless || chunked || headers.contains(HttpHeaderNames.CONTENT_LENGTH);
        originKeepsAlive = HttpUtil.isKeepAlive(response) && framed;
        HttpFraming.removeHopByHop(headers);
        response.setProtocolVersion(HttpVersion.HTTP_1_1);
        if (!framed && !oldClient && !headers.contains(HttpHeaderNames.TRANSFER_ENCODING)) {
            headers.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        } else if (!framed || (oldClient && chunked && !bodiless)) {
            closeDelimited = true;
            keepAlive = false;
            if (oldClient) {
                headers.remove(HttpHeaderNames.TRANSFER_ENCODING);
            }
        }
        if (!keepAlive) {
            headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        }
    }

    private static boolean hasNoBody(HttpResponse response) {
        return response.status().codeClass().equals(HttpStatusClass.INFORMATIONAL)
                || response.status().code() == 204
                || response.status().code() == 304;
    }
}
