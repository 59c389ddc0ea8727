package io.culvert.wireguard;

/** Offsets of the second handshake message, responder to initiator (paper, section 5.4.3). */
final class ResponseMessage {
    static final int TYPE = 2;
    static final int SENDER = 4;
    static final int RECEIVER = 8;
    static final int EPHEMERAL = 12;

    /** Nothing, sealed: the tag alone. */
    static final int EMPTY = EPHEMERAL + 32;

    static final int MAC1 = EMPTY + 16;
    static final int LENGTH = MAC1 + Macs.LENGTH;

    private ResponseMessage() {}
}
