package io.culvert.proxy;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Stands for what a file says about an inbound or outbound, so that a later file can be compared
 * with it without keeping its secrets.
 *
 * @param whole of everything
 * @param fixed of what can't change while it runs: all but who may use it
 */
record Fingerprint(String whole, String fixed) {

    /** Members of {@code settings} that a running inbound or outbound may be given anew. */
    private static final Set<String> LIVE = Set.of("peers", "accounts", "users");

    private static final AtomicLong NEXT = new AtomicLong();

    /** Of an element of {@code inbounds} or {@code outbounds}. */
    static Fingerprint of(ConfigNode node) {
        return new Fingerprint(digest(node, Set.of()), digest(node, LIVE));
    }

    /** Like nothing else. */
    static Fingerprint unique() {
        String name = "#" + NEXT.incrementAndGet();
        return new Fingerprint(name, name);
    }

    /** The same but for its users. */
    Fingerprint withOtherUsers() {
        return new Fingerprint(unique().whole, fixed);
    }

    private static String digest(ConfigNode node, Set<String> butInSettings) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            node.addTo(digest, Set.of("settings"));
            if (node.has("settings")) {
                node.peek("settings").addTo(digest, butInSettings);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
