package io.culvert.wireguard;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The initiator's side of cookies, for one peer: puts both MACs on outgoing handshake messages and
 * keeps the cookie of the last reply.
 */
final class CookieJar {
    private final Primitives crypto;
    private final byte[] mac1Key;
    private final byte[] cookieKey;
    private final byte[] cookie = new byte[Macs.MAC_LENGTH];
    private long cookieExpiresAt = Constants.LONG_AGO;
    private final byte[] lastMac1 = new byte[Macs.MAC_LENGTH];
    private boolean awaitsReply;

    CookieJar(Primitives crypto, PublicKey peer) {
        this.crypto = crypto;
        mac1Key = Macs.mac1Key(peer.raw());
        cookieKey = Macs.cookieKey(peer.raw());
    }

    /** Writes mac1 and mac2; without a fresh cookie mac2 is zero. */
    void addMacs(byte[] message, int mac1, long now) {
        int mac2 = mac1 + Macs.MAC_LENGTH;
        Macs.compute(crypto.mac, mac1Key, message, mac1, message, mac1);
        System.arraycopy(message, mac1, lastMac1, 0, Macs.MAC_LENGTH);
        awaitsReply = true;
        if (now < cookieExpiresAt) {
            Macs.compute(crypto.mac, cookie, message, mac2, message, mac2);
        } else {
            Arrays.fill(message, mac2, mac2 + Macs.MAC_LENGTH, (byte) 0);
        }
    }

    /**
     * Takes the cookie of a reply to the last message, once. Nothing is sent because of it: the
     * next message that is due carries mac2.
     */
    boolean consume(byte[] reply, long now) {
        if (!awaitsReply) {
            return false;
        }
        MemorySegment scratch = crypto.scratch;
        int sealed = CookieReplyMessage.LENGTH - CookieReplyMessage.COOKIE;
        MemorySegment.copy(lastMac1, 0, scratch, Wire.BYTE, 0, Macs.MAC_LENGTH);
        MemorySegment.copy(
                reply, CookieReplyMessage.COOKIE, scratch, Wire.BYTE, Macs.MAC_LENGTH, sealed);
        boolean authentic =
                crypto.xaead.open(
                        cookieKey,
                        0,
                        reply,
                        CookieReplyMessage.NONCE,
                        scratch,
                        0,
                        Macs.MAC_LENGTH,
                        scratch,
                        Macs.MAC_LENGTH,
                        sealed);
        if (authentic) {
            MemorySegment.copy(scratch, Wire.BYTE, Macs.MAC_LENGTH, cookie, 0, Macs.MAC_LENGTH);
            cookieExpiresAt =
                    now + Constants.COOKIE_SECRET_MAX_AGE - Constants.COOKIE_SECRET_LATENCY;
            awaitsReply = false;
        }
        crypto.wipeScratch();
        return authentic;
    }

    void destroy() {
        Arrays.fill(cookie, (byte) 0);
        cookieExpiresAt = Constants.LONG_AGO;
        awaitsReply = false;
    }
}
