package io.culvert.netstack;

/** Hears of a {@link TcpConnection}'s news, from {@link NetStack#deliver} only. */
public interface TcpHandler {
    /** The connection is established. */
    void connected(TcpConnection c);

    /** Data or the end of the stream can be read. */
    void readable(TcpConnection c);

    /** The send space is above 0 again. */
    void writable(TcpConnection c);

    /** The connection is over. Exactly once, last. */
    void closed(TcpConnection c, CloseCause cause);
}
