package io.culvert.netstack;

/**
 * Sequence numbers: 32 bits on the wire (RFC 9293, 3.4), 64-bit positions inside the engine, which
 * never wrap, so that plain comparison is right everywhere behind the segment parser.
 */
final class Seq {
    private Seq() {}

    /** Position of an initial sequence number: far enough from zero to look back a whole window. */
    static long first(int initialSequenceNumber) {
        return (1L << 32) | Integer.toUnsignedLong(initialSequenceNumber);
    }

    /** The position nearest to {@code near} whose low 32 bits are {@code wire}. */
    static long unwrap(int wire, long near) {
        int distance = wire - (int) near;
        return near + distance;
    }
}
