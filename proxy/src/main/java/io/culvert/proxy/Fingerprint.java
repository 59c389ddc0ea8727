package io.culvert.proxy;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Stands for what a file says about an inbound or outbound, so that a later file can be compared
 * with it without keeping its secrets.
 *
 * @param whole of everything
 * @param fixed of what can't change while it runs: all but who may use it, and how it dials
 * @param dialing of how it dials or listens
 */
record Fingerprint(String whole, String fixed, String dialing) {

    /** Members of {@code settings} that a running inbound or outbound may be given anew. */
    private static final Set<String> LIVE = Set.of("peers", "accounts", "users");

    /** Members beside {@code settings} that say how an outbound dials, or an inbound listens. */
    private static final List<String> DIALING =
            List.of("sendthrough", "proxysettings", "streamsettings");

    private static final AtomicLong NEXT = new AtomicLong();

    /** Of an element of {@code inbounds} or {@code outbounds}. */
    static Fingerprint of(ConfigNode node) {
        return new Fingerprint(
                digest(node, List.of(), Set.of()), digest(node, DIALING, LIVE), dialing(node));
    }

    /** Like nothing else. */
    static Fingerprint unique() {
        String name = "#" + NEXT.incrementAndGet();
        return new Fingerprint(name, name, name);
    }

    /** The same but for its users. */
    Fingerprint withOtherUsers() {
        return new Fingerprint(unique().whole, fixed, dialing);
    }

    private static String dialing(ConfigNode node) {
        MessageDigest digest = digest();
        for (String key : DIALING) {
            if (node.has(key)) {
                node.peek(key).addTo(digest, Set.of());
            }
            digest.update((byte) 0);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static String digest(ConfigNode node, List<String> but, Set<String> butInSettings) {
        MessageDigest digest = digest();
        Set<String> members = new HashSet<>(but);
        members.add("settings");
        node.addTo(digest, members);
        if (node.has("settings")) {
            node.peek("settings").addTo(digest, butInSettings);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
