package io.culvert.proxy;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Where a proxied request goes (RFC 9112 section 3.2).
 *
 * @param authority what the Host field of the forwarded request says
 * @param requestTarget the origin-form, or {@code *}, that the forwarded request asks for
 */
record HttpTarget(Destination destination, String authority, String requestTarget) {
    private static final String SCHEME = "http://";
    private static final int HTTP_PORT = 80;

    /** Reads the target of a CONNECT, which is {@code host:port}; null if it is anything else. */
    static @Nullable HttpTarget ofConnect(HttpRequest request) {
        HostPort target = HostPort.parse(request.uri());
        return target == null || target.port() == 0
                ? null
                : new HttpTarget(target.destination(Network.TCP), request.uri(), "");
    }

    /**
     * Reads the target of any other method: an absolute {@code http://} URI, or, if {@code
     * transparent}, a path on the host that the Host field names; null if it is anything else.
     */
    static @Nullable HttpTarget of(HttpRequest request, boolean transparent) {
        String uri = request.uri();
        if (uri.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return absolute(uri, request.method());
        }
        String host = request.headers().get(HttpHeaderNames.HOST);
        if (!transparent || host == null || !uri.startsWith("/")) {
            return null;
        }
        return at(host, uri);
    }

    private static @Nullable HttpTarget absolute(String uri, HttpMethod method) {
        int end = SCHEME.length();
        while (end < uri.length() && "/?#".indexOf(uri.charAt(end)) < 0) {
            end++;
        }
        String authority = uri.substring(SCHEME.length(), end);
        authority = authority.substring(authority.lastIndexOf('@') + 1);
        int fragment = uri.indexOf('#', end);
        String path = fragment < 0 ? uri.substring(end) : uri.substring(end, fragment);
        if (path.isEmpty()) {
            // RFC 9112 section 3.2.4: OPTIONS without a path asks about the server as a whole.
            path = method.equals(HttpMethod.OPTIONS) ? "*" : "/";
        } else if (path.startsWith("?")) {
            path = "/" + path;
        }
        return at(authority, path);
    }

    private static @Nullable HttpTarget at(String authority, String requestTarget) {
        boolean hasPort = authority.indexOf(':', authority.lastIndexOf(']') + 1) >= 0;
        String text = authority;
        if (authority.endsWith(":")) {
            text = authority + HTTP_PORT;
        } else if (!hasPort) {
            text = authority + ":" + HTTP_PORT;
        }
        HostPort target = HostPort.parse(text);
        return target == null || target.port() == 0
                ? null
                : new HttpTarget(target.destination(Network.TCP), authority, requestTarget);
    }

    /** A client's wish to get there. */
    Session session(InboundIdentity inbound, Channel client, String user, Content content) {
        return new Session(
                inbound,
                ProxiedClient.address(client),
                (InetSocketAddress) client.localAddress(),
                destination,
                user,
                content);
    }
}
