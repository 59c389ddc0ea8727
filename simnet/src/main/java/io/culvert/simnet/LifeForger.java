package io.culvert.simnet;

import io.culvert.crypto.Blake2s;
import io.culvert.crypto.XChaCha20Poly1305;
import io.culvert.wireguard.PublicKey;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What everybody can compute who sees the path and knows the public keys: mac1 of any message, the
 * cookie in a reply, and mac2 under it (paper, section 5.4.4 and 5.4.7).
 */
final class LifeForger {
    private static final int MAC = LifeMessage.MAC_LENGTH;
    private static final int NONCE = 8;
    private static final int COOKIE = 32;
    private static final int SEALED_COOKIE = 32;

    private final Blake2s mac = new Blake2s(MAC);
    private final XChaCha20Poly1305 xaead = new XChaCha20Poly1305();
    private final MemorySegment scratch = Arena.ofAuto().allocate(256);
    private final Map<PublicKey, byte[]> mac1Keys = new HashMap<>();
    private final byte[] expected = new byte[MAC];

    void mac1(PublicKey receiver, byte[] message, int length) {
        int at = LifeMessage.mac1(length);
        compute(mac1Key(receiver), message, at, message, at);
    }

    boolean validMac1(PublicKey receiver, byte[] message, int length) {
        int at = LifeMessage.mac1(length);
        compute(mac1Key(receiver), message, at, expected, 0);
        return Arrays.equals(expected, 0, MAC, message, at, at + MAC);
    }

    void mac2(byte[] cookie, byte[] message, int length) {
        int at = LifeMessage.mac1(length) + MAC;
        compute(cookie, message, at, message, at);
    }

    boolean validMac2(byte[] cookie, byte[] message, int length) {
        int at = LifeMessage.mac1(length) + MAC;
        compute(cookie, message, at, expected, 0);
        return Arrays.equals(expected, 0, MAC, message, at, at + MAC);
    }

    /** The cookie in a reply to the message with that mac1; null if there is none. */
    byte @Nullable [] openCookie(PublicKey responder, byte[] mac1, byte[] reply) {
        byte[] key = Blake2s.hash(label("cookie--"), responder.bytes());
        MemorySegment.copy(mac1, 0, scratch, ValueLayout.JAVA_BYTE, 0, MAC);
        MemorySegment.copy(reply, COOKIE, scratch, ValueLayout.JAVA_BYTE, MAC, SEALED_COOKIE);
        if (!xaead.open(key, 0, reply, NONCE, scratch, 0, MAC, scratch, MAC, SEALED_COOKIE)) {
            return null;
        }
        byte[] cookie = new byte[MAC];
        MemorySegment.copy(scratch, ValueLayout.JAVA_BYTE, MAC, cookie, 0, MAC);
        return cookie;
    }

    private byte[] mac1Key(PublicKey receiver) {
        return mac1Keys.computeIfAbsent(
                receiver, key -> Blake2s.hash(label("mac1----"), key.bytes()));
    }

    private void compute(byte[] key, byte[] message, int length, byte[] out, int outOffset) {
        mac.reset(key, 0, key.length).update(message, 0, length).digest(out, outOffset);
    }

    private static byte[] label(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
