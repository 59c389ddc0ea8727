package io.culvert.wireguard;

import io.culvert.crypto.Blake2s;
import java.nio.charset.StandardCharsets;

/**
 * The two MACs that end both handshake messages (paper, section 5.4.4): mac1 under a hash of the
 * receiver's public key, mac2 under a cookie, each over all bytes before it.
 */
final class Macs {
    static final int MAC_LENGTH = 16;

    /** mac1 and mac2. */
    static final int LENGTH = 2 * MAC_LENGTH;

    private static final byte[] LABEL_MAC1 = "mac1----".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] LABEL_COOKIE = "cookie--".getBytes(StandardCharsets.US_ASCII);

    private Macs() {}

    /** The key of mac1 in messages to the owner of a public key. */
    static byte[] mac1Key(byte[] receiverPublicKey) {
        return Blake2s.hash(LABEL_MAC1, receiverPublicKey);
    }

    /** The key that seals cookie replies of the owner of a public key. */
    static byte[] cookieKey(byte[] senderPublicKey) {
        return Blake2s.hash(LABEL_COOKIE, senderPublicKey);
    }

    /** MAC(key, message up to {@code length}), written to {@code out}. */
    static void compute(
            Blake2s mac, byte[] key, byte[] message, int length, byte[] out, int outOffset) {
        mac.reset(key, 0, key.length).update(message, 0, length).digest(out, outOffset);
    }
}
