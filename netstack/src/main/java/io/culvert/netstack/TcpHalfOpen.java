package io.culvert.netstack;

import org.jspecify.annotations.Nullable;

/** A client whose SYN a listener answered: a record until the handshake is complete. */
final class TcpHalfOpen extends TcpSyn {
    final TcpListener listener;

    /** SYN-ACKs that left. */
    int transmissions;

    /** When the last one left. */
    long sentAt;

    /** When the next one is due. */
    long due;

    /** Which row of {@link TcpHalfOpens} it waits in. */
    int row;

    @Nullable TcpHalfOpen previous;
    @Nullable TcpHalfOpen next;

    /** Waits for its SYN-ACK to be pulled. */
    boolean wanted;

    @Nullable TcpHalfOpen nextWanted;

    TcpHalfOpen(TcpFlow addresses, TcpSegment s, int initialSequence, TcpListener listener) {
        super(addresses, s, initialSequence);
        this.listener = listener;
    }

    @Override
    void deliver() {
        throw new IllegalStateException("nobody hears of a half-open connection");
    }
}
