package io.culvert.proxy;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rules of RFC 9110 and 9112 on the fields that belong to one connection only, and on those that
 * tell where a message ends: two programs that disagree about the latter let an attacker smuggle a
 * request from one to the other.
 */
final class HttpFraming {

    /** What older clients send to a proxy in place of Connection. */
    static final String PROXY_CONNECTION = "Proxy-Connection";

    /** Fields for one hop, RFC 9110 section 7.6.1 and the older ones that browsers still send. */
    private static final List<CharSequence> HOP_BY_HOP =
            List.of(
                    HttpHeaderNames.CONNECTION,
                    PROXY_CONNECTION,
                    "Keep-Alive",
                    HttpHeaderNames.TE,
                    HttpHeaderNames.UPGRADE,
                    HttpHeaderNames.PROXY_AUTHORIZATION,
                    HttpHeaderNames.PROXY_AUTHENTICATE,
                    "Proxy-Authentication-Info");

    private HttpFraming() {}

    /** Why a request is not to be trusted, as one sentence; null if it is sound. */
    static @Nullable String problem(HttpRequest request) {
        HttpHeaders headers = request.headers();
        List<String> lengths = headers.getAll(HttpHeaderNames.CONTENT_LENGTH);
        List<String> codings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
        if (!lengths.isEmpty() && !codings.isEmpty()) {
            return "The request has both Content-Length and Transfer-Encoding.";
        }
        if (lengths.size() > 1 || (lengths.size() == 1 && !isNumber(lengths.getFirst()))) {
            return "The request's Content-Length is not one number.";
        }
        if (!codings.isEmpty()
                && (codings.size() > 1
                        || !HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(
                                codings.getFirst().strip()))) {
            return "The request's Transfer-Encoding is not chunked.";
        }
        if (!codings.isEmpty() && request.protocolVersion().equals(HttpVersion.HTTP_1_0)) {
            return "HTTP/1.0 has no Transfer-Encoding.";
        }
        if (headers.getAll(HttpHeaderNames.HOST).size() > 1) {
            return "The request has more than one Host.";
        }
        return null;
    }

    /** Whether a sound message has a body, judging by its fields. */
    static boolean hasBody(HttpMessage message) {
        String length = message.headers().get(HttpHeaderNames.CONTENT_LENGTH);
        return message.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)
                || (length != null && !length.strip().equals("0"));
    }

    /** Removes the fields that belong to the connection the message came by. */
    static void removeHopByHop(HttpHeaders headers) {
        List<String> named = new ArrayList<>();
        for (String connection : headers.getAll(HttpHeaderNames.CONNECTION)) {
            for (String option : connection.split(",", -1)) {
                named.add(option.strip());
            }
        }
        for (String name : named) {
            // Whoever asks to drop these would change where the message ends or whom it is for.
            boolean framing =
                    name.isEmpty()
                            || HttpHeaderNames.TRANSFER_ENCODING.contentEqualsIgnoreCase(name)
                            || HttpHeaderNames.CONTENT_LENGTH.contentEqualsIgnoreCase(name)
                            || HttpHeaderNames.HOST.contentEqualsIgnoreCase(name);
            if (!framing) {
                headers.remove(name);
            }
        }
        HOP_BY_HOP.forEach(headers::remove);
    }

    private static boolean isNumber(String text) {
        String digits = text.strip();
        return !digits.isEmpty()
                && digits.length() <= 18
                && digits.chars().allMatch(c -> c >= '0' && c <= '9');
    }
}
