package io.culvert.proxy;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** The Basic credentials of a proxied request (RFC 7617). */
final class HttpCredentials {
    private static final String BASIC = "Basic ";

    private HttpCredentials() {}

    /**
     * The user's name, empty if none is needed; null if the credentials are missing or wrong.
     *
     * @param client who is told of in the access log if they are wrong; those who give none first
     *     ask whether they have to
     */
    static @Nullable String user(HttpRequest request, Accounts accounts, Channel client) {
        if (!accounts.required()) {
            return "";
        }
        String field = request.headers().get(HttpHeaderNames.PROXY_AUTHORIZATION);
        String user = field == null ? null : user(field, accounts);
        if (field != null && user == null) {
            AccessLog.rejected(
                    ProxiedClient.address(client), "proxy/http: invalid username or password");
        }
        return user;
    }

    private static @Nullable String user(String field, Accounts accounts) {
        if (!field.regionMatches(true, 0, BASIC, 0, BASIC.length())) {
            return null;
        }
        String pair;
        try {
            byte[] bytes = Base64.getDecoder().decode(field.substring(BASIC.length()).strip());
            pair = new String(bytes, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return null;
        }
        int colon = pair.indexOf(':');
        if (colon < 0) {
            return null;
        }
        String user = pair.substring(0, colon);
        return accounts.accepts(user, pair.substring(colon + 1)) ? user : null;
    }
}
