package io.culvert.tunnel;

/** What one UDP socket pair did. Written on the event loop; a copy is taken for statistics. */
final class UdpCounters {
    long receivedTrains;
    long receivedBytes;
    long receiveErrors;
    long receivePauses;
    long truncated;
    long sentTrains;
    long sentBytes;
    long sendErrors;
    long socketFull;
}
