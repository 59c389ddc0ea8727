package io.culvert.netstack;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** One received datagram; reusable. The reference to the chunk belongs to the reader. */
public final class UdpDatagram {
    /** An empty one, to be filled by a read. */
    public UdpDatagram() {}

    /** Sender; of a forwarded flow: the destination that the client sent it to. */
    public @Nullable InetSocketAddress address;

    /** Chunk that holds the payload. */
    public @Nullable Chunk chunk;

    /** Where the payload starts in the chunk. */
    public int offset;

    /** Bytes of payload, 0..65507. */
    public int length;

    /** Traffic class byte (DSCP and ECN) of the packet that brought it. */
    public int trafficClass;
}
