package io.culvert.tunnel;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.SocketException;

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
         * @param ecn the two ECN bits (RFC 3168) of the packets that brought them, 0 if unknown
         */
        void datagrams(
                MemorySegment slab,
                long offset,
                int length,
                int segmentSize,
                InetSocketAddress source,
                int ecn);

        /**
         * The batch ends here.
         *
         * @param drained the socket is empty; false when it only had its share of this turn
         * @return whether anything in it was worth reading; after a batch of nothing but rubbish
         *     the transport may let a moment pass before it reads again, as it is flooded
         */
        boolean readComplete(boolean drained);

        /** The socket takes data again after {@link UdpTransport#send} returned false. */
        void writable();

        /** The socket is gone for a reason other than {@link UdpTransport#close}. */
        void failed(Throwable cause);
    }

    /** Starts receiving. Called once, on the event loop. */
    void start(Receiver receiver);

    /**
     * Sends trains, in order, and takes off the batch what has left. What the network refuses
     * (unreachable, administratively prohibited, an ICMP error noted earlier) is dropped and
     * counted, as a router would.
     *
     * @return false when the socket is full: with what is left the batch comes again after {@link
     *     Receiver#writable}; else it is empty
     */
    boolean send(TrainBatch batch);

    /**
     * Opens new sockets, then closes the old ones; what waits to be sent leaves through the new
     * ones. Not from within a call of {@link Receiver#datagrams}.
     *
     * @param port on the same local address; 0 lets the system choose; the present port may be kept
     * @throws IOException when that cannot be; the old sockets go on as if nothing had been
     */
    void rebind(int port) throws IOException;

    /** The mark of all datagrams sent; 0 for none. */
    int fwmark();

    /**
     * Marks all datagrams sent from now on, also after {@link #rebind}.
     *
     * @param mark 0 takes the mark away
     * @throws SocketException where marks don't exist or we may not set them; the old one stays
     */
    void fwmark(int mark) throws SocketException;

    /** The bound address; the wildcard of IPv4 when both families are bound to the same port. */
    InetSocketAddress local();

    /** Which implementation runs and with which of the kernel's accelerations. */
    String description();

    /**
     * Closes: nothing is received or sent any more. The port is free when the event loop has polled
     * its sockets once more. {@link Receiver#failed} isn't called; repeated calls do nothing.
     */
    void close();
}
