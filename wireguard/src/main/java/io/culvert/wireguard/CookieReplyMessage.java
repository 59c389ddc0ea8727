package io.culvert.wireguard;

/** Offsets of the cookie reply of a responder under load (paper, section 5.4.7). */
final class CookieReplyMessage {
    static final int TYPE = 3;
    static final int RECEIVER = 4;
    static final int NONCE = 8;

    /** The cookie, sealed. */
    static final int COOKIE = NONCE + 24;

    static final int LENGTH = COOKIE + Macs.MAC_LENGTH + 16;

    private CookieReplyMessage() {}
}
