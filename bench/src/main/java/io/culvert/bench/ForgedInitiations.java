package io.culvert.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.culvert.crypto.Blake2s;
import io.culvert.wireguard.PublicKey;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;

/**
 * What somebody sends who knows no more than the server's public key: random bytes in the shape of
 * an initiation. With the right mac1 each costs the server a Diffie-Hellman before it fails.
 */
final class ForgedInitiations {
    static final int COUNT = 1 << 15;

    private static final int MAC1 = 116;
    private static final int MAC_LENGTH = 16;

    private ForgedInitiations() {}

    static ByteBuffer make(PublicKey server, boolean rightMac1, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] macKey = Blake2s.hash("mac1----".getBytes(US_ASCII), server.bytes());
        Blake2s mac = new Blake2s(MAC_LENGTH);
        ByteBuffer messages = ByteBuffer.allocateDirect(COUNT * Initiations.LENGTH);
        byte[] message = new byte[Initiations.LENGTH];
        for (int i = 0; i < COUNT; i++) {
            random.nextBytes(message);
            message[0] = 1;
            message[1] = 0;
            message[2] = 0;
            message[3] = 0;
            mac.reset(macKey, 0, macKey.length).update(message, 0, MAC1).digest(message, MAC1);
            if (!rightMac1) {
                message[MAC1] ^= 1;
            }
            messages.put(message);
        }
        return messages;
    }
}
