package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;

/** A place to send datagrams from. Used on one event loop. */
interface UdpPort {

    /** Where nothing gets. */
    UdpPort NOWHERE =
            new UdpPort() {
                @Override
                public void send(InetSocketAddress destination, ByteBuf payload) {
                    payload.release();
                }

                @Override
                public void flush() {}

                @Override
                public void close() {}
            };

    /**
     * Whether there is room for more. What is sent all the same may be dropped; {@link
     * UdpReceiver#writable} says when there is room again.
     */
    default boolean isWritable() {
        return true;
    }

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
