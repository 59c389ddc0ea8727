package io.culvert.proxy;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a flow by what its client says in it.
 *
 * @param protocol {@code http1}, {@code tls}, {@code quic}, {@code bittorrent}; empty = not known
 * @param name the host that the client means, for rules; null = what the destination says
 * @param attributes of an HTTP request: its fields by lower-case name, {@code :method}, {@code
 *     :path}
 */
record Content(String protocol, @Nullable String name, Map<String, String> attributes) {

    static final Content UNKNOWN = new Content("", null, Map.of());

    /** Of a protocol that says nothing more. */
    static Content of(String protocol) {
        return new Content(protocol, null, Map.of());
    }

    Content withoutName() {
        return name == null ? this : new Content(protocol, null, attributes);
    }
}
