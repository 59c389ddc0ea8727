package io.culvert.wireguard;

import io.culvert.crypto.Blake2s;
import io.culvert.crypto.ConstantTime;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.Arrays;

/**
 * The responder's side of cookies (paper, section 5.4.7): checks mac1 always, mac2 under load, and
 * makes the cookie reply that lets an honest initiator prove its address.
 */
final class CookieChecker {
    private static final int SECRET_LENGTH = 32;
    private static final int TAG = SymmetricState.TAG_LENGTH;

    /** 10,000 replies a second keep a processor busy for less than a tenth of its time. */
    private static final long REPLY_COST = 1_000_000_000L / 10_000;

    private static final long REPLY_BURST = OutputQueue.MAX_COOKIE_REPLIES * REPLY_COST;

    private final Primitives crypto;
    private final Entropy entropy;

    /** The MAC of cookies with the secret absorbed. */
    private final Blake2s keyed = new Blake2s(Macs.MAC_LENGTH);

    private long secretExpiresAt = Constants.LONG_AGO;
    private final RateLimiter replied;
    private long replies = REPLY_BURST;
    private long repliesAt = Constants.LONG_AGO;
    private final byte[] expected = new byte[Macs.MAC_LENGTH];
    private final byte[] cookie = new byte[Macs.MAC_LENGTH];

    /**
     * @param replied counts the replies to each source
     */
    CookieChecker(Primitives crypto, Entropy entropy, RateLimiter replied) {
        this.crypto = crypto;
        this.replied = replied;
        this.entropy = entropy;
    }

    /**
     * Takes from the allowance of cookie replies of the device, which no flood can exceed as each
     * costs a seal and a datagram, and of the source, so that one that floods leaves enough for
     * others. Honest initiators ask again every five seconds.
     */
    boolean mayReply(InetSocketAddress source, long now) {
        replies = Math.min(REPLY_BURST, replies + now - Math.max(repliesAt, now - REPLY_BURST));
        repliesAt = now;
        if (replies < REPLY_COST || !replied.allow(source.getAddress(), now)) {
            return false;
        }
        replies -= REPLY_COST;
        return true;
    }

    boolean validMac1(LocalIdentity local, byte[] message, int mac1) {
        crypto.mac.copyOf(local.mac1).update(message, 0, mac1).digest(expected, 0);
        return ConstantTime.equals(expected, 0, message, mac1, Macs.MAC_LENGTH);
    }

    boolean validMac2(byte[] message, int mac1, InetSocketAddress source, long now) {
        int mac2 = mac1 + Macs.MAC_LENGTH;
        if (ConstantTime.isZero(message, mac2, Macs.MAC_LENGTH)) {
            return false; // has no cookie yet
        }
        makeCookie(source, now);
        Macs.compute(crypto.mac, cookie, message, mac2, expected, 0);
        return ConstantTime.equals(expected, 0, message, mac2, Macs.MAC_LENGTH);
    }

    /** Makes the reply to a message with a valid mac1. */
    byte[] reply(
            LocalIdentity local, byte[] message, int mac1, InetSocketAddress source, long now) {
        byte[] reply = new byte[CookieReplyMessage.LENGTH];
        Wire.intLe(reply, 0, CookieReplyMessage.TYPE);
        // the sender's index has the same place in both handshake messages
        System.arraycopy(
                message,
                InitiationMessage.SENDER,
                reply,
                CookieReplyMessage.RECEIVER,
                Integer.BYTES);
        entropy.fill(
                reply,
                CookieReplyMessage.NONCE,
                CookieReplyMessage.COOKIE - CookieReplyMessage.NONCE);
        makeCookie(source, now);
        MemorySegment scratch = crypto.scratch;
        MemorySegment.copy(message, mac1, scratch, Wire.BYTE, 0, Macs.MAC_LENGTH);
        MemorySegment.copy(cookie, 0, scratch, Wire.BYTE, Macs.MAC_LENGTH, Macs.MAC_LENGTH);
        crypto.xaead.seal(
                local.cookieKey,
                0,
                reply,
                CookieReplyMessage.NONCE,
                scratch,
                0,
                Macs.MAC_LENGTH,
                scratch,
                Macs.MAC_LENGTH,
                Macs.MAC_LENGTH);
        MemorySegment.copy(
                scratch,
                Wire.BYTE,
                Macs.MAC_LENGTH,
                reply,
                CookieReplyMessage.COOKIE,
                Macs.MAC_LENGTH + TAG);
        crypto.wipeScratch();
        return reply;
    }

    void destroy() {
        keyed.wipe();
        Arrays.fill(cookie, (byte) 0);
        secretExpiresAt = Constants.LONG_AGO;
    }

    /** MAC(secret, address and port), under a secret that is made on first use and replaced. */
    private void makeCookie(InetSocketAddress source, long now) {
        if (now >= secretExpiresAt) {
            byte[] secret = new byte[SECRET_LENGTH];
            entropy.fill(secret, 0, SECRET_LENGTH);
            keyed.reset(secret, 0, SECRET_LENGTH);
            Arrays.fill(secret, (byte) 0);
            secretExpiresAt = now + Constants.COOKIE_SECRET_MAX_AGE;
        }
        byte[] address = source.getAddress().getAddress();
        byte[] port = {(byte) (source.getPort() >>> Byte.SIZE), (byte) source.getPort()};
        Blake2s mac = crypto.mac.copyOf(keyed);
        mac.update(address, 0, address.length).update(port, 0, port.length).digest(cookie, 0);
    }
}
