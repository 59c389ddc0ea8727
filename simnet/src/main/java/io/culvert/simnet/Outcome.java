package io.culvert.simnet;

/** What a device made of a datagram. */
enum Outcome {
    PACKET(true),
    KEEPALIVE(true),
    INITIATION(true),
    RESPONSE(true),
    COOKIE(true),
    /** Authentic, but what was inside was refused. */
    REFUSED(true),
    /** Not answered but with a cookie. */
    COOKIE_SENT(false),
    /** Under load, and its source had its share. */
    RATE_LIMITED(false),
    /** Refused before anything that tells of cookies. */
    EARLY_DROP(false),
    DROPPED(false),
    /** A handshake message that is computed later. */
    WAITS(false);

    /** Whether the device believed that a peer sent it. */
    final boolean authentic;

    Outcome(boolean authentic) {
        this.authentic = authentic;
    }
}
