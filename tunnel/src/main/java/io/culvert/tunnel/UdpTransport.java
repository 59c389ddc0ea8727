package io.culvert.tunnel;

import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;

/**
 * The tunnel's UDP socket on its event loop: bound when created, silent until {@link #start}.
 *
 * <p>Datagrams travel in <em>trains</em>: equal-sized datagrams of one source or to one
 * destination, back to back in one piece of memory, of which the last may be shorter. All methods
 * run on the event loop, except {@link #local} and {@link #description}, which any thread may call.
 */
public interface UdpTransport {
    /** Most payload bytes of a train: the largest UDP payload over IPv4 (RFC 768, RFC 791). */
    int MAX_TRAIN = 65507;

    /** Most datagrams of a train: {@code UDP_MAX_SEGMENTS} of Linux before 6.9. */
    int MAX_SEGMENTS = 64;

    /** What the socket tells its tunnel. Called on the event loop only. */
    interface Receiver {
        /**
         * A train arrived. The memory may be changed in place and is the receiver's until this call
         * returns.
         *
         * @param length bytes of the whole train
         * @param segmentSize bytes of each datagram, at most {@code length}; the last may be
         *     shorter
         */
        void datagrams(
                MemorySegment slab,
                long offset,
                int length,
                int segmentSize,
                InetSocketAddress source);

        /**
         * The batch ends here.
         *
         * @param drained the socket is empty; false when it only had its share of this turn
         */
        void readComplete(boolean drained);

        /** The socket takes data again after {@link UdpTransport#send} returned false. */
        void writable();

        /** The socket is gone for a reason other than {@link UdpTransport#close}. */
        void failed(Throwable cause);
    }

    /** Starts receiving. Called once, on the event loop. */
    void start(Receiver receiver);

    /**
     * Sends a train. What the network refuses (unreachable, administratively prohibited, an ICMP
     * error noted earlier) is dropped and counted, as a router would.
     *
     * @param length bytes of the whole train, at most {@link #MAX_TRAIN}
     * @param segmentSize bytes of each datagram, positive; the last may be shorter
     * @return false when the socket is full: the caller keeps the train and calls again with the
     *     same arguments after {@link Receiver#writable}. Part of it may have left already; the
     *     transport remembers how much.
     */
    boolean send(
            MemorySegment slab,
            long offset,
            int length,
            int segmentSize,
            InetSocketAddress destination);

    /** The bound address; the wildcard of IPv4 when both families are bound to the same port. */
    InetSocketAddress local();

    /** Which implementation runs and with which of the kernel's accelerations. */
    String description();

    /** Closes at once. {@link Receiver#failed} isn't called; repeated calls do nothing. */
    void close();
}
