package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Finds the host and the fields in the head of an HTTP request (RFC 9112 section 2.1). */
final class HttpHead {
    private static final List<String> METHODS =
            List.of(
                    "GET ",
                    "POST ",
                    "HEAD ",
                    "PUT ",
                    "DELETE ",
                    "OPTIONS ",
                    "PATCH ",
                    "CONNECT ",
                    "TRACE ");

    /** RFC 9113 section 3.4. */
    private static final String HTTP2_PREFACE = "PRI * HTTP/2.0\r\n\r\n";

    private HttpHead() {}

    /**
     * Looks at the beginning of a TCP stream.
     *
     * @param stream left as it is
     */
    static Verdict in(ByteBuf stream) {
        Verdict preface = beginsWith(stream, HTTP2_PREFACE);
        if (preface == Verdict.Open.MORE) {
            return preface;
        }
        if (preface instanceof Verdict.Heard) {
            return new Verdict.Heard(Content.of("http2"));
        }
        Verdict begin = Verdict.Open.NEVER;
        for (int i = 0; i < METHODS.size() && begin == Verdict.Open.NEVER; i++) {
            begin = beginsWith(stream, METHODS.get(i));
        }
        if (!(begin instanceof Verdict.Heard)) {
            return begin;
        }
        String text = stream.toString(StandardCharsets.ISO_8859_1);
        int end = text.indexOf("\r\n\r\n");
        return end < 0 ? Verdict.Open.MORE : request(text.substring(0, end).split("\r\n", -1));
    }

    /** What rules may know of a request in origin form. */
    static Content content(HttpRequest request) {
        Map<String, String> attributes = new HashMap<>();
        attributes.put(":method", request.method().name());
        attributes.put(":path", request.uri());
        for (Map.Entry<String, String> field : request.headers()) {
            attributes.putIfAbsent(field.getKey().toLowerCase(Locale.ROOT), field.getValue());
        }
        return new Content("http1", null, attributes);
    }

    /** Whether a stream begins with this; heard of an unknown kind if it does. */
    static Verdict beginsWith(ByteBuf stream, String beginning) {
        int length = Math.min(stream.readableBytes(), beginning.length());
        for (int i = 0; i < length; i++) {
            if (stream.getUnsignedByte(stream.readerIndex() + i) != beginning.charAt(i)) {
                return Verdict.Open.NEVER;
            }
        }
        return length < beginning.length() ? Verdict.Open.MORE : new Verdict.Heard(Content.UNKNOWN);
    }

    private static Verdict request(String[] lines) {
        String[] request = lines[0].split(" ", -1);
        if (request.length != 3 || !request[2].startsWith("HTTP/1.")) {
            return Verdict.Open.NEVER;
        }
        Map<String, String> attributes = new HashMap<>();
        attributes.put(":method", request[0]);
        attributes.put(":path", request[1]);
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            if (colon > 0) {
                attributes.putIfAbsent(
                        lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
                        lines[i].substring(colon + 1).strip());
            }
        }
        String host = attributes.get("host");
        return new Verdict.Heard(
                new Content(
                        "http1",
                        SniffedName.of(host == null ? null : withoutPort(host)),
                        Map.copyOf(attributes)));
    }

    private static String withoutPort(String authority) {
        int colon = authority.lastIndexOf(':');
        return colon < 0 || authority.startsWith("[") ? authority : authority.substring(0, colon);
    }
}
