package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;

/** A place to send datagrams from. Used on one event loop. */
interface UdpPort {

    /**
     * Sends a datagram, at the latest with the next {@link #flush}.
     *
     * @param destination unresolved if it is a name, which the port then resolves its own way
     * @param payload taken over
     */
    void send(InetSocketAddress destination, ByteBuf payload);

    void flush();

    void close();
}
