package io.culvert.netstack;

/** States of a connection (RFC 9293, 3.3.2). LISTEN is {@link TcpListener}. */
public enum TcpState {
    /** Opening: our SYN was sent. */
    SYN_SENT,
    /** Both SYNs were sent, ours is not acknowledged. */
    SYN_RECEIVED,
    /** Data flows both ways. */
    ESTABLISHED,
    /** We closed; our FIN is not acknowledged. */
    FIN_WAIT_1,
    /** We closed; the peer still sends. */
    FIN_WAIT_2,
    /** The peer closed; we still send. */
    CLOSE_WAIT,
    /** Both closed at the same time; our FIN is not acknowledged. */
    CLOSING,
    /** The peer closed, then we; our FIN is not acknowledged. */
    LAST_ACK,
    /** Over; the pair of addresses rests. */
    TIME_WAIT,
    /** Over. */
    CLOSED;

    /** Our SYN was acknowledged. */
    boolean isSynchronized() {
        return this != SYN_SENT && this != SYN_RECEIVED && this != CLOSED;
    }

    /** Data of the peer may still come. */
    boolean receives() {
        return this == ESTABLISHED || this == FIN_WAIT_1 || this == FIN_WAIT_2;
    }
}
