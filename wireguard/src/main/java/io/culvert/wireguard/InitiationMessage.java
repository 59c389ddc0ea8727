package io.culvert.wireguard;

/** Offsets of the first handshake message, initiator to responder (paper, section 5.4.2). */
final class InitiationMessage {
    static final int TYPE = 1;
    static final int SENDER = 4;
    static final int EPHEMERAL = 8;

    /** The initiator's static public key, sealed. */
    static final int STATIC = EPHEMERAL + 32;

    /** The TAI64N timestamp, sealed. */
    static final int TIMESTAMP = STATIC + 32 + 16;

    static final int MAC1 = TIMESTAMP + Tai64n.LENGTH + 16;
    static final int LENGTH = MAC1 + Macs.LENGTH;

    private InitiationMessage() {}
}
