package io.culvert.wireguard;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The initiator's side of cookies, for one peer: puts both MACs on outgoing handshake messages and
 * keeps the cookie of the last reply.
 */
final class CookieJar {
    private static final class Contents {
        final byte[] mac1Key;
        final byte[] cookieKey;
        final byte[] cookie = new byte[Macs.MAC_LENGTH];
        final byte[] lastMac1 = new byte[Macs.MAC_LENGTH];

        Contents(PublicKey peer) {
            mac1Key = Macs.mac1Key(peer.raw());
            cookieKey = Macs.cookieKey(peer.raw());
        }
    }

    private final Primitives crypto;
    private final PublicKey peer;

    /** Made with the first message, for most peers never send one. */
    private @Nullable Contents contents;

    private long cookieExpiresAt = Constants.LONG_AGO;
    private boolean awaitsReply;

    CookieJar(Primitives crypto, PublicKey peer) {
        this.crypto = crypto;
        this.peer = peer;
    }

    /** Writes mac1 and mac2; without a fresh cookie mac2 is zero. */
    void addMacs(byte[] message, int mac1, long now) {
        int mac2 = mac1 + Macs.MAC_LENGTH;
        Contents jar = contents;
        if (jar == null) {
            jar = new Contents(peer);
            contents = jar;
        }
        Macs.compute(crypto.mac, jar.mac1Key, message, mac1, message, mac1);
        System.arraycopy(message, mac1, jar.lastMac1, 0, Macs.MAC_LENGTH);
        awaitsReply = true;
        if (now < cookieExpiresAt) {
            Macs.compute(crypto.mac, jar.cookie, message, mac2, message, mac2);
        } else {
            Arrays.fill(message, mac2, mac2 + Macs.MAC_LENGTH, (byte) 0);
        }
    }

    /**
     * Takes the cookie of a reply to the last message, once. Nothing is sent because of it: the
     * next message that is due carries mac2.
     */
    boolean consume(byte[] reply, long now) {
        Contents jar = contents;
        if (!awaitsReply || jar == null) {
            return false;
        }
        MemorySegment scratch = crypto.scratch;
        int sealed = CookieReplyMessage.LENGTH - CookieReplyMessage.COOKIE;
        MemorySegment.copy(jar.lastMac1, 0, scratch, Wire.BYTE, 0, Macs.MAC_LENGTH);
        MemorySegment.copy(
                reply, CookieReplyMessage.COOKIE, scratch, Wire.BYTE, Macs.MAC_LENGTH, sealed);
        boolean authentic =
                crypto.xaead.open(
                        jar.cookieKey,
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
            MemorySegment.copy(scratch, Wire.BYTE, Macs.MAC_LENGTH, jar.cookie, 0, Macs.MAC_LENGTH);
            cookieExpiresAt =
                    now + Constants.COOKIE_SECRET_MAX_AGE - Constants.COOKIE_SECRET_LATENCY;
            awaitsReply = false;
        }
        crypto.wipeScratch();
        return authentic;
    }

    /** Forgets everything; the next message begins anew. */
    void destroy() {
        if (contents != null) {
            Arrays.fill(contents.cookie, (byte) 0);
            contents = null;
        }
        cookieExpiresAt = Constants.LONG_AGO;
        awaitsReply = false;
    }

    /** The cookie of the last reply, live, for tests; null where there is nothing. */
    byte @Nullable [] cookie() {
        return contents == null ? null : contents.cookie;
    }
}
