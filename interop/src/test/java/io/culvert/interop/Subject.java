package io.culvert.interop;

import java.util.List;

/**
 * A TCP that is probed, with one application of one connection. What it sends after each step is
 * collected by {@link #exchange} before time passes for it.
 */
interface Subject {
    /** Port on which it listens. */
    int LISTENING = 80;

    /** Port that nobody has. */
    int CLOSED = 81;

    /** Hands packets in and returns what comes out. */
    List<byte[]> exchange(byte[]... packets);

    /** What comes out within the time of a delayed ACK. */
    List<byte[]> rest();

    /** The application dials the prober's port. */
    void dial(boolean v6, int port);

    /** The application takes the connection that a handshake from that port just completed. */
    void accept();

    /** The application sends bytes. */
    void send(String text);

    void shutdownOutput();

    /** Reads everything there is, then closes. */
    void close();

    /** What the application heard since: bytes, {@code END}, {@code RESET}... */
    String heard();

    /** The row is over: whatever is left of its connection goes. */
    void forget();
}
