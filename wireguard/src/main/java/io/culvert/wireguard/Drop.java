package io.culvert.wireguard;

/** Why a datagram or packet went no further. */
public enum Drop {
    /** Not a WireGuard message: unknown type, or a length that the type can't have. */
    MALFORMED,
    /** The device is down. */
    DOWN,
    /** A handshake message came and there is no private key. */
    NO_PRIVATE_KEY,
    /** mac1 isn't made for our public key. */
    INVALID_MAC1,
    /** Under load, mac2 was missing or wrong: a cookie was sent instead of an answer. */
    COOKIE_SENT,
    /** Under load, and more cookie replies wait than are kept. */
    COOKIE_REPLIES_FULL,
    /** Under load, and the source had its share. */
    RATE_LIMITED,
    /** More handshake messages wait than are kept. */
    HANDSHAKE_QUEUE_FULL,
    /** While a handshake message waited, another one, a new key or a restart made it void. */
    SUPERSEDED,
    /** No handshake or session has this index. */
    UNKNOWN_INDEX,
    /** An initiation whose static key is not a peer's. */
    UNKNOWN_PEER,
    /** A tag was wrong, or a Diffie-Hellman result zero. */
    NOT_AUTHENTIC,
    /** The timestamp of an initiation isn't greater than the last one. */
    OLD_TIMESTAMP,
    /** Initiations of one peer within 20 ms. */
    INITIATION_FLOOD,
    /** The session is too old, or the counter at its limit. */
    SESSION_EXPIRED,
    /** A counter that was received before, or is behind the window. */
    REPLAYED,
    /** What was inside isn't a whole IP packet. */
    MALFORMED_PACKET,
    /** The inner source address isn't the sender's. */
    SOURCE_NOT_ALLOWED,
    /** No peer has the destination address. */
    NO_ROUTE,
    /** The peer of the destination has no endpoint. */
    NO_ENDPOINT,
    /** A packet gave way to a later one while both waited for a session. */
    STAGED_OVERFLOW,
    /** Packets that waited for a session in vain. */
    STAGED_PURGED
}
