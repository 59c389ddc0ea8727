package io.culvert.tunnel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;

/**
 * The network below a tunnel where that isn't this machine's: another tunnel, or a proxy that
 * carries datagrams. Used on the tunnel's event loop only.
 */
@FunctionalInterface
public interface Underlay {

    /**
     * Opens a port to send from and to be answered at. Asked again when nobody answers, for a way
     * that may be broken. Never fails: what can't be sent is lost, as in any network.
     */
    Port open(EventLoop loop, Receiver receiver);

    /** Where datagrams leave. */
    interface Port {
        /** Whether a whole train would be taken; if not, {@link Receiver#writable} follows. */
        boolean isWritable();

        /**
         * Sends a datagram, at the latest with the next {@link #flush}.
         *
         * @param payload taken over
         */
        void send(InetSocketAddress destination, ByteBuf payload);

        void flush();

        /** Nothing is told to the receiver any more. */
        void close();
    }

    /** Who is told what comes back; not from within {@link #open} or {@link Port#send}. */
    interface Receiver {
        /**
         * A datagram arrived.
         *
         * @param source who sent it, as the tunnel's peers are told apart by it
         * @param payload taken over
         */
        void datagram(InetSocketAddress source, ByteBuf payload);

        /** No more for now. */
        void readComplete();

        /** The port takes datagrams again. */
        void writable();
    }
}
