package io.culvert.tunnel;

/** What one {@link TunDevice} did. Written on the event loop; a copy is taken for statistics. */
final class TunCounters {
    long read;
    long readBytes;
    long written;
    long writtenBytes;
    long writeErrors;

    /** Read, but malformed or longer than the tunnel carries. */
    long dropped;
}
