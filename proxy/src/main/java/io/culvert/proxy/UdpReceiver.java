package io.culvert.proxy;

import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;

/** Takes the datagrams that come back to a {@link UdpPort}, on the loop it was opened for. */
interface UdpReceiver {

    /**
     * Takes one datagram.
     *
     * @param from who sent it, whether it was asked or not; unresolved where only its name is known
     * @param payload taken over
     */
    void datagram(InetSocketAddress from, ByteBuf payload);

    /** What was sent to a destination did not and will not get there. */
    default void unreached(InetSocketAddress destination, Failure why) {}

    /** The port has room again, after it had none. */
    default void writable() {}

    /** No more datagrams for now: a good moment to flush. */
    void readComplete();
}
