package io.culvert.netstack;

import java.net.InetSocketAddress;

/** Hears of a {@link UdpSocket}'s news, from {@link NetStack#deliver} only. */
public interface UdpHandler {
    /** Datagrams arrived: read with {@link UdpSocket#receive} until it says no. */
    void readable(UdpSocket socket);

    /**
     * ICMP said that {@code remote}, to which this socket sent, can't be reached, or, of a socket
     * that doesn't fragment, that a datagram there was too big.
     */
    void unreachable(UdpSocket socket, InetSocketAddress remote, Unreachable kind);

    /** There is room in the send queue again, after {@link UdpSocket#awaitRoom}. */
    default void writable(UdpSocket socket) {}

    /**
     * The socket is closed: by {@link UdpSocket#close}, idle for too long, or evicted. Once, last.
     */
    void closed(UdpSocket socket);
}
