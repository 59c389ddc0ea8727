package io.culvert.netstack;

import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;

/**
 * A bound UDP socket, or a forwarded flow: all datagrams of one source address and port, whatever
 * their destination (endpoint-independent, RFC 4787).
 */
@SuppressWarnings("DoNotCallSuggester")
public final class UdpSocket extends Deliverable {
    UdpSocket() {}

    /** The own address; of a forwarded flow, the client's. */
    public InetSocketAddress local() {
        throw new UnsupportedOperationException();
    }

    /** Sets who hears of this socket's news. */
    public void handler(UdpHandler handler) {
        throw new UnsupportedOperationException();
    }

    /** Takes the next datagram out of the queue; false = none. */
    public boolean receive(UdpDatagram out) {
        throw new UnsupportedOperationException();
    }

    /**
     * Sends a copy: of a bound socket to {@code address}; of a forwarded flow to the client, from
     * it.
     */
    public void send(InetSocketAddress address, MemorySegment m, long offset, int length) {
        throw new UnsupportedOperationException();
    }

    /** Tells a forwarded flow's client that {@code destination} can't be reached. */
    public void unreachable(InetSocketAddress destination, Refusal how) {
        throw new UnsupportedOperationException();
    }

    /** Closes the socket. */
    public void close() {
        throw new UnsupportedOperationException();
    }

    @Override
    void deliver() {
        throw new UnsupportedOperationException();
    }
}
